/**
 * One DuckDB connection whose calls run one after the other; errors become StoreError or UsageError.
 * When DuckDB has given the database up, the next call opens it anew.
 */
import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBValue } from '@duckdb/node-api';
import { messageOf, StoreError } from '@mini-soc/model';
import { collectYoung } from './collect.ts';
import { describeFailure, isInvalidated, isOutOfMemory } from './describe-failure.ts';
import { createFreeSpace, MARGIN_BYTES } from './free-space.ts';
import { readColumn } from './read-columns.ts';
import { IN_MEMORY, openSession, ROW_GROUP, type Session } from './session.ts';

export { ROW_GROUP };

export type Row = Readonly<Record<string, DuckDBValue>>;
export type Parameter = string | number | bigint | boolean | null;

export interface ExclusiveOptions {
  /** It only reads: done on a full disk too. */
  readonly reads?: boolean;
  /** What it writes beyond the usual, bytes: must be free besides. */
  readonly writesBytes?: number;
}

export interface Connection {
  /**
   * Runs work that must not be interleaved with other work, such as a transaction. The connection may
   * be another one the next time. Throws StoreError STORE_DISK_FULL before it begins when the disk has
   * no room for it.
   */
  readonly exclusive: <Result>(
    work: (raw: DuckDBConnection) => Promise<Result>,
    options?: ExclusiveOptions,
  ) => Promise<Result>;
  /** Writes; as `exclusive`. */
  readonly run: (sql: string, parameters?: readonly Parameter[]) => Promise<void>;
  /** Reads. */
  readonly query: (sql: string, parameters?: readonly Parameter[]) => Promise<readonly Row[]>;
  /**
   * One row by a statement that is prepared once and planned once: the values have the types of the
   * columns. False when its key is there already: that way it costs a third of ON CONFLICT.
   */
  readonly insert: (
    sql: string,
    values: readonly (string | bigint | boolean)[],
  ) => Promise<boolean>;
  /** As insert(): changes rows, and says how many there were. */
  readonly update: (sql: string, values: readonly (string | bigint | boolean)[]) => Promise<number>;
  /** What the last attempt to write failed with; undefined since one succeeded. */
  readonly failure: () => StoreError | undefined;
  /** Idempotent; waits for what is running. */
  readonly close: () => Promise<void>;
}

export interface ConnectionOptions {
  readonly path: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** Leaves the file and its log byte for byte. */
  readonly readOnly?: boolean;
  /** Statements that each fresh connection begins with: temporary tables, which end with it. */
  readonly onOpen?: readonly string[];
  /** What stays clear on the disk, bytes. Default 32 MiB. */
  readonly marginBytes?: number;
}

/**
 * Statements and results hold memory of DuckDB until V8 collects their small JavaScript objects, which
 * it sees no reason to do: tens of megabytes pile up.
 */
const CALLS_PER_COLLECTION = 100;

/** Times the usual, for the one piece of work that needs it. */
const MORE_MEMORY = 4;

/**
 * A write that finds a longer log of changes ends with a checkpoint: rows that were changed lie in memory
 * until then. A quarter of the memory.
 */
const LOG_SHARE = 4;
const MEBIBYTE = 1_048_576;

