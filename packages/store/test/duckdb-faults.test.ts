/** Databases that are damaged, locked, on a full disk, or given up by DuckDB: what is said and what goes on. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isRetryable, messageOf, StoreError, UsageError } from '@mini-soc/model';
import { beforeAll, describe, expect, it } from 'vitest';
import { openConnection, readRows } from '../src/duckdb/connection.ts';
import { openDuckDbStore } from '../src/duckdb/index.ts';
import { createTableWriter } from '../src/duckdb/table-writer.ts';
import { sampleAlert, sampleEvent } from './conformance.ts';

const newPath = () => path.join(mkdtempSync(path.join(tmpdir(), 'soc-faults-')), 'soc.duckdb');
const MORE_THAN_ANY_DISK = Number.MAX_SAFE_INTEGER;

/** Opens a store and reads all of it; what that says when it fails. */
async function sayOpening(file: string): Promise<string> {
  try {
    const store = await openDuckDbStore({ path: file });
    try {
      await store.searchEvents({ size: 10_000, order: 'oldest' });
      await store.readAlerts(['x']);
    } finally {
      await store.close();
    }
  } catch (error) {
    return messageOf(error);
  }
  return 'opened';
}

function flip(file: string, at: number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0xff;
  writeSync(handle, byte, 0, 1, at);
  closeSync(handle);
}

/** A block's checksum is a sum of products of its words: one word is changed for another. */
function setVersion(file: string, version: bigint): void {
  const bytes = readFileSync(file);
  const factor = 0xbf58476d1ce4e5b9n;
  const hash = (word: bigint) => BigInt.asUintN(64, word * factor);
  let sum = bytes.readBigUInt64LE(0);
  sum ^= hash(bytes.readBigUInt64LE(8)) ^ hash(bytes.readBigUInt64LE(16));
  bytes.writeBigUInt64LE(version, 12);
  sum ^= hash(bytes.readBigUInt64LE(8)) ^ hash(bytes.readBigUInt64LE(16));
  bytes.writeBigUInt64LE(sum, 0);
  writeFileSync(file, bytes);
}

