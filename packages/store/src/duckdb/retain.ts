/**
 * Old events go, and the file gets smaller. DuckDB gives back only free blocks at the end of the file,
 * and the oldest events stand at its start. So after a large deletion the tables are written anew, in
 * their order, into the free blocks at the start; what is then free is the end. Each table is replaced in
 * one transaction: a process that ends in the middle of it leaves the table as it was.
 */
import { stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { LIMITS } from '@mini-soc/model';
import type { RetentionReport, StoreSize } from '../store.ts';
import { readRows, type Connection } from './connection.ts';
import { MARGIN_BYTES } from './free-space.ts';
import { IN_MEMORY, quoteName, releaseAll } from './session.ts';

/** Steps of deletion by size: a tenth of the events at a time, at most this often. */
const MAX_STEPS = 20;
/** What is worth writing the rest anew: a quarter of the file, or so much when it is larger than wished. */
const WORTH_SHARE = 0.25;
const WORTH_BYTES = 16 * 1_048_576;
/** Less than this is filled again by what comes. */
const LEAST_BYTES = 2 * 1_048_576;

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
  const deleted = await connection.exclusive((raw) => deleteOld(raw, beforeMs, maxBytes), DELETING);
  await connection.exclusive((raw) => shrink(raw, file, maxBytes), DELETING);
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
  raw: DuckDBConnection,
  beforeMs: number,
  maxBytes: number,
): Promise<Deleted> {
  const tooOld = await remove(raw, beforeMs);
  await raw.run('DELETE FROM dead_letters WHERE refused_ms < ?', [BigInt(Math.floor(beforeMs))]);
  await raw.run(
    'DELETE FROM dead_letters WHERE rowid < (SELECT max(rowid) - ? + 1 FROM dead_letters)',
    [BigInt(LIMITS.dead_letters_kept.value)],
  );
  let deletedForSize = 0;
  await raw.run('CHECKPOINT'); // only what is in the file has a size
  let { usedBytes } = await blocksOf(raw);
  for (let step = 0; step < MAX_STEPS && usedBytes > maxBytes; step += 1) {
    const [row] = await readRows(
      raw,
      'SELECT quantile_disc(t, 0.1) AS limit_ms, max(t) AS newest FROM events',
    );
    if (row === undefined || row['limit_ms'] === null) break;
    deletedForSize += await remove(
      raw,
      Math.min(Number(row['limit_ms']) + 1, Number(row['newest'])),
    );
    await raw.run('CHECKPOINT');
    ({ usedBytes } = await blocksOf(raw));
  }
  return { deletedEvents: tooOld + deletedForSize, deletedForSize };
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

async function shrink(raw: DuckDBConnection, file: string, maxBytes: number): Promise<void> {
  if (file === IN_MEMORY) return;
  const { usedBytes, freeBytes } = await blocksOf(raw);
  const fileBytes = usedBytes + freeBytes;
  const isWorthIt =
    freeBytes >= WORTH_SHARE * fileBytes || (fileBytes > maxBytes && freeBytes >= WORTH_BYTES);
  if (freeBytes < LEAST_BYTES || !isWorthIt) return;
  if (!(await hasRoom(file, usedBytes - freeBytes))) return;
  releaseAll(raw); // what is kept of the tables would hold on to the old ones
  for (const table of await tablesOf(raw)) await writeAnew(raw, table);
  // The first frees the old blocks, the second one gives back those at the end.
  await raw.run('CHECKPOINT');
  await raw.run('CHECKPOINT');
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

const FRESH = 'written_anew';

async function writeAnew(raw: DuckDBConnection, { name, sql }: Table): Promise<void> {
  const columns = sql.slice(sql.indexOf('('));
  await raw.run('BEGIN');
  try {
    await raw.run(`CREATE TABLE ${FRESH} ${columns}`);
    await raw.run(`INSERT INTO ${FRESH} SELECT * FROM ${quoteName(name)}`);
    await raw.run(`DROP TABLE ${quoteName(name)}`);
    await raw.run(`ALTER TABLE ${FRESH} RENAME TO ${quoteName(name)}`);
    await raw.run('COMMIT');
  } catch (error) {
    await raw.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (facts) => facts.size,
    () => 0,
  );
}
