/**
 * Fills the columns of a data chunk. The values are laid out here as the database holds them and copied
 * in one call a column: a call of the native module for each value, and its bit of validity as a big
 * integer, took twice as long as parsing the line.
 *
 * The layout is that of DuckDB's C API: 8 bytes for a BIGINT, 16 for a text (`duckdb_string_t`: length,
 * then up to 12 bytes of the text itself, else a pointer, which only the database can write), one bit a
 * row for "not null".
 */
import bindings from '@duckdb/node-bindings';
import { BIGINT, VARCHAR, type DuckDBDataChunk, type DuckDBType } from '@duckdb/node-api';

/** Rows of one data chunk: DuckDB's vector size. */
export const CHUNK_ROWS = 2048;

/** Texts of so many ASCII characters stand in the column itself. */
const INLINE_CHARACTERS = 12;
/** `duckdb_string_t`. */
const TEXT_BYTES = 16;
/** Longer ones together are given one by one: a text of V8 has an end. */
const TOGETHER_CHARACTERS = 16 * 1_048_576;
const LIMB = 2 ** 32;

/** How one column gets its values from a row. */
export type Column<Row> =
  | { readonly kind: 'text'; readonly read: (row: Row) => string | null }
  /** A safe integer. */
  | { readonly kind: 'integer'; readonly read: (row: Row) => number | null }
  /** A 64-bit number in two halves. */
  | {
      readonly kind: 'halves';
      readonly high: (row: Row) => number;
      readonly low: (row: Row) => number;
    };

/** Puts rows `from` to `to` (exclusive, at most CHUNK_ROWS) into one column of a chunk. */
export type FillColumn<Row> = (
  chunk: DuckDBDataChunk,
  index: number,
  rows: readonly Row[],
  from: number,
  to: number,
) => void;

export function typeOfColumn(column: Column<never>): DuckDBType {
  return column.kind === 'text' ? VARCHAR : BIGINT;
}

export function createFill<Row>(column: Column<Row>): FillColumn<Row> {
  switch (column.kind) {
    case 'text':
      return createTextFill(column.read);
    case 'integer':
      return createIntegerFill(column.read);
    case 'halves':
      return (chunk, index, rows, from, to) => {
        for (let at = from; at < to; at += 1) {
          const row = rows[at] as Row;
          integers[2 * (at - from)] = column.low(row);
          integers[2 * (at - from) + 1] = column.high(row);
        }
        copy(vectorOf(chunk, index), integers, 8 * (to - from));
      };
    default:
      return column satisfies never;
  }
}

/** One chunk is filled after the other, so all columns share these. */
const integers = new Int32Array(2 * CHUNK_ROWS);
const texts = new Int32Array(4 * CHUNK_ROWS);
const textBytes = new Uint8Array(texts.buffer);
const pointerBytes = new Uint8Array(8);
const pointer = new DataView(pointerBytes.buffer);
const longRows = new Int32Array(CHUNK_ROWS);
const wholeBytes = Buffer.alloc(1_048_576);
const notNull = new Int32Array(CHUNK_ROWS / 32);

function createIntegerFill<Row>(read: (row: Row) => number | null): FillColumn<Row> {
  return (chunk, index, rows, from, to) => {
    let nulls = 0;
    for (let at = from; at < to; at += 1) {
      const value = read(rows[at] as Row);
      if (value === null) nulls = markNull(nulls, at - from);
      else {
        integers[2 * (at - from)] = value % LIMB;
        integers[2 * (at - from) + 1] = Math.floor(value / LIMB);
      }
    }
    const vector = vectorOf(chunk, index);
    copy(vector, integers, 8 * (to - from));
    copyNulls(vector, nulls);
  };
}

function createTextFill<Row>(read: (row: Row) => string | null): FillColumn<Row> {
  return (chunk, index, rows, from, to) => {
    let nulls = 0;
    let last: string | undefined;
    const long: string[] = [];
    for (let at = from; at < to; at += 1) {
      const row = at - from;
      const value = read(rows[at] as Row);
      if (value === null) {
        clear(row);
        nulls = markNull(nulls, row);
      } else if (value === last) texts.copyWithin(4 * row, 4 * row - 4, 4 * row);
      else if (writeInline(value, row)) {
        last = value;
        continue;
      } else {
        longRows[long.length] = row;
        long.push(value);
      }
      if (value !== last) last = undefined;
    }
    const vector = vectorOf(chunk, index);
    const single = writeTogether(vector, long);
    copy(vector, texts, TEXT_BYTES * (to - from));
    copyNulls(vector, nulls);
    for (const position of single)
      bindings.vector_assign_string_element(
        vector,
        longRows[position] as number,
        long[position] as string,
      );
  };
}

