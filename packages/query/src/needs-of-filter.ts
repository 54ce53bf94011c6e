/**
 * What an event must have for a filter to match it, as far as that is found quickly: one of some values,
 * a text with one of some literals, or any value at all. Weaker than the filter and never stronger: an
 * event without it cannot match, one with it may.
 */
import { foldCase } from './matches-filter.ts';
import { longestAsciiRun, neededLiterals, shareOf } from './needed-literals.ts';
import type { Filter } from './query.ts';

/** One thing an event may have; `text` is folded. */
export type Anchor =
  | { readonly kind: 'equals'; readonly field: string; readonly text: string }
  /** A value of the field contains the text. */
  | { readonly kind: 'contains'; readonly field: string; readonly text: string }
  | { readonly kind: 'exists'; readonly field: string };

/** Shorter literals are in too many texts to be looked for. */
export const SHORTEST_LITERAL = 3;
/** With more alternatives than these, another part of the filter or the value's presence is asked for. */
const MAX_ANCHORS = 20_000;
/** Values that many events have; of other fields a value is rare. */
const COMMON: Readonly<Record<string, number>> = {
  log_type: 0.3,
  status: 0.4,
  action: 0.15,
  program: 0.15,
  protocol: 0.4,
  http_method: 0.4,
  http_status: 0.1,
  hostname: 0.3,
  username: 0.01,
};
const RARE_SHARE = 0.005;
const EXISTS_SHARE = 0.5;

interface Need {
  readonly anchors: readonly Anchor[];
  /** Share of events that have one of them, guessed. */
  readonly share: number;
}

/** The event has at least one of these; undefined when the filter can match without anything. */
export function anchorsOf(filter: Filter): readonly Anchor[] | undefined {
  return needOf(filter)?.anchors;
}

function needOf(filter: Filter): Need | undefined {
  switch (filter.kind) {
    case 'all': {
      let best: Need | undefined;
      for (const part of filter.of) {
        const need = needOf(part);
        if (need !== undefined && (best === undefined || need.share < best.share)) best = need;
      }
      return best;
    }
    case 'any': {
      const anchors: Anchor[] = [];
      let share = 0;
      for (const part of filter.of) {
        const need = needOf(part);
        if (need === undefined) return undefined;
        for (const anchor of need.anchors) anchors.push(anchor);
        share += need.share;
        if (anchors.length > MAX_ANCHORS) return undefined;
      }
      return { anchors, share };
    }
    case 'not':
    case 'before':
    case 'clock':
      return undefined;
    case 'equals':
      return {
        anchors: [{ kind: 'equals', field: filter.field, text: foldCase(filter.value) }],
        share: COMMON[filter.field] ?? RARE_SHARE,
      };
    case 'wildcard': {
      let longest = '';
      for (const piece of filter.pattern) {
        const run = piece.kind === 'text' ? longestAsciiRun(piece.text) : '';
        if (run.length > longest.length) longest = run;
      }
      return containing(filter.field, [longest]);
    }
    case 'regexp':
      return containing(filter.field, neededLiterals(filter.source) ?? ['']);
    case 'cidr':
    case 'exists':
    case 'compare':
      return { anchors: [{ kind: 'exists', field: filter.field }], share: EXISTS_SHARE };
    default:
      return filter satisfies never;
  }
}

function containing(field: string, literals: readonly string[]): Need {
  if (literals.some((literal) => literal.length < SHORTEST_LITERAL))
    return { anchors: [{ kind: 'exists', field }], share: EXISTS_SHARE };
  return {
    anchors: literals.map((text): Anchor => ({ kind: 'contains', field, text })),
    share: literals.reduce((sum, { length }) => sum + shareOf(length), 0),
  };
}
