/**
 * Entities that could fire. First the new events (few, found by their sequence numbers), grouped by
 * entity; then, for these entities only, whether enough matching events lie in one window around the new
 * ones. The window slides in the database, which is a hundred times cheaper than handing the events over;
 * what it lets through, the evaluator judges. The cost grows with what arrived, not with what is stored.
 */
import { needsOf, type Query } from '@mini-soc/query';
import type { Candidate, CandidatePage, CandidateRequest } from '../store.ts';
import type { Connection } from './connection.ts';
import { MODEL_LAYOUT, type EventLayout } from './event-layout.ts';
import { measureSql, type Sql } from './measure.ts';

/** One expression per group-by field; the names k0, k1, … stand for them. */
function entityColumns(query: Query, layout: EventLayout): readonly Sql[] {
  return query.groupBy.map(layout.sql.fieldExpression);
}

export async function selectCandidates(
  connection: Connection,
  request: CandidateRequest,
  layout: EventLayout = MODEL_LAYOUT,
): Promise<CandidatePage> {
  const { query } = request;
  const columns = entityColumns(query, layout);
  const names = columns.map((_, index) => `k${index}`);
  const after = request.after === undefined ? undefined : (JSON.parse(request.after) as string[]);
  if (after !== undefined && names.length === 0) return { candidates: [] };
  const fresh = newEntities(request, columns, names, after, layout);
  const near = await nearEntities(connection, request, columns, names, layout);
  if (near === 'nothing new') return { candidates: [] };
  const order = names.length === 0 ? 'hi' : names.join(', ');
  const rows = await connection.query(
    near === undefined
      ? `${fresh.sql} ORDER BY ${order} LIMIT ?`
      : `WITH n AS (${fresh.sql}) ${near.sql} ORDER BY ${order} LIMIT ?`,
    [...fresh.parameters, ...(near?.parameters ?? []), request.pageSize + 1],
  );
  const page = rows.slice(0, request.pageSize).map((row) => ({
    keys: names.map((name) => String(row[name])),
    lo: Number(row['lo']),
    hi: Number(row['hi']),
  }));
  const candidates = page.map((row): Candidate => ({
    entity: Object.fromEntries(
      query.groupBy.map((field, index) => [field, row.keys[index] as string]),
    ),
    firstNewMs: row.lo,
    lastNewMs: row.hi,
  }));
  const last = page.at(-1);
  return rows.length > page.length && last !== undefined
    ? { candidates, next: JSON.stringify(last.keys) }
    : { candidates };
}

/** New events by entity, after the last one of the page before. */
function newEntities(
  request: CandidateRequest,
  columns: readonly Sql[],
  names: readonly string[],
  after: readonly string[] | undefined,
  layout: EventLayout,
): Sql {
  const filter = layout.sql.compileFilterToSql(request.query.filter);
  const selected = columns
    .map((column, index) => `${column.sql} AS k${index}`)
    .concat('min(t) AS lo', 'max(t) AS hi')
    .join(', ');
  const grouped = names.length === 0 ? '' : ` GROUP BY ${names.join(', ')}`;
  // The keyset of the page: every name must be present, and the row after the last one seen.
  const kept = [
    'hi IS NOT NULL',
    ...names.map((name) => `${name} IS NOT NULL`),
    ...(after === undefined
      ? []
      : [`(${names.join(', ')}) > (${names.map(() => '?').join(', ')})`]),
  ];
  return {
    sql: `SELECT * FROM (SELECT ${selected} FROM events WHERE seq > ? AND seq <= ? AND (${filter.sql})${grouped})
     WHERE ${kept.join(' AND ')}`,
    parameters: [
      ...columns.flatMap((column) => column.parameters),
      BigInt(request.arrivedAfter ?? 0),
      BigInt(request.arrivedUpTo),
      ...filter.parameters,
      ...(after ?? []),
    ],
  };
}

/**
 * Of the new entities `n`, those with enough matching events around their new ones. It is decided before
 * the page is cut: a flood of entities that are not near to firing costs one query, not one for each
 * page of them. Undefined when every new entity is a candidate.
 */
async function nearEntities(
  connection: Connection,
  request: CandidateRequest,
  columns: readonly Sql[],
  names: readonly string[],
  layout: EventLayout,
): Promise<Sql | 'nothing new' | undefined> {
  const { query } = request;
  const measure = measureSql(needsOf(query.measure), layout.sql);
  if (measure === undefined) return undefined;
  const [extent] = await connection.query(
    'SELECT min(t) AS lo, max(t) AS hi FROM events WHERE seq > ? AND seq <= ?',
    [BigInt(request.arrivedAfter ?? 0), BigInt(request.arrivedUpTo)],
  );
  if (typeof extent?.['lo'] !== 'bigint' || typeof extent['hi'] !== 'bigint') return 'nothing new';
  const filter = layout.sql.compileFilterToSql(query.filter);
  const times = layout.sql.fieldExpression('repeat_count');
  const windowMs = BigInt(query.windowMs);
  const same = columns.map((column, index) => `${column.sql} = n.k${index}`);
  const keys = [...names, 'lo', 'hi'].join(', ');
  const ofEntity = names.map((name) => `n.${name}`);
  // A window that holds a new event ends at it or less than its length later.
  const windows = `(${names.length === 0 ? '' : `PARTITION BY ${names.join(', ')} `}ORDER BY t RANGE BETWEEN ${windowMs - 1n} PRECEDING AND CURRENT ROW)`;
  const perEvent = measure.perEvent.map(({ as }) => as);
  const read = [
    ...ofEntity,
    'n.lo',
    'n.hi',
    'e.t',
    `coalesce(try_cast(${times.sql} AS BIGINT), 1) AS weight`,
    ...measure.perEvent.map(({ sql, as }) => `(${sql}) AS ${as}`),
  ];
  const measured = measure.overWindow.map((sql, index) => `${sql} OVER w AS m${index}`);
  return {
    // The bounds that are the same for all let DuckDB skip whole row groups.
    sql: `SELECT ${keys} FROM (
       SELECT ${[keys, 't', ...perEvent, ...measured].join(', ')} FROM (
         SELECT ${read.join(', ')} FROM events e JOIN n ON ${['true', ...same].join(' AND ')}
         WHERE e.t > ? AND e.t < ? AND e.t > n.lo - ? AND e.t < n.hi + ? AND (${filter.sql}))
       WINDOW w AS ${windows})
     GROUP BY ${keys} HAVING ${measure.having}`,
    parameters: [
      ...times.parameters,
      ...measure.perEvent.flatMap(({ parameters }) => parameters),
      ...columns.flatMap((column) => column.parameters),
      extent['lo'] - windowMs,
      extent['hi'] + windowMs,
      windowMs,
      windowMs,
      ...filter.parameters,
      ...measure.parameters,
    ],
  };
}