/**
 * Gives the database all long texts of a column as one, and points each row at its part: a call for
 * each text took a tenth of what storing an event costs. Returns the positions of those that have to be
 * given one by one: with other than ASCII characters, and with the character 0,
 * which a short text has here too.
 */
function writeTogether(vector: bindings.Vector, long: readonly string[]): readonly number[] {
  let characters = 0;
  for (const text of long) characters += text.length;
  if (characters > TOGETHER_CHARACTERS) return [...long.keys()];
  const whole = long.join('');
  if (isPlain(whole)) {
    if (whole !== '') writePlain(vector, whole, long);
    return [];
  }
  // What is not plain has no part of the whole: its row is written afterwards.
  const plain = long.map((text) => (text.length > INLINE_CHARACTERS && isPlain(text) ? text : ''));
  const rest = plain.join('');
  if (rest !== '') writePlain(vector, rest, plain);
  return [...plain.keys()].filter((position) => plain[position] === '');
}

/** `whole` is the texts in a row. Row 0 holds it for a moment, so that the database says where it is. */
function writePlain(vector: bindings.Vector, whole: string, long: readonly string[]): void {
  const bytes = whole.length > wholeBytes.length ? Buffer.alloc(whole.length) : wholeBytes;
  bytes.write(whole, 'latin1');
  bindings.vector_assign_string_element_len(vector, 0, bytes.subarray(0, whole.length));
  pointerBytes.set(bindings.vector_get_data(vector, TEXT_BYTES).subarray(8, TEXT_BYTES));
  const start = pointer.getUint32(4, true) * LIMB + pointer.getUint32(0, true);
  let at = 0;
  for (let position = 0; position < long.length; position += 1) {
    const { length } = long[position] as string;
    if (length === 0) continue;
    const row = longRows[position] as number;
    texts[4 * row] = length;
    for (let byte = 0; byte < 4; byte += 1)
      textBytes[TEXT_BYTES * row + 4 + byte] = bytes[at + byte] as number;
    texts[4 * row + 2] = (start + at) % LIMB;
    texts[4 * row + 3] = Math.floor((start + at) / LIMB);
    at += length;
  }
}

/** ASCII without the character 0. */
function isPlain(text: string): boolean {
  return Buffer.byteLength(text) === text.length && !text.includes('\0');
}

/** False when the text is not short ASCII, and for the character 0, which ends a text in C. */
function writeInline(value: string, row: number): boolean {
  const { length } = value;
  clear(row);
  if (length > INLINE_CHARACTERS) return false;
  const start = 16 * row + 4;
  for (let at = 0; at < length; at += 1) {
    const code = value.charCodeAt(at);
    if (code === 0 || code > 0x7f) return false;
    textBytes[start + at] = code;
  }
  // The length comes last: until then the text is empty.
  texts[4 * row] = length;
  return true;
}

/** What an earlier chunk left must never be taken for a length or a pointer. */
function clear(row: number): void {
  texts[4 * row] = 0;
  texts[4 * row + 1] = 0;
  texts[4 * row + 2] = 0;
  texts[4 * row + 3] = 0;
}

/** Number of nulls so far; the first one makes all rows valid before it. */
function markNull(nulls: number, row: number): number {
  if (nulls === 0) notNull.fill(-1);
  notNull[row >>> 5] = (notNull[row >>> 5] as number) & ~(1 << (row & 31));
  return nulls + 1;
}

function vectorOf(chunk: DuckDBDataChunk, index: number): bindings.Vector {
  return bindings.data_chunk_get_vector(chunk.chunk, index);
}

function copy(vector: bindings.Vector, from: Int32Array, bytes: number): void {
  bindings.copy_data_to_vector(vector, 0, from.buffer as ArrayBuffer, 0, bytes);
}

function copyNulls(vector: bindings.Vector, nulls: number): void {
  if (nulls === 0) return;
  bindings.vector_ensure_validity_writable(vector);
  bindings.copy_data_to_vector_validity(vector, 0, notNull.buffer, 0, notNull.byteLength);
}
