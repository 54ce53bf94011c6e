/** Which of many filters some events match. */
import { createFilterIndex, type Filter } from '@mini-soc/query';
import type { EventRange } from '../store.ts';
import { inRange, type Row } from './rows.ts';

/** `firstSeq` is the position before the first row. */
export function filtersMet(
  rows: readonly Row[],
  firstSeq: number,
  filters: readonly Filter[],
  events: EventRange,
): readonly boolean[] {
  const met = filters.map(() => false);
  const index = createFilterIndex(filters);
  const meant =
    'range' in events
      ? rows.filter((row) => inRange(row, events.range))
      : rows.slice(
          Math.max(0, Number(events.arrivedAfter ?? 0) - firstSeq),
          Number(events.arrivedUpTo) - firstSeq,
        );
  for (const { event } of meant) for (const at of index.matching(event)) met[at] = true;
  return met;
}
