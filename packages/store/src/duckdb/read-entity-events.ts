/**
 * Events of many entities in order, one scan for all of them. Where the fields that were asked for are
 * columns of their own, the documents stay where they are: they are nine tenths of what an event is, and
 * the evaluator looks at none of it.
 */
import { DuckDBTypeId, type DuckDBDataChunk, type DuckDBResult } from '@duckdb/node-api';
import { compileFilter, fieldsOfFilter } from '@mini-soc/query';
import type {
  EntityEventsRequest,
  EntitySpan,
  EventPage,
  SpanEvent,
  SparseEvent,
  TimeRange,
} from '../store.ts';
import { BEYOND_COLUMNS, type BeyondColumns } from './beyond-columns.ts';
import type { Connection, Parameter, Row } from './connection.ts';
import { quoteIdentifier, type SqlFilter } from './dialect.ts';
import { MODEL_LAYOUT, type EventLayout } from './event-layout.ts';
import { letOthersRun } from './let-others-run.ts';
import { readColumn, readDoubles, readIntegers } from './read-columns.ts';

/** Whole events of one page at most. */
const WHOLE_EVENTS = 10_000;

type Token = readonly [span: number, timeMs: number, eventId: string];

export async function readEntityEvents(
  connection: Connection,
  request: EntityEventsRequest,
  layout: EventLayout = MODEL_LAYOUT,
  mayBeBeyond: BeyondColumns['mayHave'] = () => true,
): Promise<EventPage> {
  const { query, spans, fields, take } = request;
  if (spans.length === 0) return { events: [] };
  const filter = layout.sql.compileFilterToSql(query.filter);
  const names = fields === undefined ? undefined : columnsOf(request, filter, layout);
  const matches = filter.exact ? undefined : compileFilter(query.filter);
  const pageSize =
    names === undefined ? Math.min(WHOLE_EVENTS, request.pageSize) : request.pageSize;
  const range = rangeOfAll(spans);
  const selected =
    names === undefined
      ? layout.columnsSql
      : [
          `e.event_id`,
          ...names.map((name) => `e.${quoteIdentifier(name)}`),
          `${mayBeBeyond(range) ? BEYOND_COLUMNS : 'NULL::VARCHAR'} AS doc`,
        ].join(', ');
  const { sql, parameters } = selectSpans(request, range, filter, selected, layout);
  const { chunks, columns } = await connection.exclusive(
    async (raw) => {
      const result = await raw.run(sql, [...parameters, pageSize + 1]);
      return { chunks: await result.fetchAllChunks(), columns: columnsOfResult(result) };
    },
    { reads: true },
  );
  const events: SpanEvent[] = [];
  let rows = 0;
  let last: Token | undefined;
  let hasMore = false;
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0) await letOthersRun();
    for (const { span, ms, event } of readChunk(chunk, columns, names, layout)) {
      if (rows === pageSize) {
        hasMore = true;
        break;
      }
      rows += 1;
      last = [span, ms, event.event_id];
      if (matches?.(event) === false) continue;
      if (take === undefined) events.push({ span, ms, event });
      else {
        const turn = take({ span, ms, event });
        if (turn !== undefined) await turn;
      }
    }
  }
  return hasMore ? { events, next: JSON.stringify(last) } : { events };
}

function rangeOfAll(spans: readonly EntitySpan[]): TimeRange {
  return {
    fromMs: spans.reduce((least, { range }) => Math.min(least, range.fromMs), Infinity),
    toMs: spans.reduce((most, { range }) => Math.max(most, range.toMs), -Infinity),
  };
}

