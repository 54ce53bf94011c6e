/**
 * A copy of a database that another process may be writing to, without asking that process. What a checkpoint
 * has put into the file stays as it is until the next one: that one writes into free blocks and then turns one
 * of the two headers. Between two checkpoints the log only grows. So a log and then a file that were copied
 * between two looks at the same headers belong together, and hold all that was committed before the first look;
 * else the copy is made again. At the end the copy is opened, as a restored one would be.
 *
 * Never to be called in the process that has the database open: the system's lock on a file ends when a process
 * closes any of its handles of it.
 */
import { constants } from 'node:fs';
import { access, copyFile, open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UsageError } from '@mini-soc/model';
import { openConnection } from './connection.ts';
import { USUAL_MEMORY_MB } from './session.ts';
import { readCatalog, readSchemaNumber } from './catalog.ts';
import { SCHEMA_VERSION } from './steps.ts';

/** Two headers, after the one that says what the file is. */
const HEADERS = { position: 4096, bytes: 8192 } as const;
const TRIES = 40;
const PAUSE_MS = 250;

export interface CopiedDatabase {
  /** Number of the stored form, 0 for a file without one. */
  readonly storedForm: number;
  readonly events: number;
}

/**
 * Writes `target`, and `target.wal` when there is a log. Throws UsageError when the database is changed faster
 * than it can be copied, or the copy cannot be opened.
 */
export async function copyDatabase(file: string, target: string): Promise<CopiedDatabase> {
  let failure: unknown;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt > 0) await sleep(PAUSE_MS);
    await removeDatabase(target);
    if (!(await copyBetweenCheckpoints(file, target))) continue;
    try {
      return await inspectCopy(target);
    } catch (error) {
      failure = error;
    }
  }
  await removeDatabase(target);
  throw new UsageError(
    failure === undefined
      ? `Cannot copy "${file}": it changes faster than it can be copied (repeat it in a quieter minute, or stop mini-SOC first)`
      : `Cannot copy "${file}": the copy cannot be opened: ${messageOf(failure)}`,
    { cause: failure },
  );
}

async function copyBetweenCheckpoints(file: string, target: string): Promise<boolean> {
  const before = await readHeaders(file);
  const hasLog = await copyIfThere(`${file}.wal`, `${target}.wal`);
  // While a checkpoint is under way, what is committed may stand in another log.
  if ((await exists(`${file}.wal.checkpoint`)) || (await exists(`${file}.wal.recovery`)))
    return false;
  await copyFile(file, target, constants.COPYFILE_FICLONE);
  const after = await readHeaders(file);
  if (!before.equals(after) || !before.equals(await readHeaders(target))) return false;
  for (const copy of hasLog ? [target, `${target}.wal`] : [target]) await syncFile(copy);
  return true;
}

async function readHeaders(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(HEADERS.bytes),
      0,
      HEADERS.bytes,
      HEADERS.position,
    );
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What a copy holds, read as a start would. Throws UsageError when it cannot be opened. */
export async function inspectCopy(file: string): Promise<CopiedDatabase> {
  const connection = await openConnection({
    path: file,
    memoryLimitMb: USUAL_MEMORY_MB,
    threads: 1,
    readOnly: true,
  });
  try {
    const catalog = await readCatalog(connection);
    const number = await readSchemaNumber(connection, catalog);
    if (number === undefined)
      throw new UsageError(
        `Cannot use "${file}": the number of its stored form is unreadable, this version writes form ${SCHEMA_VERSION}`,
      );
    const [row] = catalog.has('events')
      ? await connection.query('SELECT count(*) AS n FROM events')
      : [];
    return { storedForm: number.version, events: Number(row?.['n'] ?? 0) };
  } finally {
    await connection.close();
  }
}

/** Whether a process has the database open; one that is damaged is not in use. */
export async function isDatabaseInUse(file: string): Promise<boolean> {
  if (!(await exists(file))) return false;
  try {
    const connection = await openConnection({
      path: file,
      memoryLimitMb: USUAL_MEMORY_MB,
      threads: 1,
      readOnly: true,
    });
    await connection.close();
    return false;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return /Could not set lock|being used by another process/.test(messageOf(cause));
  }
}

async function removeDatabase(file: string): Promise<void> {
  for (const end of ['', '.wal']) await rm(`${file}${end}`, { force: true });
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
