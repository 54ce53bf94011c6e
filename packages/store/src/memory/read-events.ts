/** Reading events back for searches and counts. */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, type Filter } from '@mini-soc/query';
import type { EventSearch, TimeRange } from '../store.ts';
import { byTime, inRange, type Row } from './rows.ts';

export function searchEvents(rows: readonly Row[], search: EventSearch): readonly SocEvent[] {
  const matches = search.filter === undefined ? () => true : compileFilter(search.filter);
  const found = rows
    .filter((row) => inRange(row, search.range) && matches(row.event))
    .toSorted(byTime);
  if (search.order === 'newest') found.reverse();
  return found.slice(0, search.size).map((row) => row.event);
}

export function countEvents(
  rows: readonly Row[],
  filter: Filter | undefined,
  range: TimeRange | undefined,
): number {
  const matches = filter === undefined ? () => true : compileFilter(filter);
  return rows.filter((row) => inRange(row, range) && matches(row.event)).length;
}

export function countEventsOverTime(
  rows: readonly Row[],
  range: TimeRange,
  bucketMs: number,
): readonly { readonly fromMs: number; readonly count: number }[] {
  const counts = new Map<number, number>();
  for (let at = range.fromMs; at < range.toMs; at += bucketMs) counts.set(at, 0);
  for (const row of rows) {
    const bucket = range.fromMs + Math.floor((row.timeMs - range.fromMs) / bucketMs) * bucketMs;
    if (inRange(row, range)) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return [...counts].map(([fromMs, count]) => ({ fromMs, count }));
}
