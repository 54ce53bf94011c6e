/**
 * Old events go, and the file gets smaller. DuckDB gives back only free blocks at the end of the file,
 * and the oldest events stand at its start. So after a large deletion the tables are written anew, in
 * their order, into the free blocks at the start; what is then free is the end. Each table is replaced in
 * one transaction: a process that ends in the middle of it leaves the table as it was, and perhaps a copy
 * that the next retention removes.
 */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { LIMITS } from '@mini-soc/model';
import type { RetentionReport, StoreSize } from '../store.ts';
import { readRows, type Connection } from './connection.ts';
import { MARGIN_BYTES } from './free-space.ts';
import { IN_MEMORY, quoteName, releaseAll, ROW_GROUP } from './session.ts';
import { sizeOf } from './size-of.ts';

/** Steps of deletion by size: a tenth of the events at a time, at most this often. */
const MAX_STEPS = 20;
/** What is worth writing the rest anew: a quarter of the file, or so much when it is larger than wished. */
const WORTH_SHARE = 0.25;
const WORTH_BYTES = 16 * 1_048_576;
/** Less than this is filled again by what comes. */
const LEAST_BYTES = 2 * 1_048_576;

/** A table while it is written anew. */
const FRESH = 'written_anew';
/** Whole row groups, some tenths of a second. */
const PIECE_ROWS = BigInt(16 * ROW_GROUP);

/** Deleting is what helps a full disk: it may use most of what is kept clear. */
const DELETING = { writesBytes: -0.75 * MARGIN_BYTES };

/**
 * Deletes events older than `beforeMs`, then the oldest until what is used is at most `maxBytes`, and
 * makes the file smaller when that is worth it.
 */
export async function retain(
  connection: Connection,
  file: string,
  beforeMs: number,
  maxBytes: number,
): Promise<RetentionReport> {
  const before = await readSize(connection, file);
  await inTurn(connection, (raw) => raw.run(`DROP TABLE IF EXISTS ${FRESH}`)); // of a process that ended
  const deleted = await deleteOld(connection, beforeMs, maxBytes);
  await shrink(connection, file, maxBytes);
  const { fileBytes } = await readSize(connection, file);
  return {
    ...deleted,
    freedBytes: Math.max(0, before.fileBytes - fileBytes),
    sizeBytes: fileBytes,
  };
}

/** What the store takes on the disk, its log of changes included, and how much of it is unused. */
export async function readSize(connection: Connection, file: string): Promise<StoreSize> {
  const [{ usedBytes, freeBytes }, logBytes] = await Promise.all([
    connection.exclusive(blocksOf, { reads: true }),
    sizeOf(`${file}.wal`),
  ]);
  return { fileBytes: usedBytes + freeBytes + logBytes, deadBytes: freeBytes };
}

interface Deleted {
  readonly deletedEvents: number;
  readonly deletedForSize: number;
}

async function deleteOld(
  connection: Connection,
  beforeMs: number,
  maxBytes: number,
): Promise<Deleted> {
  const tooOld = await inTurn(connection, async (raw) => {
    const deleted = await remove(raw, beforeMs);
    await raw.run('DELETE FROM dead_letters WHERE refused_ms < ?', [BigInt(Math.floor(beforeMs))]);
    await raw.run(
      'DELETE FROM dead_letters WHERE rowid < (SELECT max(rowid) - ? + 1 FROM dead_letters)',
      [BigInt(LIMITS.dead_letters_kept.value)],
    );
    await raw.run('CHECKPOINT'); // only what is in the file has a size
    return deleted;
  });
  let deletedForSize = 0;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const deleted = await inTurn(connection, (raw) => deleteTenth(raw, maxBytes));
    if (deleted === 0) break;
    deletedForSize += deleted;
  }
  return { deletedEvents: tooOld + deletedForSize, deletedForSize };
}

/** The oldest tenth, when more than `maxBytes` are used. */
async function deleteTenth(raw: DuckDBConnection, maxBytes: number): Promise<number> {
  const { usedBytes } = await blocksOf(raw);
  if (usedBytes <= maxBytes) return 0;
  const [row] = await readRows(
    raw,
    'SELECT quantile_disc(t, 0.1) AS limit_ms, max(t) AS newest FROM events',
  );
  if (row === undefined || row['limit_ms'] === null) return 0;
  const limitMs = Math.min(Number(row['limit_ms']) + 1, Number(row['newest']));
  const deleted = await remove(raw, limitMs);
  await raw.run('CHECKPOINT');
  return deleted;
}