describe('a database that cannot be used', () => {
  let whole: string;
  let changes: string;

  beforeAll(async () => {
    const file = newPath();
    const folder = path.dirname(file);
    let store = await openDuckDbStore({ path: file });
    await store.appendEvents(
      Array.from({ length: 9000 }, (_, index) => sampleEvent(`e${index}`, {}, index)),
    );
    await store.createAlerts([sampleAlert('x')]);
    await store.close();
    store = await openDuckDbStore({ path: file });
    await store.appendEvents([sampleEvent('late')]);
    // Copied by another process: opening it in this one would end DuckDB's lock.
    execFileSync('cp', [file, path.join(folder, 'whole')]);
    execFileSync('cp', [`${file}.wal`, path.join(folder, 'changes')]);
    await store.close();
    whole = path.join(folder, 'whole');
    changes = path.join(folder, 'changes');
  });

  const copied = (damage: (file: string) => void): string => {
    const file = newPath();
    copyFileSync(whole, file);
    copyFileSync(changes, `${file}.wal`);
    damage(file);
    return file;
  };

  it('is opened when it is whole', async () => {
    expect(await sayOpening(copied(() => undefined))).toBe('opened');
  });

  const DAMAGED =
    /^Cannot (open|use) "[^"]+": the database is damaged \(move it away together with "[^"]+\.wal" and start again: [^\n]+$/;
  const CHANGES =
    /^Cannot open "[^"]+": its newest changes, in "[^"]+\.wal", are damaged or of another database \(move that one file away [^\n]+$/;
  const size = () => statSync(whole).size;
  it.each<readonly [string, (file: string) => void, RegExp]>([
    ['first header flipped', (file) => flip(file, 20), DAMAGED],
    ['magic bytes flipped', (file) => flip(file, 8), DAMAGED],
    ['both other headers flipped', (file) => [4200, 8300].forEach((at) => flip(file, at)), DAMAGED],
    ['cut to nothing', (file) => truncateSync(file, 0), DAMAGED],
    ['cut to a byte', (file) => truncateSync(file, 1), DAMAGED],
    ['cut in the headers', (file) => truncateSync(file, 5000), DAMAGED],
    ['cut behind the headers', (file) => truncateSync(file, 12_288), DAMAGED],
    ['cut in the middle', (file) => truncateSync(file, Math.floor(size() / 2)), DAMAGED],
    ['text', (file) => writeFileSync(file, 'not a database\n'.repeat(2000)), DAMAGED],
    ['zeros', (file) => writeFileSync(file, Buffer.alloc(300_000)), DAMAGED],
    ['first block flipped', (file) => flip(file, 12_300), DAMAGED],
    [
      'another program’s database',
      (file) => writeFileSync(file, `SQLite format 3\0${'\0'.repeat(5000)}`),
      DAMAGED,
    ],
    [
      'a folder',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
      /^Cannot open "[^"]+": "[^"]+" or "[^"]+\.wal" is a folder \(move it away\)$/,
    ],
    [
      'a newer version of DuckDB',
      (file) => setVersion(file, 9999n),
      /^Cannot open "[^"]+": it was written by another version of DuckDB \([^\n]+$/,
    ],
    ['changes flipped', (file) => flip(`${file}.wal`, 100), CHANGES],
    [
      'changes flipped at the end',
      (file) => flip(`${file}.wal`, statSync(changes).size - 3),
      CHANGES,
    ],
  ])('%s: is said truly', async (_name, damage, sentence) => {
    const said = await sayOpening(copied(damage));
    expect(said).toMatch(sentence);
    expect(said).not.toMatch(/another process|\n/);
  });

  it('opens with what is left when the end is garbage, or the changes were cut', async () => {
    expect(await sayOpening(copied((file) => appendFileSync(file, 'x'.repeat(1000))))).toBe(
      'opened',
    );
    expect(await sayOpening(copied((file) => truncateSync(`${file}.wal`, 100)))).toBe('opened');
  });

  it('never ends a process, wherever a byte is flipped or the file ends', async () => {
    for (let part = 0; part < 24; part += 1) {
      const at = Math.floor(((part + 0.5) / 24) * size());
      for (const damage of [
        (file: string) => flip(file, at),
        (file: string) => truncateSync(file, at),
      ])
        expect(await sayOpening(copied(damage))).toMatch(
          /^(opened$|Cannot (open|use) "[^"]+": the database is damaged)/,
        );
    }
  }, 60_000);

  it('is in use by another process: only then it is said', async () => {
    const file = newPath();
    const node = createRequire(import.meta.url).resolve('@duckdb/node-api');
    const store = await openDuckDbStore({ path: file });
    const said = execFileSync(process.execPath, [
      '-e',
      `const { DuckDBInstance } = require(${JSON.stringify(node)});
       DuckDBInstance.create(${JSON.stringify(file)}).then(() => console.log('opened'), (error) => console.log(error.message));`,
    ]).toString();
    await store.close();
    expect(said).toMatch(/Could not set lock on file/);
    const { describeOpening } = await import('../src/duckdb/describe-failure.ts');
    expect(messageOf(describeOpening(file, new Error(said)))).toMatch(
      /^Cannot open "[^"]+": it is in use by another process \(stop that one/,
    );
  });
});

describe('a disk without room', () => {
  it('is no reason to end: what is stored is read, what comes is refused and may come again', async () => {
    const file = newPath();
    await (await openDuckDbStore({ path: file })).close();
    const store = await openDuckDbStore({ path: file, marginBytes: MORE_THAN_ANY_DISK });
    expect(await store.countEvents()).toBe(0);
    const refused = await store.appendEvents([sampleEvent('a')]).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreError);
    expect(refused).toMatchObject({ code: 'STORE_DISK_FULL', retryable: true });
    await expect(store.ping()).rejects.toThrow(/the disk is full/);
    await store.close();
  });

  it('makes no half database', async () => {
    const file = newPath();
    const refused = await openDuckDbStore({ path: file, marginBytes: MORE_THAN_ANY_DISK }).catch(
      (error: unknown) => error,
    );
    expect(isRetryable(refused)).toBe(true);
    const store = await openDuckDbStore({ path: file });
    expect(await store.appendEvents([sampleEvent('a')])).toMatchObject({ stored: 1 });
    await store.close();
  });

  it('a folder that is missing cannot be waited for', async () => {
    await expect(openDuckDbStore({ path: '/nowhere/soc.duckdb' })).rejects.toThrow(UsageError);
  });
});

