/**
 * Writes rows to one table, column by column. Rows are put into chunks while the database works on
 * something else, and written when it is free. The appender and the chunks live as long as the store:
 * they hold hundreds of kilobytes outside the JavaScript heap, which the garbage collector does not
 * see, and new ones for every small batch would pile up before it is noticed.
 */
import bindings from '@duckdb/node-bindings';
import { DuckDBDataChunk, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api';
import { CHUNK_ROWS, createFill, typeOfColumn, type Column } from './chunk-columns.ts';

/** Rows in chunks, ready to be written once. */
export type PreparedRows = readonly DuckDBDataChunk[];

export interface TableWriter<Row> {
  readonly prepare: (rows: readonly Row[]) => PreparedRows;
  /** The same with a pause after each chunk, in which other work goes on. */
  readonly prepareInSteps: (
    rows: readonly Row[],
    pause: () => Promise<void>,
  ) => Promise<PreparedRows>;
  /** Adds the rows to the present transaction. */
  readonly write: (raw: DuckDBConnection, prepared: PreparedRows) => Promise<void>;
  /** Chunks that were written, or will not be, can be used again. */
  readonly release: (prepared: PreparedRows) => void;
  /** After a failure: forgets what was not written. */
  readonly reset: () => void;
}

/** The columns stand in the order of the table. */
export function createTableWriter<Row>(
  table: string,
  columns: readonly Column<Row>[],
): TableWriter<Row> {
  const free: DuckDBDataChunk[] = [];
  const types = columns.map((column) => typeOfColumn(column));
  const fills = columns.map((column) => createFill(column));
  let appender: DuckDBAppender | undefined;
  const prepareChunk = (rows: readonly Row[], from: number): DuckDBDataChunk => {
    const to = Math.min(rows.length, from + CHUNK_ROWS);
    const chunk = free.pop() ?? DuckDBDataChunk.create(types);
    chunk.reset();
    bindings.data_chunk_set_size(chunk.chunk, to - from);
    for (const [index, fill] of fills.entries()) fill(chunk, index, rows, from, to);
    return chunk;
  };
  return {
    prepare: (rows) => {
      const prepared: DuckDBDataChunk[] = [];
      for (let from = 0; from < rows.length; from += CHUNK_ROWS)
        prepared.push(prepareChunk(rows, from));
      return prepared;
    },
    async prepareInSteps(rows, pause) {
      const prepared: DuckDBDataChunk[] = [];
      for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
        prepared.push(prepareChunk(rows, from));
        await pause();
      }
      return prepared;
    },
    async write(raw, prepared) {
      appender ??= await raw.createAppender(table);
      for (const chunk of prepared) appender.appendDataChunk(chunk);
      appender.flushSync();
    },
    release: (prepared) => void free.push(...prepared),
    reset: () => {
      try {
        appender?.clear();
        appender?.closeSync();
      } catch {
        // A broken appender cannot be closed; a new one takes its place.
      }
      appender = undefined;
    },
  };
}