/** One piece of the work; what others ask of the store comes in between. */
function inTurn<Result>(
  connection: Connection,
  work: (raw: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  return connection.exclusive(work, DELETING);
}

async function remove(raw: DuckDBConnection, limitMs: number): Promise<number> {
  const rows = await readRows(raw, 'DELETE FROM events WHERE t < ?', [BigInt(Math.floor(limitMs))]);
  return Number(rows[0]?.['Count'] ?? 0);
}

interface Blocks {
  readonly usedBytes: number;
  readonly freeBytes: number;
}

async function blocksOf(raw: DuckDBConnection): Promise<Blocks> {
  const [row] = await readRows(
    raw,
    `SELECT used_blocks * block_size AS used, free_blocks * block_size AS free
       FROM pragma_database_size() WHERE database_name = current_database()`,
  );
  return { usedBytes: Number(row?.['used'] ?? 0), freeBytes: Number(row?.['free'] ?? 0) };
}

async function shrink(connection: Connection, file: string, maxBytes: number): Promise<void> {
  if (file === IN_MEMORY) return;
  const { usedBytes, freeBytes } = await inTurn(connection, blocksOf);
  const fileBytes = usedBytes + freeBytes;
  const isWorthIt =
    freeBytes >= WORTH_SHARE * fileBytes || (fileBytes > maxBytes && freeBytes >= WORTH_BYTES);
  if (freeBytes < LEAST_BYTES || !isWorthIt) return;
  if (!(await hasRoom(file, usedBytes - freeBytes))) return;
  for (const table of await inTurn(connection, tablesOf)) await writeAnew(connection, table);
  // The first frees the old blocks, the second one gives back those at the end.
  for (let time = 0; time < 2; time += 1) await inTurn(connection, (raw) => raw.run('CHECKPOINT'));
}

/** What does not fit into the free blocks makes the file larger for a while. */
async function hasRoom(file: string, growsBytes: number): Promise<boolean> {
  const disk = await statfs(path.dirname(path.resolve(file)));
  return disk.bavail * disk.bsize >= Math.max(0, growsBytes) + MARGIN_BYTES;
}

interface Table {
  readonly name: string;
  /** As DuckDB says it: `CREATE TABLE name(columns and keys);` */
  readonly sql: string;
}

/** The largest first: the small ones come before its end then. One with an index of its own stays. */
async function tablesOf(raw: DuckDBConnection): Promise<readonly Table[]> {
  const rows = await readRows(
    raw,
    `SELECT t.table_name AS name, t.sql FROM duckdb_tables() t
       WHERE t.database_name = current_database() AND NOT t.temporary
         AND NOT EXISTS (SELECT 1 FROM duckdb_indexes() i WHERE i.database_name = t.database_name AND i.table_name = t.table_name)
       ORDER BY t.estimated_size DESC`,
  );
  return rows.map((row) => ({ name: String(row['name']), sql: String(row['sql']) }));
}

/**
 * Events are only added, in the order of `seq`, so most of them are written piece by piece while more
 * come; the rest, and any other table, in the transaction that puts the new one in the place of the old.
 */
async function writeAnew(connection: Connection, { name, sql }: Table): Promise<void> {
  const columns = sql.slice(sql.indexOf('('));
  await inTurn(connection, (raw) => raw.run(`CREATE TABLE ${FRESH} ${columns}`));
  const copied = name === 'events' ? await copyEvents(connection) : undefined;
  await inTurn(connection, async (raw) => {
    releaseAll(raw); // what is kept of the table would hold on to the old one
    await raw.run('BEGIN');
    try {
      await raw.run(
        `INSERT INTO ${FRESH} SELECT * FROM ${quoteName(name)} ${copied === undefined ? '' : `WHERE seq > ${copied}`}`,
      );
      await raw.run(`DROP TABLE ${quoteName(name)}`);
      await raw.run(`ALTER TABLE ${FRESH} RENAME TO ${quoteName(name)}`);
      await raw.run('COMMIT');
    } catch (error) {
      await raw.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

/** Up to the number that it returns all are copied. */
async function copyEvents(connection: Connection): Promise<bigint> {
  const [row] = await connection.query('SELECT min(seq) AS low, max(seq) AS high FROM events');
  if (row === undefined || row['low'] === null) return 0n;
  const high = BigInt(String(row['high']));
  for (let from = BigInt(String(row['low'])) - 1n; from < high; from += PIECE_ROWS) {
    const to = from + PIECE_ROWS < high ? from + PIECE_ROWS : high;
    await inTurn(connection, (raw) =>
      raw.run(`INSERT INTO ${FRESH} SELECT * FROM events WHERE seq > ${from} AND seq <= ${to}`),
    );
  }
  return high;
}
