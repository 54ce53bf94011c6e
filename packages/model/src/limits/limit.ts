/** What is known of one limit. */

/**
 * What becomes of a limit that is reached: `alert` it is counted and an alert of its own says so ·
 * `count` it is counted; what is cut is a sample, and the whole is elsewhere · `refuse` it is counted,
 * and whoever asked is told · `none` it bounds one step of work, the rest follows: nothing is cut.
 */
export type LimitTells = 'alert' | 'count' | 'refuse' | 'none';

export type LimitPart =
  | 'tailer'
  | 'parsers'
  | 'store'
  | 'detection'
  | 'response'
  | 'enricher'
  | 'console'
  | 'service-kit'
  | 'embedded';

export interface Limit {
  readonly part: LimitPart;
  readonly value: number;
  readonly unit: string;
  /** What it bounds. */
  readonly what: string;
  /** What happens to what is beyond it: the end of a sentence that begins with how often. */
  readonly cut: string;
  /** What to do about it. */
  readonly cure: string;
  readonly tells: LimitTells;
  /** Another limit under whose name this one is counted. */
  readonly countedAs?: string;
}

/** One row of the table. */
export function limit(row: Limit): Limit {
  return row;
}

export const MIB = 1048576;
export const NOTHING = 'nothing is cut: the rest follows in the next step';
export const NO_CURE = 'nothing to do';
