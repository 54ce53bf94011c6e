/** Reading events back for searches and counts. */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, type Filter } from '@mini-soc/query';
import type { EventSearch, TimeRange } from '../store.ts';
import type { Connection, Parameter } from './connection.ts';
import { MODEL_LAYOUT, type EventLayout } from './event-layout.ts';

/** Rows examined at a time where SQL lets more through than the filter. */
const SCAN_PAGE = 2000;

function conditions(
  filter: Filter | undefined,
  range: TimeRange | undefined,
  layout: EventLayout,
): { sql: string; parameters: Parameter[]; exact: boolean } {
  const compiled =
    filter === undefined
      ? { sql: 'true', parameters: [], exact: true }
      : layout.sql.compileFilterToSql(filter);
  const times =
    range === undefined ? [] : [BigInt(Math.floor(range.fromMs)), BigInt(Math.ceil(range.toMs))];
  return {
    sql: `${range === undefined ? '' : 't >= ? AND t < ? AND '}(${compiled.sql})`,
    parameters: [...times, ...compiled.parameters],
    exact: compiled.exact,
  };
}

export async function searchEvents(
  connection: Connection,
  search: EventSearch,
  layout: EventLayout = MODEL_LAYOUT,
): Promise<readonly SocEvent[]> {
  const where = conditions(search.filter, search.range, layout);
  const matches =
    where.exact || search.filter === undefined ? () => true : compileFilter(search.filter);
  const way = search.order === 'newest' ? 'DESC' : 'ASC';
  const step = where.exact ? search.size : Math.max(SCAN_PAGE, search.size);
  const found: SocEvent[] = [];
  for (let offset = 0; found.length < search.size; offset += step) {
    const rows = await connection.query(
      `SELECT ${layout.columnsSql} FROM events e WHERE ${where.sql} ORDER BY t ${way}, event_id ${way} LIMIT ? OFFSET ?`,
      [...where.parameters, step, offset],
    );
    found.push(...rows.map((row) => layout.readEvent(row)).filter(matches));
    if (rows.length < step) break;
  }
  return found.slice(0, search.size);
}

export async function countEvents(
  connection: Connection,
  filter: Filter | undefined,
  range: TimeRange | undefined,
  layout: EventLayout = MODEL_LAYOUT,
): Promise<number> {
  const where = conditions(filter, range, layout);
  if (where.exact || filter === undefined) {
    const rows = await connection.query(
      `SELECT count(*) AS n FROM events WHERE ${where.sql}`,
      where.parameters,
    );
    return Number(rows[0]?.['n'] ?? 0);
  }
  const matches = compileFilter(filter);
  let count = 0;
  let after = 0n;
  for (;;) {
    const rows = await connection.query(
      `SELECT seq, ${layout.columnsSql} FROM events e WHERE seq > ? AND ${where.sql} ORDER BY seq LIMIT ?`,
      [after, ...where.parameters, SCAN_PAGE],
    );
    count += rows.filter((row) => matches(layout.readEvent(row))).length;
    if (rows.length < SCAN_PAGE) return count;
    after = BigInt(String(rows.at(-1)?.['seq']));
  }
}

export async function countEventsOverTime(
  connection: Connection,
  range: TimeRange,
  bucketMs: number,
): Promise<readonly { readonly fromMs: number; readonly count: number }[]> {
  const rows = await connection.query(
    'SELECT (t - ?) // ? AS bucket, count(*) AS n FROM events WHERE t >= ? AND t < ? GROUP BY 1',
    [BigInt(range.fromMs), BigInt(bucketMs), BigInt(range.fromMs), BigInt(range.toMs)],
  );
  const counts = new Map(rows.map((row) => [Number(row['bucket']), Number(row['n'])]));
  const buckets = Math.ceil((range.toMs - range.fromMs) / bucketMs);
  return Array.from({ length: buckets }, (_, index) => ({
    fromMs: range.fromMs + index * bucketMs,
    count: counts.get(index) ?? 0,
  }));
}
