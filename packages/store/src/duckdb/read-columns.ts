/**
 * Columns of a data chunk as values of JavaScript. The database's own reader makes a call of the native module,
 * an array outside the heap and a decoder's call for each text, and a big integer for each bit of validity: that
 * took longer than the evaluator needs for what it reads.
 *
 * The layout is that of DuckDB's C API, see chunk-columns.ts. Long texts of a chunk stand one behind the other
 * where a result keeps them, so that they are fetched together; where they do not, one by one.
 */
import bindings from '@duckdb/node-bindings';
import { DuckDBTypeId, type DuckDBDataChunk, type DuckDBValue } from '@duckdb/node-api';

/** Texts of so many bytes stand in the column itself. */
const INLINE_BYTES = 12;
/** `duckdb_string_t`: length, then the text, or its first four bytes and where it is. */
const TEXT_BYTES = 16;
const LIMB = 2 ** 32;

/** A column of texts. */
export function readTexts(chunk: DuckDBDataChunk, index: number): (string | null)[] {
  const rows = chunk.rowCount;
  const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
  const data = bindings.vector_get_data(vector, TEXT_BYTES * rows);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const words = new Int32Array(data.buffer, data.byteOffset, 4 * rows);
  const isValid = validityOf(vector, rows);
  const values = Array.from<string | null>({ length: rows }).fill(null);
  let last = -1;
  let row = 0;
  while (row < rows) {
    const length = isValid(row) ? (words[4 * row] as number) : 0;
    if (length > INLINE_BYTES) {
      row = readLong(data, words, isValid, row, values);
      continue;
    }
    if (isValid(row)) {
      const start = TEXT_BYTES * row + 4;
      values[row] =
        last >= 0 && isSame(words, row, last)
          ? (values[last] as string)
          : bytes.toString('utf8', start, start + length);
      last = row;
    }
    row += 1;
  }
  return values;
}

/** A column of any type: texts as above, all else as the database's own reader gives it. */
export function readColumn(
  chunk: DuckDBDataChunk,
  index: number,
  typeId: DuckDBTypeId,
): readonly DuckDBValue[] {
  return typeId === DuckDBTypeId.VARCHAR ? readTexts(chunk, index) : chunk.getColumnValues(index);
}

/** A column of numbers that has no nulls and is read as DOUBLE. */
export function readDoubles(chunk: DuckDBDataChunk, index: number): Float64Array {
  const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
  const data = bindings.vector_get_data(vector, 8 * chunk.rowCount);
  return new Float64Array(data.buffer, data.byteOffset, chunk.rowCount);
}

/** A column of whole numbers of 64 bits that are safe ones. */
export function readIntegers(chunk: DuckDBDataChunk, index: number): (number | null)[] {
  const rows = chunk.rowCount;
  const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
  const data = bindings.vector_get_data(vector, 8 * rows);
  const words = new Int32Array(data.buffer, data.byteOffset, 2 * rows);
  const isValid = validityOf(vector, rows);
  return Array.from({ length: rows }, (_, row) =>
    isValid(row)
      ? (words[2 * row + 1] as number) * LIMB + ((words[2 * row] as number) >>> 0)
      : null,
  );
}

/** Reads the long text of `row` and those that stand right behind it; returns the row after them. */
function readLong(
  data: Uint8Array,
  words: Int32Array,
  isValid: (row: number) => boolean,
  first: number,
  values: (string | null)[],
): number {
  let total = words[4 * first] as number;
  let end = placeOf(words, first) + total;
  let after = first + 1;
  for (; after < values.length && isValid(after); after += 1) {
    const length = words[4 * after] as number;
    if (length <= INLINE_BYTES || placeOf(words, after) !== end) break;
    end += length;
    total += length;
  }
  const found = bindings.get_data_from_pointer(
    data.buffer as ArrayBuffer,
    data.byteOffset + TEXT_BYTES * first + 8,
    total,
  );
  const bytes = Buffer.from(found.buffer, found.byteOffset, total);
  let from = 0;
  for (let row = first; row < after; row += 1) {
    const to = from + (words[4 * row] as number);
    values[row] = bytes.toString('utf8', from, to);
    from = to;
  }
  return after;
}

/** Addresses have fewer bits than a number holds exactly. */
function placeOf(words: Int32Array, row: number): number {
  return ((words[4 * row + 3] as number) >>> 0) * LIMB + ((words[4 * row + 2] as number) >>> 0);
}

function isSame(words: Int32Array, a: number, b: number): boolean {
  return (
    words[4 * a] === words[4 * b] &&
    words[4 * a + 1] === words[4 * b + 1] &&
    words[4 * a + 2] === words[4 * b + 2] &&
    words[4 * a + 3] === words[4 * b + 3]
  );
}

function validityOf(vector: bindings.Vector, rows: number): (row: number) => boolean {
  const bits = bindings.vector_get_validity(vector, 8 * Math.ceil(rows / 64)) as Uint8Array | null;
  return bits === null || bits === undefined
    ? () => true
    : (row) => ((bits[row >>> 3] as number) & (1 << (row & 7))) !== 0;
}
