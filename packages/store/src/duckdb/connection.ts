/** One DuckDB connection whose calls run one after the other; errors become StoreError or UsageError. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  DuckDBInstance,
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBValue,
} from '@duckdb/node-api';
import { messageOf, StoreError, UsageError } from '@mini-soc/model';

export type Row = Readonly<Record<string, DuckDBValue>>;
export type Parameter = string | number | bigint | boolean | null;

export interface Connection {
  /** Runs work that must not be interleaved with other work, such as a transaction. */
  readonly exclusive: <Result>(work: (raw: DuckDBConnection) => Promise<Result>) => Promise<Result>;
  readonly run: (sql: string, parameters?: readonly Parameter[]) => Promise<void>;
  readonly query: (sql: string, parameters?: readonly Parameter[]) => Promise<readonly Row[]>;
  /**
   * One row by a statement that is prepared once and planned once: the values have the types of the
   * columns. False when its key is there already: that way it costs a third of ON CONFLICT.
   */
  readonly insert: (
    sql: string,
    values: readonly (string | bigint | boolean)[],
  ) => Promise<boolean>;
  /** Idempotent; waits for what is running. */
  readonly close: () => Promise<void>;
}

export interface ConnectionOptions {
  readonly path: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** Leaves the file and its log byte for byte. */
  readonly readOnly?: boolean;
}

/**
 * Statements and results hold memory of DuckDB until V8 collects their small JavaScript objects, which
 * it sees no reason to do: tens of megabytes pile up. A collection of the young objects takes a
 * millisecond or two and frees them.
 */
const CALLS_PER_COLLECTION = 100;
setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');
setFlagsFromString('--no-expose-gc');

export function collectYoung(): void {
  if (typeof gc === 'function') gc({ type: 'minor' });
}

export const IN_MEMORY = ':memory:';
/**
 * Rows of a row group; the usual size is 122,880. A transaction that fills one puts it into the file at
 * once, compressed, instead of into the log first and into the file at the next checkpoint. That halves
 * what storing costs.
 */
export const ROW_GROUP = 4096;

/** Opens or creates the database. Throws UsageError in one sentence when that is not possible. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  let instance: DuckDBInstance;
  let raw: DuckDBConnection;
  try {
    instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${options.memoryLimitMb}MB`,
      threads: String(options.threads),
      // What is not yet in the file is held in memory; each checkpoint writes the last rows anew. In
      // quiet times the store asks for one much earlier.
      checkpoint_threshold: '64MB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      ...(options.path === IN_MEMORY ? {} : { temp_directory: `${options.path}.tmp` }),
    });
    raw = await instance.connect();
    if (options.path !== IN_MEMORY) {
      await raw.run(
        `ATTACH '${options.path.replaceAll("'", "''")}' AS soc (${options.readOnly === true ? 'READ_ONLY' : `ROW_GROUP_SIZE ${ROW_GROUP}`})`,
      );
      await raw.run('USE soc');
    }
  } catch (cause) {
    throw describeOpening(options.path, cause);
  }
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  let calls = 0;
  const statements = new Map<string, DuckDBPreparedStatement>();
  const exclusive = <Result>(
    work: (connection: DuckDBConnection) => Promise<Result>,
  ): Promise<Result> => {
    const next = last.then(async () => {
      if (closed) throw new StoreError('STORE_CLOSED', 'Cannot use the store: it is closed');
      try {
        return await work(raw);
      } catch (cause) {
        throw describeFailure(options.path, cause);
      } finally {
        calls += 1;
        if (calls % CALLS_PER_COLLECTION === 0) collectYoung();
      }
    });
    last = next.catch(() => undefined);
    return next;
  };
  return {
    exclusive,
    run: (sql, parameters = []) =>
      exclusive(async (connection) => void (await connection.run(sql, [...parameters]))),
    query: (sql, parameters = []) =>
      exclusive((connection) => readRows(connection, sql, parameters)),
    insert: (sql, values) =>
      exclusive(async (connection) => {
        const statement = statements.get(sql) ?? (await connection.prepare(sql));
        statements.set(sql, statement);
        for (const [index, value] of values.entries()) bind(statement, index + 1, value);
        try {
          await statement.run();
          return true;
        } catch (error) {
          if (isDuplicate(error)) return false;
          throw error;
        }
      }),
    async close() {
      await last;
      if (closed) return;
      closed = true;
      for (const statement of statements.values()) statement.destroySync();
      raw.closeSync();
      instance.closeSync();
    },
  };
}

function bind(
  statement: DuckDBPreparedStatement,
  index: number,
  value: string | bigint | boolean,
): void {
  if (typeof value === 'string') statement.bindVarchar(index, value);
  else if (typeof value === 'bigint') statement.bindBigInt(index, value);
  else statement.bindBoolean(index, value);
}

/** Whether a row was refused because its key is there already. */
export function isDuplicate(error: unknown): boolean {
  return /Duplicate key "[^"]*" violates primary key constraint/.test(messageOf(error));
}

/** Rows of a query on a connection that is held already. */
export async function readRows(
  connection: DuckDBConnection,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<readonly Row[]> {
  const reader = await connection.runAndReadAll(sql, [...parameters]);
  return reader.getRowObjects();
}

function describeOpening(path: string, cause: unknown): UsageError {
  const text = messageOf(cause);
  if (/lock|being used by another process/i.test(text)) {
    return new UsageError(
      `Cannot open "${path}": it is in use by another process (stop that one, or name another data folder with --data)`,
      { cause },
    );
  }
  if (/No space left/i.test(text))
    return new UsageError(`Cannot open "${path}": the disk is full`, { cause });
  if (/not a valid DuckDB database|corrupt|version number|serializ|checksum/i.test(text)) {
    return new UsageError(
      `Cannot open "${path}": it is damaged or was written by a newer version (move it away to start afresh): ${firstLine(text)}`,
      { cause },
    );
  }
  return new UsageError(`Cannot open "${path}": ${firstLine(text)}`, { cause });
}

function describeFailure(path: string, cause: unknown): unknown {
  if (cause instanceof StoreError || cause instanceof RangeError || cause instanceof TypeError)
    return cause;
  const text = messageOf(cause);
  if (/No space left|disk full/i.test(text))
    return new StoreError(
      'STORE_DISK_FULL',
      `Cannot write to "${path}": the disk is full (free some space, then start again)`,
      { cause },
    );
  if (/FATAL|invalidated/i.test(text))
    return new StoreError('STORE_BROKEN', `Cannot use "${path}": ${firstLine(text)}`, { cause });
  return new StoreError('STORE_FAILED', `Cannot use "${path}": ${firstLine(text)}`, {
    cause,
    retryable: true,
  });
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).slice(0, 300);
}
