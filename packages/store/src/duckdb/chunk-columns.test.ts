import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import type { Column } from './chunk-columns.ts';
import { openConnection, readRows } from './connection.ts';
import { createTableWriter } from './table-writer.ts';

interface Row {
  readonly text: string | null;
  readonly integer: number | null;
  readonly high: number;
  readonly low: number;
}

const COLUMNS: Readonly<Record<string, Column<Row>>> = {
  text: { kind: 'text', read: (row) => row.text },
  number: { kind: 'integer', read: (row) => row.integer },
  hash: { kind: 'halves', high: (row) => row.high, low: (row) => row.low },
};

/** Writes each list of rows in a transaction of its own with one writer, and reads all back in order. */
async function writeAndRead(lists: readonly (readonly Row[])[]) {
  const connection = await openConnection({ path: ':memory:', memoryLimitMb: 96, threads: 1 });
  try {
    return await connection.exclusive(async (raw) => {
      await raw.run('CREATE TABLE t (text VARCHAR, number BIGINT, hash BIGINT)');
      const writer = createTableWriter('t', COLUMNS);
      for (const rows of lists) {
        const prepared = await writer.prepare(rows);
        await writer.write(raw, prepared);
        writer.release(prepared);
      }
      return (await readRows(raw, 'SELECT * FROM t ORDER BY rowid')).map((row) => ({
        text: row['text'],
        integer: row['number'] === null ? null : Number(row['number']),
        hash: row['hash'],
      }));
    });
  } finally {
    await connection.close();
  }
}

const hashOf = ({ high, low }: Row): bigint => (BigInt(high) << 32n) | BigInt(low >>> 0);
const expected = (lists: readonly (readonly Row[])[]) =>
  lists.flat().map((row) => ({ text: row.text, integer: row.integer, hash: hashOf(row) }));

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const rowOf = fc.record<Row>({
  text: fc.oneof(
    fc.constant(null),
    fc.constantFrom('', 'sshd', 'twelve-chars', 'thirteen-char', 'é', '攻撃者', '🦊'),
    // A text with the character 0 stays in the document; a column never gets one.
    fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\0')),
    fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
  ),
  integer: fc.oneof(fc.constant(null), fc.maxSafeInteger()),
  high: int32,
  low: int32,
});

describe('createTableWriter()', () => {
  it('createTableWriter() writes what it is given, with chunks that were used before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(rowOf, { maxLength: 80 }), { maxLength: 5 }),
        async (lists) => {
          expect(await writeAndRead(lists)).toEqual(expected(lists));
        },
      ),
      { numRuns: propertyRuns(60) },
    );
  });

  it('createTableWriter() cuts rows at the size of a chunk, and keeps equal neighbours apart', async () => {
    const rows = Array.from({ length: 5000 }, (_, index): Row => ({
      text: index % 3 === 0 ? null : index % 7 === 0 ? `a longer text ${index}` : `t${index >> 4}`,
      integer: index % 5 === 0 ? null : index - 2500,
      high: index,
      low: -index,
    }));
    expect(await writeAndRead([rows, rows.slice(0, 100)])).toEqual(
      expected([rows, rows.slice(0, 100)]),
    );
  });

  it('createTableWriter() keeps a text with the character 0 and its neighbours apart', async () => {
    const texts = [
      'a text before it all',
      'a ze\0ro within it',
      'sh\0rt',
      'é and what follows',
      'a text after it',
    ];
    const rows = texts.map((text): Row => ({ text, integer: 1, high: 0, low: 0 }));
    const read = await writeAndRead([rows]);
    expect(read.map((row) => row.text)).toEqual(texts);
  });

  it('createTableWriter() writes texts that are too long to be given together', async () => {
    const rows = Array.from({ length: 20 }, (_, index): Row => ({
      text: `${index}${'x'.repeat(1_000_000)}`,
      integer: index,
      high: 0,
      low: 0,
    }));
    expect(await writeAndRead([rows, rows.slice(0, 3)])).toEqual(
      expected([rows, rows.slice(0, 3)]),
    );
  });
});
