/**
 * Writes rows to one table, column by column. Its appender and its chunk live as long as the store:
 * both hold hundreds of kilobytes outside the JavaScript heap, which the garbage collector does not
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

export interface TableWriter {
  /** Adds the rows to the present transaction; the columns are of equal length. */
  readonly write: (
    raw: DuckDBConnection,
    columns: readonly (readonly DuckDBValue[])[],
  ) => Promise<void>;
  /** After a failure: forgets what was not written. */
  readonly reset: () => void;
}

export function createTableWriter(table: string, types: readonly DuckDBType[]): TableWriter {
  let chunk: DuckDBDataChunk | undefined;
  let appender: DuckDBAppender | undefined;
  return {
    async write(raw, columns) {
      chunk ??= DuckDBDataChunk.create([...types]);
      appender ??= await raw.createAppender(table);
      const rows = columns[0]?.length ?? 0;
      for (let from = 0; from < rows; from += CHUNK_ROWS) {
        const to = Math.min(rows, from + CHUNK_ROWS);
        chunk.reset();
        chunk.rowCount = to - from;
        for (const [index, column] of columns.entries())
          chunk.setColumnValues(index, rows <= CHUNK_ROWS ? column : column.slice(from, to));
        appender.appendDataChunk(chunk);
      }
      appender.flushSync();
    },
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
