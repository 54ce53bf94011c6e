/**
 * The kind of an event: the few fields that say what sort of line it was, of which a store sees only few
 * combinations. A filter that no kind of the new events can meet need not be asked of them one by one.
 */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, type Predicate } from './matches-filter.ts';
import type { Filter } from './query.ts';

export const KIND_FIELDS = ['log_type', 'action', 'status', 'program'] as const;

export type Kind = Partial<Pick<SocEvent, (typeof KIND_FIELDS)[number]>>;
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

/**
 * What is left of the filter for events of this kind: a filter for their other fields, or the answer for all of
 * them.
 */
export function filterOfKind(filter: Filter, kind: Kind): Filter | boolean {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return joinParts(filter.kind, partsOfKind(filter.of, kind));
    case 'not': {
      const inner = filterOfKind(filter.of, kind);
      return typeof inner === 'boolean' ? !inner : { kind: 'not', of: inner };
    }
    case 'equals':
    case 'wildcard':
    case 'regexp':
    case 'cidr':
    case 'exists':
    case 'compare':
      return isOfKind(filter.field) ? compileFilter(filter)(kind) : filter;
    case 'before':
    case 'clock':
      return filter;
    default:
      return filter satisfies never;
  }
}

function partsOfKind(parts: readonly Filter[], kind: Kind): readonly (Filter | boolean)[] {
  return parts.map((part) => filterOfKind(part, kind));
}

/** One part that says no decides for all of `all`, one that says yes for all of `any`. */
function joinParts(kind: 'all' | 'any', parts: readonly (Filter | boolean)[]): Filter | boolean {
  const decisive = kind === 'any';
  if (parts.includes(decisive)) return decisive;
  const of = parts.filter((part) => typeof part !== 'boolean');
  const [only, ...others] = of;
  if (only === undefined) return !decisive;
  return others.length === 0 ? only : { kind, of };
}

function isOfKind(field: string): boolean {
  return KIND_FIELDS.some((known) => known === field);
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
  if (!isOfKind(filter.field)) return () => 'maybe';
  const matches: Predicate = compileFilter(filter);
  return (kind) => (matches(kind) ? 'yes' : 'no');
}
