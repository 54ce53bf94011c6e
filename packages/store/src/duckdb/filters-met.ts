/**
 * Which of many filters some events may match. First the few kinds of events there are, which settle most
 * filters without SQL; then the others, many in one pass over the events.
 */
import { compileKindTest, KIND_FIELDS, type Filter } from '@mini-soc/query';
import type { EventRange } from '../store.ts';
import type { Connection, Parameter } from './connection.ts';
import type { EventLayout } from './event-layout.ts';

/** With more kinds than these, they settle nothing. */
const MAX_KINDS = 2000;
/** Filters asked in one pass: a statement with thousands of parameters takes long to plan. */
const FILTERS_AT_ONCE = 60;

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
  for (let from = 0; from < open.length; from += FILTERS_AT_ONCE) {
    const part = open.slice(from, from + FILTERS_AT_ONCE);
    const compiled = part.map((at) => layout.sql.compileFilterToSql(filters[at] as Filter));
    const columns = compiled.map(({ sql }, index) => `bool_or(${sql}) AS c${index}`);
    const [row] = await connection.query(
      `SELECT ${columns.join(', ')} FROM events WHERE ${where}`,
      [...compiled.flatMap(({ parameters }) => parameters), ...bounds],
    );
    for (const [index, at] of part.entries()) met[at] = row?.[`c${index}`] === true;
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
  return [...filters.entries()].flatMap(([at, filter]) =>
    kinds.some(compileKindTest(filter)) ? [at] : [],
  );
}
