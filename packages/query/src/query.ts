/**
 * What a rule asks, as plain frozen data that every store understands the same way.
 *
 * Meaning (two-valued logic): a missing field never matches, so `not` of it does; a dialect whose
 * engine has a third value makes each leaf two-valued before it negates. Text compares
 * case-insensitively (ASCII and Unicode simple lower case) unless `cased` is true. Numbers and
 * booleans are compared as text of the value ("22", "true") by `equals`, as numbers by `compare`.
 * An array field matches when any element does. Fields are flat event field names, or `extra.NAME`.
 */
export type Filter =
  | { readonly kind: 'all'; readonly of: readonly Filter[] }
  | { readonly kind: 'any'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | {
      readonly kind: 'equals';
      readonly field: string;
      readonly value: string;
      readonly cased: boolean;
    }
  /** `*` any run of characters, `?` one character, as in Sigma; pieces are literal text between them. */
  | {
      readonly kind: 'wildcard';
      readonly field: string;
      readonly pattern: readonly WildcardPiece[];
      readonly cased: boolean;
    }
  /** A regular expression in RE2 syntax; matches anywhere in the value unless anchored. */
  | {
      readonly kind: 'regexp';
      readonly field: string;
      readonly source: string;
      readonly flags: string;
    }
  | { readonly kind: 'cidr'; readonly field: string; readonly range: string }
  | { readonly kind: 'exists'; readonly field: string }
  | {
      readonly kind: 'compare';
      readonly field: string;
      readonly operator: 'lt' | 'lte' | 'gt' | 'gte';
      readonly value: number;
    }
  /** The event's own time is earlier, milliseconds since the epoch. */
  | { readonly kind: 'before'; readonly ms: number }
  /**
   * The event's own time is within a span of the day on one of these days (0 is Monday), in a zone with
   * its summer time. Minutes from midnight, from <= minute < to; over midnight when `to` is not later,
   * and then the day is the one on which it begins.
   */
  | {
      readonly kind: 'clock';
      readonly zone: string;
      readonly days: readonly number[];
      readonly from: number;
      readonly to: number;
    };

export type WildcardPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'many' }
  | { readonly kind: 'one' };

export interface SequenceStep {
  readonly name: string;
  readonly filter: Filter;
  readonly atLeast: number;
}

/**
 * What is measured inside one window, for one entity:
 * `count` the events (an event with repeat_count n counts n), `distinct` different values of a field
 * (exact, lower-cased text), or of their networks, `sequence` steps in order of event time: atLeast events of the first,
 * then atLeast of the second strictly later than the last needed event of the step before.
 */
export type Measure =
  | { readonly kind: 'count'; readonly atLeast: number }
  | {
      readonly kind: 'distinct';
      readonly field: string;
      readonly atLeast: number;
      /** `network`: addresses of one wide network are one value; what is no address is none. */
      readonly by?: 'network';
    }
  | { readonly kind: 'sequence'; readonly steps: readonly SequenceStep[] };

export interface Query {
  /** Which events concern the rule; for a sequence, the union of its steps. */
  readonly filter: Filter;
  /** Entity fields in order; events that lack one are not considered. Empty: one global entity. */
  readonly groupBy: readonly string[];
  /** Length of the sliding window over event time, milliseconds: events t with last - t < windowMs. */
  readonly windowMs: number;
  readonly measure: Measure;
}

/** Field name → value, in the order of groupBy. */
export type Entity = Readonly<Record<string, string>>;

/** One text per entity, equal for equal entities; used in ids and maps. */
export function entityKey(entity: Entity): string {
  return JSON.stringify(Object.entries(entity));
}
