/**
 * Which of many filters some events may match. First the few kinds of events there are, which settle most
 * filters; then the index goes once through the events for the others. SQL would look for each literal of
 * each filter, in a text that is read out of the document again and again: five times the work.
 */
import { createFilterIndex, filtersOfKinds, KIND_FIELDS, type Filter } from '@mini-soc/query';
import type { EventRange } from '../store.ts';
import type { Connection, Parameter } from './connection.ts';
import type { EventLayout } from './event-layout.ts';
import { letOthersRun } from './let-others-run.ts';

/** With more kinds than these, they settle nothing. */
const MAX_KINDS = 2000;
/** Fewer filters than these cost less when each asks for its candidates than going through the events. */
const FEWEST_FILTERS = 24;
const PAGE = 2000;

export async function filtersMet(
  connection: Connection,
  filters: readonly Filter[],
  events: EventRange,
  layout: EventLayout,
): Promise<readonly boolean[]> {
  const where = 'range' in events ? 't >= ? AND t < ?' : 'seq > ? AND seq <= ?';
  const bounds: readonly Parameter[] =
    'range' in events
      ? [BigInt(Math.floor(events.range.fromMs)), BigInt(Math.ceil(events.range.toMs))]
      : [BigInt(events.arrivedAfter ?? 0), BigInt(events.arrivedUpTo)];
  const open = await openAfterKinds(connection, filters, where, bounds, layout);
  const met = filters.map(() => false);
  if (open.length < FEWEST_FILTERS) {
    for (const at of open) met[at] = true;
    return met;
  }
  const index = createFilterIndex(open.map((at) => filters[at] as Filter));
  const unmet = new Set(open);
  let lastSeq = -1n;
  while (unmet.size > 0) {
    const rows = await connection.query(
      `SELECT e.seq AS seq, ${layout.columnsSql} FROM events e WHERE ${where} AND seq > ? ORDER BY seq LIMIT ?`,
      [...bounds, lastSeq, PAGE],
    );
    for (const row of rows)
      for (const at of index.matching(layout.readEvent(row))) {
        const position = open[at] as number;
        met[position] = true;
        unmet.delete(position);
      }
    if (rows.length < PAGE) break;
    lastSeq = BigInt(String(rows.at(-1)?.['seq']));
    await letOthersRun();
  }
  return met;
}

/** Positions of the filters that some kind of these events may match. */
async function openAfterKinds(
  connection: Connection,
  filters: readonly Filter[],
  where: string,
  bounds: readonly Parameter[],
  layout: EventLayout,
): Promise<readonly number[]> {
  const columns = KIND_FIELDS.map((field) => layout.sql.fieldExpression(field));
  const rows = await connection.query(
    `SELECT DISTINCT ${columns.map(({ sql }, index) => `${sql} AS k${index}`).join(', ')} FROM events WHERE ${where} LIMIT ?`,
    [...columns.flatMap(({ parameters }) => parameters), ...bounds, MAX_KINDS + 1],
  );
  if (rows.length > MAX_KINDS) return [...filters.keys()];
  const kinds = rows.map((row) =>
    Object.fromEntries(
      KIND_FIELDS.flatMap((field, index) => {
        const value = row[`k${index}`];
        return typeof value === 'string' ? [[field, value]] : [];
      }),
    ),
  );
  return filtersOfKinds(filters, kinds);
}