/**
 * Opens or creates the database. Throws UsageError in one sentence when that can never work, StoreError,
 * retryable, when it may later.
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const space =
    options.path === IN_MEMORY
      ? undefined
      : createFreeSpace(options.path, options.marginBytes ?? MARGIN_BYTES);
  const mostLogBytes = (options.memoryLimitMb * MEBIBYTE) / LOG_SHARE;
  const open = (): Promise<Session> =>
    openSession({ ...options, onOpen: options.onOpen ?? [], space });
  let session: Session | undefined = await open();
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  let calls = 0;
  let failure: StoreError | undefined;

  const giveUp = async (): Promise<void> => {
    const old = session;
    session = undefined;
    await old?.close();
  };
  /** Rows that were changed lie in memory until then, and nothing else can push them out. */
  const checkpoint = async (): Promise<boolean> => {
    try {
      await space?.assertRoom();
      await session?.raw.run('CHECKPOINT');
      return true;
    } catch (cause) {
      if (isInvalidated(cause)) await giveUp();
      return false;
    }
  };
  /** Beware: work that failed for want of memory is done again; a transaction of it was rolled back. */
  const perform = async <Result>(work: (session: Session) => Promise<Result>): Promise<Result> => {
    session ??= await open();
    try {
      return await work(session);
    } catch (cause) {
      if (!isOutOfMemory(cause) || !(await checkpoint())) throw cause;
    }
    session ??= await open();
    try {
      return await work(session);
    } catch (cause) {
      if (!isOutOfMemory(cause)) throw cause;
      return withMoreMemory(session, work);
    }
  };
  /** What cannot be done at all with the usual memory is done with more, which is given back. */
  const withMoreMemory = async <Result>(
    present: Session,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> => {
    const limit = (megabytes: number) => present.raw.run(`SET memory_limit = '${megabytes}MB'`);
    await limit(MORE_MEMORY * options.memoryLimitMb);
    try {
      return await work(present);
    } finally {
      await limit(options.memoryLimitMb).catch(() => undefined);
    }
  };
  const write = async <Result>(
    work: (session: Session) => Promise<Result>,
    writesBytes: number | undefined,
  ): Promise<Result> => {
    const logBytes = (await space?.assertRoom(writesBytes)) ?? 0;
    const result = await perform(work);
    failure = undefined;
    if (logBytes >= mostLogBytes) await checkpoint();
    return result;
  };
  const attempt = async <Result>(
    work: (session: Session) => Promise<Result>,
    { reads = false, writesBytes }: ExclusiveOptions,
  ): Promise<Result> => {
    if (closed) throw new StoreError('STORE_CLOSED', 'Cannot use the store: it is closed');
    try {
      return await (reads ? perform(work) : write(work, writesBytes));
    } catch (cause) {
      if (isInvalidated(cause) || (!reads && isOutOfMemory(cause))) await giveUp();
      const error = describeFailure(options.path, cause);
      if (error instanceof StoreError && (!reads || error.code === 'STORE_BROKEN')) failure = error;
      throw error;
    } finally {
      calls += 1;
      if (calls % CALLS_PER_COLLECTION === 0) collectYoung();
    }
  };
  const inOrder = <Result>(
    work: (session: Session) => Promise<Result>,
    how: ExclusiveOptions = {},
  ): Promise<Result> => {
    const next = last.then(() => attempt(work, how));
    last = next.catch(() => undefined);
    return next;
  };
  return {
    exclusive: (work, how) => inOrder(({ raw }) => work(raw), how),
    run: (sql, parameters = []) =>
      inOrder(async ({ raw }) => void (await raw.run(sql, [...parameters]))),
    query: (sql, parameters = []) =>
      inOrder(({ raw }) => readRows(raw, sql, parameters), { reads: true }),
    insert: (sql, values) =>
      inOrder(async (present) => {
        const statement = await bound(present, sql, values);
        try {
          await statement.run();
          return true;
        } catch (error) {
          if (isDuplicate(error)) return false;
          throw error;
        }
      }),
    update: (sql, values) =>
      inOrder(async (present) => (await (await bound(present, sql, values)).run()).rowsChanged),
    failure: () => failure,
    async close() {
      // What hinders it costs the next start some time, and nothing else.
      if (!closed && session !== undefined)
        await inOrder(({ raw }) => raw.run('CHECKPOINT')).catch(() => undefined);
      await last;
      if (closed) return;
      closed = true;
      await giveUp();
    },
  };
}

/** The statement, prepared once in a session, with these values. */
async function bound(
  { raw, statements }: Session,
  sql: string,
  values: readonly (string | bigint | boolean)[],
): Promise<DuckDBPreparedStatement> {
  const statement = statements.get(sql) ?? (await raw.prepare(sql));
  statements.set(sql, statement);
  for (const [index, value] of values.entries()) bind(statement, index + 1, value);
  return statement;
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
  return (
    /Duplicate key "[^"]*" violates primary key constraint/.test(messageOf(error)) &&
    !isInvalidated(error)
  );
}

/** Rows of a query on a connection that is held already. */
export async function readRows(
  connection: DuckDBConnection,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<readonly Row[]> {
  const result = await connection.run(sql, [...parameters]);
  const names = result.columnNames();
  const types = names.map((_, index) => result.columnTypeId(index));
  const rows: Row[] = [];
  for (const chunk of await result.fetchAllChunks()) {
    const columns = types.map((typeId, index) => readColumn(chunk, index, typeId));
    for (let row = 0; row < chunk.rowCount; row += 1)
      rows.push(
        Object.fromEntries(names.map((name, at) => [name, columns[at]?.[row] as DuckDBValue])),
      );
  }
  return rows;
}
