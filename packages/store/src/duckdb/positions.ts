/** Positions of the sources, one row each; the numbers change in the transactions of the events. */
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import type { Position, PositionMove } from '@mini-soc/model';
import type { PositionStore } from '../store.ts';
import { createPositionTracker, type PlannedMoves } from '../track-positions.ts';
import { readRows, type Connection, type Row } from './connection.ts';
import { beforeClose } from './session.ts';
import { inTransaction } from './table-writer.ts';

export interface Positions extends PositionStore {
  readonly plan: (moves: readonly PositionMove[]) => PlannedMoves;
  /** Writes what was planned, within the present transaction. */
  readonly write: (raw: DuckDBConnection, planned: PlannedMoves) => Promise<void>;
}

const MOVE =
  'UPDATE positions SET read_to = $1, mark_at = $2, mark = $3, seen_ms = greatest(seen_ms, $4) WHERE id = $5';

export async function openPositions(connection: Connection): Promise<Positions> {
  const tracker = createPositionTracker();
  /** A statement is prepared once for each connection. */
  const statements = new WeakMap<DuckDBConnection, DuckDBPreparedStatement>();
  for (const row of await connection.query('SELECT id, read_to FROM positions'))
    tracker.know(String(row['id']), Number(row['read_to']));

  const prepareMove = async (raw: DuckDBConnection): Promise<DuckDBPreparedStatement> => {
    const known = statements.get(raw);
    if (known !== undefined) return known;
    const statement = await raw.prepare(MOVE);
    statements.set(raw, statement);
    beforeClose(raw, () => {
      statements.delete(raw);
      statement.destroySync();
    });
    return statement;
  };

  return {
    plan: tracker.plan,
    async write(raw, { reached }) {
      if (reached.length === 0) return;
      const statement = await prepareMove(raw);
      for (const { id, to, markAt, mark, seenMs } of reached) {
        for (const [index, value] of [to, markAt, mark, seenMs].entries())
          statement.bindBigInt(index + 1, BigInt(value));
        statement.bindVarchar(5, id);
        await statement.run();
      }
    },
    async read(source) {
      const rows = await connection.query('SELECT * FROM positions WHERE source = ?', [source]);
      return rows.map(toPosition);
    },
    put: (positions) =>
      connection.exclusive(async (raw) => {
        await inTransaction(raw, [], async () => {
          for (const position of positions) await putOne(raw, position);
        });
        for (const { id, readTo } of positions) tracker.know(id, readTo);
      }),
    forget: (ids) =>
      connection.exclusive(async (raw) => {
        await inTransaction(raw, [], async () => {
          for (const id of ids) await raw.run('DELETE FROM positions WHERE id = ?', [id]);
        });
        for (const id of ids) tracker.forget(id);
      }),
    async lastStored(ids) {
      const wanted = new Set(ids);
      const rows = await connection.query(
        `SELECT split_part(event_id, ':', 1) AS id, max(try_cast(split_part(event_id, ':', 2) AS BIGINT)) AS last
           FROM events GROUP BY 1`,
      );
      return new Map(
        rows
          .filter((row) => wanted.has(String(row['id'])) && row['last'] !== null)
          .map((row) => [String(row['id']), Number(row['last'])]),
      );
    },
  };
}

async function putOne(raw: DuckDBConnection, position: Position): Promise<void> {
  const { id, source, readTo, markAt, mark, seenMs, document } = position;
  const changed = await readRows(raw, 'UPDATE positions SET doc = ? WHERE id = ? RETURNING id', [
    document,
    id,
  ]);
  if (changed.length > 0) return;
  await raw.run(
    'INSERT INTO positions (id, source, read_to, mark_at, mark, seen_ms, doc) VALUES (?, ?, ?, ?, ?, ?, ?)',
    [id, source, BigInt(readTo), BigInt(markAt), BigInt(mark), BigInt(seenMs), document],
  );
}

function toPosition(row: Row): Position {
  return {
    id: String(row['id']),
    source: String(row['source']),
    readTo: Number(row['read_to']),
    markAt: Number(row['mark_at']),
    mark: Number(row['mark']),
    seenMs: Number(row['seen_ms']),
    document: String(row['doc']),
  };
}
