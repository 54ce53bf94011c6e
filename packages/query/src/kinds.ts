/**
 * The kind of an event: the few fields that say what sort of line it was, of which a store sees only few
 * combinations. A filter that no kind of the new events can meet need not be asked of them one by one.
 */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, type Predicate } from './matches-filter.ts';
import type { Filter } from './query.ts';

export const KIND_FIELDS = ['log_type', 'action', 'status', 'program'] as const;

type Kind = Partial<Pick<SocEvent, (typeof KIND_FIELDS)[number]>>;
type Certainty = 'no' | 'maybe' | 'yes';

/** Whether some event of this kind may match the filter, whatever its other fields are. */
export function compileKindTest(filter: Filter): (kind: Kind) => boolean {
  const judge = compileJudge(filter);
  return (kind) => judge(kind) !== 'no';
}

/** Positions of the filters that some of these kinds may match. */
export function filtersOfKinds(
  filters: readonly Filter[],
  kinds: readonly Kind[],
): readonly number[] {
  return [...filters.entries()].flatMap(([at, filter]) =>
    kinds.some(compileKindTest(filter)) ? [at] : [],
  );
}

function compileJudge(filter: Filter): (kind: Kind) => Certainty {
  switch (filter.kind) {
    case 'all': {
      const parts = filter.of.map(compileJudge);
      return (kind) => {
        let certainty: Certainty = 'yes';
        for (const part of parts) {
          const one = part(kind);
          if (one === 'no') return 'no';
          if (one === 'maybe') certainty = 'maybe';
        }
        return certainty;
      };
    }
    case 'any': {
      const parts = filter.of.map(compileJudge);
      return (kind) => {
        let certainty: Certainty = 'no';
        for (const part of parts) {
          const one = part(kind);
          if (one === 'yes') return 'yes';
          if (one === 'maybe') certainty = 'maybe';
        }
        return certainty;
      };
    }
    case 'not': {
      const inner = compileJudge(filter.of);
      return (kind) => {
        const one = inner(kind);
        return one === 'maybe' ? 'maybe' : one === 'yes' ? 'no' : 'yes';
      };
    }
    case 'equals':
    case 'wildcard':
    case 'regexp':
    case 'cidr':
    case 'exists':
    case 'compare':
      return compileLeaf(filter);
    case 'before':
    case 'clock':
      return () => 'maybe';
    default:
      return filter satisfies never;
  }
}

function compileLeaf(
  filter: Extract<Filter, { readonly field: string }>,
): (kind: Kind) => Certainty {
  if (!KIND_FIELDS.some((field) => field === filter.field)) return () => 'maybe';
  const matches: Predicate = compileFilter(filter);
  return (kind) => (matches(kind) ? 'yes' : 'no');
}
