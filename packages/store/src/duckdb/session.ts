/**
 * One life of the database: instance, connection, and what hangs on them. DuckDB gives a database up
 * after some failures (a checkpoint on a full disk); then all of it is closed and a new one is opened.
 *
 * Beware: the lock on the file is the process's. Opening and closing the file by other means in this
 * process takes the lock away, and two instances on it would both write.
 */
import { readdir, readlink, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { StoreError, messageOf } from '@mini-soc/model';
import { collectAll } from './collect.ts';
import { describeOpening } from './describe-failure.ts';
import type { FreeSpace } from './free-space.ts';
import { connectInMemory, createInstance, IN_MEMORY, type InstanceOptions } from './instance.ts';
import { sizeOf } from './size-of.ts';

export interface Session {
  readonly raw: DuckDBConnection;
  /** Prepared once, by their text. */
  readonly statements: Map<string, DuckDBPreparedStatement>;
  /** Nothing of the file is open when it resolves. Throws StoreError when something still is. */
  readonly close: () => Promise<void>;
}

export interface SessionOptions extends InstanceOptions {
  /** Leaves the file and its log byte for byte. */
  readonly readOnly?: boolean;
  /** Run on each fresh connection, before anything else: temporary tables. */
  readonly onOpen: readonly string[];
  readonly space: FreeSpace | undefined;
}

export { IN_MEMORY };

/**
 * Rows of a row group; the usual size is 122,880. A transaction that fills one puts it into the file at
 * once, compressed, instead of into the log first and into the file at the next checkpoint. That halves
 * what storing costs.
 */
export const ROW_GROUP = 4096;

/**
 * Of DuckDB itself, MiB. More does not make it faster; with 64 it pushes out what it is about to write, and
 * storing takes a third longer.
 */
export const USUAL_MEMORY_MB = 96;

const held = new WeakMap<DuckDBConnection, Set<() => void>>();

/** Called before the connection is closed: whoever keeps an object of it lets that go. The result ends that. */
export function beforeClose(raw: DuckDBConnection, release: () => void): () => void {
  const releases = held.get(raw);
  releases?.add(release);
  return () => void releases?.delete(release);
}

/** Lets go what is kept of the tables: afterwards they may be replaced. */
export function releaseAll(raw: DuckDBConnection): void {
  const releases = held.get(raw);
  for (const release of [...(releases ?? [])]) release();
  releases?.clear();
}

/** Throws UsageError in one sentence, or StoreError, retryable, when the same call may work later. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const isOnDisk = options.path !== IN_MEMORY;
  const isNew = isOnDisk && (await isAbsent(options.path));
  let opened: Opened | undefined;
  try {
    if (isNew) await options.space?.assertRoom();
    opened = isOnDisk ? await connectToFile(options) : await connectInMemory(options);
    held.set(opened.raw, new Set());
    // We do it ourselves, when there is room.
    await opened.raw.run('PRAGMA disable_checkpoint_on_shutdown');
    if (isOnDisk) await useFile(opened.raw, options);
    for (const statement of options.onOpen) await opened.raw.run(statement);
  } catch (cause) {
    await letGo(opened);
    // Half a file that could not be made would be taken for a damaged one.
    if (isNew) await removeDatabase(options.path);
    throw describeOpening(options.path, cause);
  }
  const { raw } = opened;
  const statements = new Map<string, DuckDBPreparedStatement>();
  return {
    raw,
    statements,
    async close() {
      for (const statement of statements.values()) statement.destroySync();
      statements.clear();
      await letGo(opened);
      if (isOnDisk) await assertClosed(options.path);
    },
  };
}

interface Opened {
  readonly raw: DuckDBConnection;
  readonly close: () => Promise<void>;
}

async function connectToFile(options: SessionOptions): Promise<Opened> {
  const instance = await createInstance(options);
  let raw: DuckDBConnection | undefined;
  const close = async (): Promise<void> => {
    raw?.closeSync();
    instance.closeSync();
  };
  try {
    raw = await instance.connect();
    return { raw, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function useFile(raw: DuckDBConnection, options: SessionOptions): Promise<void> {
  const how = options.readOnly === true ? 'READ_ONLY' : `ROW_GROUP_SIZE ${ROW_GROUP}`;
  await raw.run(`ATTACH ${quoteText(options.path)} AS soc (${how})`);
  await raw.run('USE soc');
  await refuseCut(raw, options.path);
}

async function letGo(opened: Opened | undefined): Promise<void> {
  if (opened === undefined) return;
  releaseAll(opened.raw);
  await opened.close();
}

/** Not there, or left empty by a process that ended while it made it. */
async function isAbsent(file: string): Promise<boolean> {
  if ((await sizeOf(file)) > 0 || (await sizeOf(`${file}.wal`)) > 0) return false;
  return rm(file, { force: true }).then(
    () => true,
    () => false, // a folder, or no permission: DuckDB says it
  );
}

async function removeDatabase(file: string): Promise<void> {
  for (const name of [file, `${file}.wal`]) await rm(name, { force: true }).catch(() => undefined);
}

/**
 * A file that is shorter than its header says opens all the same, and fails in the middle of the work.
 * Blocks at its end that are not there may be free ones, so everything is read once.
 */
async function refuseCut(raw: DuckDBConnection, file: string): Promise<void> {
  const sizes = await raw.runAndReadAll(
    'SELECT total_blocks * block_size AS bytes FROM pragma_database_size() WHERE database_name = current_database()',
  );
  const wantedBytes = Number(sizes.getRowObjects()[0]?.['bytes'] ?? 0);
  const { size } = await stat(file);
  if (size >= wantedBytes) return;
  const tables = await raw.runAndReadAll(
    'SELECT table_name AS name FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary',
  );
  try {
    for (const table of tables.getRowObjects())
      await raw.run(`SELECT max(hash(t)) FROM ${quoteName(String(table['name']))} t`);
  } catch (cause) {
    throw new Error(
      `the file was cut short: it has ${size} bytes of ${wantedBytes}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

const CLOSING_TRIES = 20;
const CLOSING_PAUSE_MS = 50;

async function assertClosed(file: string): Promise<void> {
  const wanted = path.resolve(file);
  for (let attempt = 0; await isOpen(wanted); attempt += 1) {
    if (attempt >= CLOSING_TRIES)
      throw new StoreError(
        'STORE_BROKEN',
        `Cannot use "${file}": it was given up and is still open (start again)`,
      );
    collectAll(); // what failed may not let itself be closed
    await sleep(CLOSING_PAUSE_MS);
  }
}

/** Where the system does not say it, nothing is open. */
async function isOpen(file: string): Promise<boolean> {
  const folder = '/proc/self/fd';
  for (const name of await readdir(folder).catch(() => []))
    if ((await readlink(path.join(folder, name)).catch(() => '')) === file) return true;
  return false;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
