/**
 * Writes rows to one table, column by column. Rows are put into chunks while the database works on
 * something else, and written when it is free. The appender and the chunks live as long as the store:
 * they hold hundreds of kilobytes outside the JavaScript heap, which the garbage collector does not
 * see, and new ones for every small batch would pile up before it is noticed.
 */
import {
  DuckDBDataChunk,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';

/** Rows of one data chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048;

/** Rows in chunks, ready to be written once. */
export type PreparedRows = readonly DuckDBDataChunk[];

export interface TableWriter {
  /** The columns are of equal length. */
  readonly prepare: (columns: readonly (readonly DuckDBValue[])[]) => PreparedRows;
  /** Adds the rows to the present transaction. */
  readonly write: (raw: DuckDBConnection, prepared: PreparedRows) => Promise<void>;
  /** Chunks that were written, or will not be, can be used again. */
  readonly release: (prepared: PreparedRows) => void;
  /** After a failure: forgets what was not written. */
  readonly reset: () => void;
}

export function createTableWriter(table: string, types: readonly DuckDBType[]): TableWriter {
  const free: DuckDBDataChunk[] = [];
  let appender: DuckDBAppender | undefined;
  return {
    prepare: (columns) => {
      const rows = columns[0]?.length ?? 0;
      const prepared: DuckDBDataChunk[] = [];
      for (let from = 0; from < rows; from += CHUNK_ROWS) {
        const to = Math.min(rows, from + CHUNK_ROWS);
        const chunk = free.pop() ?? DuckDBDataChunk.create([...types]);
        chunk.reset();
        chunk.rowCount = to - from;
        for (const [index, column] of columns.entries())
          chunk.setColumnValues(index, rows <= CHUNK_ROWS ? column : column.slice(from, to));
        prepared.push(chunk);
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
