/** Reading events back: for one entity in order, and for searches and counts. */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, type Filter } from '@mini-soc/query';
import { withoutGroundTruth } from '../memory/memory-store.ts';
import type { EntityEventsRequest, EventPage, EventSearch, TimeRange } from '../store.ts';
import type { Connection, Parameter } from './connection.ts';
import { MODEL_LAYOUT, type EventLayout } from './event-layout.ts';

/** Rows examined at a time where SQL lets more through than the filter. */
const SCAN_PAGE = 2000;

/** One scan for all spans of the request, however many entities they name. */
export async function readEntityEvents(
  connection: Connection,
  request: EntityEventsRequest,
  layout: EventLayout = MODEL_LAYOUT,
): Promise<EventPage> {
  const { query, spans } = request;
  if (spans.length === 0) return { events: [] };
  const filter = layout.sql.compileFilterToSql(query.filter);
  const matches = filter.exact ? () => true : compileFilter(query.filter);
  const columns = query.groupBy.map(layout.sql.fieldExpression);
  const after =
    request.after === undefined
      ? undefined
      : (JSON.parse(request.after) as [span: number, timeMs: number, eventId: string]);
  // The spans travel as one JSON parameter: [[index, from, to, key, …], …].
  const asked = spans.flatMap(({ entity, range }, index) =>
    after !== undefined && index < after[0]
      ? []
      : [
          [
            String(index),
            String(Math.floor(range.fromMs)),
            String(Math.ceil(range.toMs)),
            ...query.groupBy.map((field) => entity[field] ?? ''),
          ],
        ],
  );
  const near = columns.map((column, index) => `(${column.sql})::VARCHAR = s.r[${index + 4}]`);
  const rows = await connection.query(
    `WITH s AS (SELECT unnest(from_json(?, '[["VARCHAR"]]')) AS r)
     SELECT s.r[1]::BIGINT AS span, e.t, ${layout.columnsSql}
     FROM events e JOIN s ON ${['true', ...near].join(' AND ')}
     WHERE e.t >= ? AND e.t < ? AND e.t >= s.r[2]::BIGINT AND e.t < s.r[3]::BIGINT AND (${filter.sql})
     ${after === undefined ? '' : 'AND (s.r[1]::BIGINT, e.t, e.event_id) > (?, ?, ?)'}
     ORDER BY span, t, event_id LIMIT ?`,
    [
      JSON.stringify(asked),
      ...columns.flatMap((column) => column.parameters),
      BigInt(Math.floor(Math.min(...spans.map((span) => span.range.fromMs)))),
      BigInt(Math.ceil(Math.max(...spans.map((span) => span.range.toMs)))),
      ...filter.parameters,
      ...(after === undefined ? [] : [BigInt(after[0]), BigInt(after[1]), after[2]]),
      request.pageSize + 1,
    ],
  );
  const page = rows.slice(0, request.pageSize);
  const events = page.flatMap((row) => {
    const event = layout.readEvent(row);
    return matches(event) ? [{ span: Number(row['span']), event: withoutGroundTruth(event) }] : [];
  });
  const last = page.at(-1);
  return rows.length > page.length && last !== undefined
    ? {
        events,
        next: JSON.stringify([Number(last['span']), Number(last['t']), String(last['event_id'])]),
      }
    : { events };
}

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
