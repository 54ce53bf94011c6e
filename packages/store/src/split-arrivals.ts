/** The steps of stores whose positions are numbers. */
import type { ArrivalCursor } from './store.ts';

/** See Store.splitArrivals(); `first` is the position before the first event there is. */
export function splitNumbers(
  first: number,
  after: ArrivalCursor | undefined,
  upTo: ArrivalCursor,
  events: number,
): readonly ArrivalCursor[] {
  const to = Number(upTo);
  const steps: ArrivalCursor[] = [];
  const from = Math.max(first, Number(after ?? first));
  for (let at = from + events; at < to; at += events) steps.push(String(at) as ArrivalCursor);
  return from < to ? [...steps, upTo] : [];
}
