/**
 * Writes rows to one table, column by column. Rows are put into chunks while the database works on
 * something else, and written when it is free. The appender lives as long as its connection, the chunks
 * as long as the store: they hold hundreds of kilobytes outside the JavaScript heap, which the garbage
 * collector does not see, and new ones for every small batch would pile up before it is noticed.
 */
import bindings from '@duckdb/node-bindings';
import { DuckDBDataChunk, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api';
import { CHUNK_ROWS, createFill, typeOfColumn, type Column } from './chunk-columns.ts';
import { beforeClose } from './session.ts';

/** Rows in chunks, ready to be written once. */
export type PreparedRows = readonly DuckDBDataChunk[];

export interface TableWriter<Row> {
  /** Waits for `pause` after each chunk, so that other work goes on. */
  readonly prepare: (rows: readonly Row[], pause?: () => Promise<void>) => Promise<PreparedRows>;
  /** Adds the rows to the present transaction. */
  readonly write: (raw: DuckDBConnection, prepared: PreparedRows) => Promise<void>;
  /** Chunks that were written, or will not be, can be used again. */
  readonly release: (prepared: PreparedRows) => void;
  /** After a failure: forgets what was not written. */
  readonly reset: () => void;
}

/**
 * `order` is the order of the columns in the table, which a file of before may have otherwise than the code:
 * values go to the column of their name. Throws TypeError when the names are not the same.
 */
export function createTableWriter<Row>(
  table: string,
  columnsByName: Readonly<Record<string, Column<Row>>>,
  order: readonly string[] = Object.keys(columnsByName),
): TableWriter<Row> {
  const columns = inOrder(table, columnsByName, order);
  const free: DuckDBDataChunk[] = [];
  const types = columns.map((column) => typeOfColumn(column));
  const fills = columns.map((column) => createFill(column));
  let appender: DuckDBAppender | undefined;
  let owner: DuckDBConnection | undefined;
  let forget: (() => void) | undefined;
  const reset = (): void => {
    try {
      appender?.clear();
      appender?.closeSync();
    } catch {
      // A broken appender cannot be closed; a new one takes its place.
    }
    appender = undefined;
    forget?.();
    forget = undefined;
    owner = undefined;
  };
  const appenderOf = async (raw: DuckDBConnection): Promise<DuckDBAppender> => {
    if (appender !== undefined && owner === raw) return appender;
    reset();
    appender = await raw.createAppender(table);
    owner = raw;
    forget = beforeClose(raw, reset);
    return appender;
  };
  const prepareChunk = (rows: readonly Row[], from: number): DuckDBDataChunk => {
    const to = Math.min(rows.length, from + CHUNK_ROWS);
    const chunk = free.pop() ?? DuckDBDataChunk.create(types);
    chunk.reset();
    bindings.data_chunk_set_size(chunk.chunk, to - from);
    for (const [index, fill] of fills.entries()) fill(chunk, index, rows, from, to);
    return chunk;
  };
  return {
    async prepare(rows, pause) {
      const prepared: DuckDBDataChunk[] = [];
      for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
        prepared.push(prepareChunk(rows, from));
        await pause?.();
      }
      return prepared;
    },
    async write(raw, prepared) {
      if (prepared.length === 0) return;
      const given = await appenderOf(raw);
      for (const chunk of prepared) given.appendDataChunk(chunk);
      given.flushSync();
    },
    release: (prepared) => void free.push(...prepared),
    reset,
  };
}

function inOrder<Row>(
  table: string,
  columnsByName: Readonly<Record<string, Column<Row>>>,
  order: readonly string[],
): readonly Column<Row>[] {
  const columns = order.map((name) => {
    const column = columnsByName[name];
    if (column === undefined)
      throw new TypeError(`Nothing is written to the column "${name}" of "${table}"`);
    return column;
  });
  if (columns.length !== Object.keys(columnsByName).length)
    throw new TypeError(
      `Table "${table}" lacks a column: expected ${Object.keys(columnsByName).join(', ')}: current columns are ${order.join(', ')}`,
    );
  return columns;
}

/** One transaction; what fails is rolled back, and the writers forget what they had of it. */
export async function inTransaction<Result>(
  raw: DuckDBConnection,
  writers: readonly { readonly reset: () => void }[],
  work: () => Promise<Result>,
): Promise<Result> {
  await raw.run('BEGIN');
  try {
    const result = await work();
    await raw.run('COMMIT');
    return result;
  } catch (error) {
    for (const writer of writers) writer.reset();
    await raw.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