describe('a database that is short of memory', () => {
  it('answers what needs more than usual, and takes no more afterwards', async () => {
    const connection = await openConnection({ path: newPath(), memoryLimitMb: 24, threads: 1 });
    await connection.run(
      'CREATE TABLE texts AS SELECT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS text FROM range(200_000) r(i)',
    );
    const limit = async () =>
      (await connection.query("SELECT current_setting('memory_limit') AS mb"))[0]?.['mb'];
    const usual = await limit();
    const whole = 'SELECT length(string_agg(text, chr(10))) AS n FROM texts';
    let asked = 0;
    const rows = await connection.exclusive(
      (raw) => {
        asked += 1;
        return readRows(raw, whole);
      },
      { reads: true },
    );
    expect(rows).toEqual([{ n: 200_000n * 65n - 1n }]);
    // With the usual memory, after a checkpoint, with more.
    expect(asked).toBe(3);
    expect(await limit()).toBe(usual);
    await connection.close();
  });

  it('writes what it has changed into the file before its log grows large', async () => {
    const file = newPath();
    const store = await openDuckDbStore({ path: file, memoryLimitMb: 32 });
    const text = 'x'.repeat(8000);
    const alert = (index: number, round: number) => {
      const made = sampleAlert(`alert-${index}`);
      return { ...made, details: { ...made.details, summary: `${round} ${index} ${text}` } };
    };
    await store.createAlerts(Array.from({ length: 500 }, (_, index) => alert(index, 0)));
    for (let round = 1; round <= 12; round += 1)
      await store.updateAlerts(
        Array.from({ length: 500 }, (_, index) => ({
          alert: alert(index, round),
          version: String(round),
        })),
      );
    const [read] = await store.readAlerts(['alert-499']);
    expect(read?.alert.details.summary).toMatch(/^12 499 /);
    expect(statSync(`${file}.wal`).size).toBeLessThan(32 * 1_048_576);
    await store.close();
  });
});

describe('a database that DuckDB gave up', () => {
  it('is opened anew at the next call, with everything that hangs on a connection', async () => {
    const connection = await openConnection({
      path: newPath(),
      memoryLimitMb: 96,
      threads: 1,
      onOpen: ['CREATE TEMP TABLE beside (n BIGINT)'],
    });
    const writer = createTableWriter<number>('numbers', {
      n: { kind: 'integer', read: (number) => number },
    });
    const write = (numbers: readonly number[]) =>
      connection.exclusive(async (raw) => writer.write(raw, await writer.prepare(numbers)));
    await connection.run('CREATE TABLE numbers (n BIGINT PRIMARY KEY)');
    await write([1]);
    await connection.insert('INSERT INTO numbers VALUES (?)', [2n]);
    for (let round = 0; round < 3; round += 1) {
      await expect(
        connection.exclusive(async () => {
          throw new Error(
            'FATAL Error: Failed: database has been invalidated because of a previous fatal error.',
          );
        }),
      ).rejects.toMatchObject({ retryable: true });
      expect(connection.failure()).toBeDefined();
      await write([10 + round]);
      await connection.insert('INSERT INTO numbers VALUES (?)', [BigInt(20 + round)]);
      await connection.run('INSERT INTO beside VALUES (1)');
      expect(connection.failure()).toBeUndefined();
    }
    const rows = await connection.query('SELECT n FROM numbers ORDER BY n');
    expect(rows.map(({ n }) => Number(n))).toEqual([1, 2, 10, 11, 12, 20, 21, 22]);
    await connection.close();
  });
});
