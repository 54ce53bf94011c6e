import { DuckDBInstance, type DuckDBDataChunk } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import { readDoubles, readIntegers, readTexts } from './read-columns.ts';

/** Around the twelve bytes that stand in the column, and with characters of several bytes. */
const text = fc.oneof(
  fc.string({ maxLength: 30, unit: 'grapheme' }).map((one) => one.replaceAll('\0', '')),
  fc.constantFrom('', 'root', 'web01', '198.18.100.1', '198.18.100.10', '\ufeffbom', 'ü'.repeat(6)),
);
const row = fc.record({
  name: fc.option(text, { freq: 4 }),
  count: fc.option(fc.maxSafeInteger(), { freq: 4 }),
  ms: fc.double({ noNaN: true, noDefaultInfinity: true }),
});

async function readBack(rows: readonly unknown[]): Promise<readonly DuckDBDataChunk[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const result = await connection.run(
    `SELECT r.name, r.count, r.ms FROM (SELECT unnest(from_json(?, '[{"name":"VARCHAR","count":"BIGINT","ms":"DOUBLE"}]')) AS r)`,
    [JSON.stringify(rows)],
  );
  return result.fetchAllChunks();
}

describe('readTexts(), readIntegers(), readDoubles()', () => {
  it('give what stands in the columns, whatever stands beside it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 200 }), async (rows) => {
        const [chunk] = await readBack(rows);
        if (chunk === undefined) throw new Error('Nothing was read');
        expect(readTexts(chunk, 0)).toEqual(rows.map(({ name }) => name));
        expect(readIntegers(chunk, 1)).toEqual(rows.map(({ count }) => count));
        expect([...readDoubles(chunk, 2)]).toEqual(chunk.getColumnValues(2));
      }),
      { numRuns: propertyRuns(60) },
    );
  });

  it('read a result of several chunks to its end', async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => ({
      name: at % 3 === 0 ? null : `a text that is long enough: ${at}`,
      count: at,
      ms: at / 2,
    }));
    const chunks = await readBack(rows);
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.flatMap((chunk) => readTexts(chunk, 0))).toEqual(rows.map(({ name }) => name));
    expect(chunks.flatMap((chunk) => [...readDoubles(chunk, 2)])).toEqual(rows.map(({ ms }) => ms));
  });
});
