/** The lines that events were. */
import { lineOf } from '../event-line.ts';
import type { EventLine, TimeRange } from '../store.ts';
import { inRange, type Row } from './rows.ts';

export function readLines(
  rows: readonly Row[],
  eventIds: readonly string[],
  range: TimeRange,
): readonly EventLine[] {
  const wanted = new Set(eventIds);
  return rows
    .filter((row) => wanted.has(row.event.event_id) && inRange(row, range))
    .map(({ event }) => lineOf(event));
}
