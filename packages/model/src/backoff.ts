/** How long is waited before something that failed is tried again. */
export interface Backoff {
  /** After the first failure, milliseconds. */
  readonly firstMs: number;
  /** Never longer, milliseconds. */
  readonly longestMs: number;
}

/** More would leave the numbers that are exact. */
const DOUBLINGS = 50;

/** Milliseconds after so many failures in a row, from 1: twice as long after each. */
export function backoffMs(failures: number, { firstMs, longestMs }: Backoff): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(DOUBLINGS, Math.max(0, failures - 1)));
}
