/**
 * Entities that could fire. First the new events (few, found by their sequence numbers), grouped by
 * entity; then, for these entities only, whether enough matching events lie around the new ones. The
 * cost grows with what arrived, not with what is stored.
 */
import { compileFilterToSql, fieldExpression, type Measure, type Query } from '@mini-soc/query';
import type { Candidate, CandidatePage, CandidateRequest } from '../store.ts';
import type { Connection, Parameter } from './connection.ts';

interface Sql {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** One expression per group-by field; the names k0, k1, … stand for them. */
function entityColumns(query: Query): readonly Sql[] {
  return query.groupBy.map(fieldExpression);
}

export async function selectCandidates(
  connection: Connection,
  request: CandidateRequest,
): Promise<CandidatePage> {
  const { query } = request;
  const filter = compileFilterToSql(query.filter);
  const columns = entityColumns(query);
  const names = columns.map((_, index) => `k${index}`);
  const after = request.after === undefined ? undefined : (JSON.parse(request.after) as string[]);
  const selected = columns
    .map((column, index) => `${column.sql} AS k${index}`)
    .concat('min(t) AS lo', 'max(t) AS hi')
    .join(', ');
  const grouped = names.length === 0 ? '' : ` GROUP BY ${names.join(', ')}`;
  // The keyset of the page: every name must be present, and the row after the last one seen.
  const kept = [
    'hi IS NOT NULL',
    ...names.map((name) => `${name} IS NOT NULL`),
    ...(after === undefined || names.length === 0
      ? []
      : [`(${names.join(', ')}) > (${names.map(() => '?').join(', ')})`]),
  ];
  const rows = await connection.query(
    `SELECT * FROM (SELECT ${selected} FROM events WHERE seq > ? AND seq <= ? AND (${filter.sql})${grouped})
     WHERE ${kept.join(' AND ')} ORDER BY ${names.length === 0 ? 'hi' : names.join(', ')} LIMIT ?`,
    [
      ...columns.flatMap((column) => column.parameters),
      BigInt(request.arrivedAfter ?? 0),
      BigInt(request.arrivedUpTo),
      ...filter.parameters,
      ...(names.length === 0 ? [] : (after ?? [])),
      request.pageSize + 1,
    ],
  );
  if (rows.length === 0 || (after !== undefined && names.length === 0)) return { candidates: [] };
  const page = rows.slice(0, request.pageSize).map((row) => ({
    keys: names.map((name) => String(row[name])),
    lo: Number(row['lo']),
    hi: Number(row['hi']),
  }));
  const enough = await keysWithEnough(connection, query, page);
  const candidates = page
    .filter((row) => enough.has(JSON.stringify(row.keys)))
    .map((row): Candidate => ({
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

async function keysWithEnough(
  connection: Connection,
  query: Query,
  page: readonly { readonly keys: readonly string[]; readonly lo: number; readonly hi: number }[],
): Promise<ReadonlySet<string>> {
  const measure = measureSql(query.measure);
  if (measure === undefined) return new Set(page.map((row) => JSON.stringify(row.keys)));
  const filter = compileFilterToSql(query.filter);
  const columns = entityColumns(query);
  const from = Math.min(...page.map((row) => row.lo)) - query.windowMs;
  const to = Math.max(...page.map((row) => row.hi)) + query.windowMs;
  // The page travels as one JSON parameter: [[key, …, lo, hi], …].
  const news = JSON.stringify(page.map((row) => [...row.keys, String(row.lo), String(row.hi)]));
  const width = columns.length;
  const near = columns.map((column, index) => `${column.sql} = n.r[${index + 1}]`);
  const rows = await connection.query(
    `WITH n AS (SELECT unnest(from_json(?, '[["VARCHAR"]]')) AS r)
     SELECT ${width === 0 ? '1' : columns.map((_, index) => `any_value(n.r[${index + 1}]) AS k${index}`).join(', ')}
     FROM events e JOIN n ON ${['true', ...near].join(' AND ')}
     WHERE e.t > ? AND e.t < ? AND e.t > n.r[${width + 1}]::BIGINT - ? AND e.t < n.r[${width + 2}]::BIGINT + ? AND (${filter.sql})
     GROUP BY n.r HAVING ${measure.sql}`,
    [
      news,
      ...columns.flatMap((column) => column.parameters),
      BigInt(from),
      BigInt(to),
      BigInt(query.windowMs),
      BigInt(query.windowMs),
      ...filter.parameters,
      ...measure.parameters,
    ],
  );
  return new Set(
    rows.map((row) => JSON.stringify(columns.map((_, index) => String(row[`k${index}`])))),
  );
}

/** A condition over a group that lets every group through that could fire; undefined when all could. */
function measureSql(measure: Measure): Sql | undefined {
  switch (measure.kind) {
    case 'count':
      return measure.atLeast <= 1
        ? undefined
        : { sql: 'sum(coalesce(repeat_count, 1)) >= ?', parameters: [measure.atLeast] };
    case 'distinct': {
      const field = fieldExpression(measure.field);
      // Folding could merge values here that the oracle keeps apart, so the text is counted as it is.
      return {
        sql: `count(DISTINCT (${field.sql})::VARCHAR) >= ?`,
        parameters: [...field.parameters, measure.atLeast],
      };
    }
    case 'sequence': {
      const steps = measure.steps.map((step) => compileFilterToSql(step.filter));
      return {
        sql: steps.map((step) => `count(*) FILTER (WHERE ${step.sql}) >= 1`).join(' AND '),
        parameters: steps.flatMap((step) => step.parameters),
      };
    }
    default:
      return measure satisfies never;
  }
}