/** The spans travel as one JSON parameter: [[index, from, to, key, …], …]. */
function selectSpans(
  request: EntityEventsRequest,
  whole: TimeRange,
  filter: SqlFilter,
  selected: string,
  layout: EventLayout,
): { readonly sql: string; readonly parameters: readonly Parameter[] } {
  const { query, spans } = request;
  const columns = query.groupBy.map(layout.sql.fieldExpression);
  const after = request.after === undefined ? undefined : (JSON.parse(request.after) as Token);
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
  const keys = columns.map((_, index) => `r[${index + 4}] AS k${index}`);
  const near = columns.map((column, index) => `(${column.sql})::VARCHAR = s.k${index}`);
  return {
    sql: `WITH s AS (
       SELECT ${['r[1]::BIGINT AS span', 'r[2]::BIGINT AS lo', 'r[3]::BIGINT AS hi', ...keys].join(', ')}
       FROM (SELECT unnest(from_json(?, '[["VARCHAR"]]')) AS r))
     SELECT s.span::DOUBLE AS span, e.t::DOUBLE AS t, ${selected}
     FROM events e JOIN s ON ${['true', ...near].join(' AND ')}
     WHERE e.t >= ? AND e.t < ? AND e.t >= s.lo AND e.t < s.hi AND (${filter.sql})
     ${after === undefined ? '' : 'AND (s.span, e.t, e.event_id) > (?, ?, ?)'}
     ORDER BY s.span, e.t, e.event_id LIMIT ?`,
    parameters: [
      JSON.stringify(asked),
      ...columns.flatMap((column) => column.parameters),
      BigInt(Math.floor(whole.fromMs)),
      BigInt(Math.ceil(whole.toMs)),
      ...filter.parameters,
      ...(after === undefined ? [] : [BigInt(after[0]), BigInt(after[1]), after[2]]),
    ],
  };
}

/** The columns that answer the request; undefined when the documents are needed. */
function columnsOf(
  request: EntityEventsRequest,
  filter: SqlFilter,
  layout: EventLayout,
): readonly string[] | undefined {
  const wanted = new Set([
    ...(request.fields ?? []),
    'repeat_count',
    ...(filter.exact ? [] : fieldsOfFilter(request.query.filter)),
  ]);
  wanted.delete('event_id');
  const names = [...wanted];
  const held = new Set(layout.fields.map((field) => field.name));
  return names.every((name) => held.has(name)) ? names : undefined;
}

interface ResultColumn {
  readonly name: string;
  readonly typeId: DuckDBTypeId;
}

function columnsOfResult(result: DuckDBResult): readonly ResultColumn[] {
  return result.columnNames().map((name, index) => ({ name, typeId: result.columnTypeId(index) }));
}

/** Rows of a chunk: span, time, then the event id, `names` and the document, or all of an event's columns. */
function* readChunk(
  chunk: DuckDBDataChunk,
  columns: readonly ResultColumn[],
  names: readonly string[] | undefined,
  layout: EventLayout,
): Generator<{ readonly span: number; readonly ms: number; readonly event: SparseEvent }> {
  const spans = readDoubles(chunk, 0);
  const times = readDoubles(chunk, 1);
  const values = columns.map(({ typeId }, index) =>
    index < 2
      ? []
      : typeId === DuckDBTypeId.BIGINT
        ? readIntegers(chunk, index)
        : readColumn(chunk, index, typeId),
  );
  const [, , ids = [], ...rest] = values;
  const documents = rest.at(-1) ?? [];
  for (let row = 0; row < chunk.rowCount; row += 1) {
    const span = spans[row] as number;
    const ms = times[row] as number;
    if (names === undefined) {
      const whole = Object.fromEntries(columns.map(({ name }, at) => [name, values[at]?.[row]]));
      yield { span, ms, event: layout.readEvent(whole as Row) };
      continue;
    }
    const event: Record<string, unknown> = { event_id: ids[row] };
    for (let at = 0; at < names.length; at += 1) {
      const value = rest[at]?.[row];
      if (value !== null && value !== undefined) event[names[at] as string] = value;
    }
    const document = documents[row];
    if (typeof document === 'string') Object.assign(event, JSON.parse(document));
    yield { span, ms, event: event as unknown as SparseEvent };
  }
}
