import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, removeFolder } from '../../test/response-fixture.ts';
import { decodeJournal } from '../../test/decode-journal.ts';
import { encodeEntry } from './journal-lines.ts';
import { openJournal } from './journal.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await makeFolder();
  file = path.join(folder, 'ledger.ndjson');
});
afterEach(() => removeFolder(folder));

/** Entries of the file as the next process sees them. */
async function reread(): Promise<{ entries: readonly unknown[]; problems: readonly string[] }> {
  const { journal, entries, problems } = await openAll();
  await journal.close();
  return { entries, problems };
}

async function openAll() {
  const entries: unknown[] = [];
  return { entries, ...(await openJournal(file, (entry) => entries.push(entry))) };
}

/** A disk of 64 KiB; undefined where that needs rights that we lack. */
function mountSmallDisk(): string | undefined {
  const disk = mkdtempSync(path.join(tmpdir(), 'soc-disk-'));
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  return made.status === 0 ? disk : undefined;
}
const disk = mountSmallDisk();

describe.runIf(disk !== undefined)('a journal on a full disk', () => {
  afterAll(() => void spawnSync('umount', [disk ?? '']));

  it('append() asks once for room and writes the entry whole; without room nothing of it stays', async () => {
    const name = path.join(disk ?? '', 'ledger.ndjson');
    const reserve = path.join(disk ?? '', 'reserve');
    await writeFile(reserve, Buffer.alloc(16_384));
    let asked = 0;
    const makeRoom = async () => {
      asked += 1;
      return rm(reserve).then(
        () => true,
        () => false,
      );
    };
    const { journal } = await openJournal(name, () => undefined, makeRoom);
    const entry = { text: 'x'.repeat(1000) };
    let entries = 0;
    for (; asked === 0; entries += 1) await journal.append([entry]);
    await expect(
      (async () => {
        for (;;) {
          await journal.append([entry]);
          entries += 1;
        }
      })(),
    ).rejects.toMatchObject({ code: 'LEDGER_WRITE_FAILED', retryable: true });
    expect(asked).toBe(2);
    await journal.close();
    const read = decodeJournal(await readFile(name), 'ledger');
    expect(read.problems).toEqual([]);
    expect(read.entries).toHaveLength(entries);
  });
});

describe('encodeEntry()', () => {
  it('encodeEntry() writes one line of JSON, whatever the text in it', () => {
    const entry = { text: 'a\nb\u2028"}{"sum":"x' };
    const line = encodeEntry(entry).toString();
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toMatchObject({ entry });
  });
});

describe('createDecoder()', () => {
  const bytes = Buffer.concat([1, 2, 3].map((n) => encodeEntry({ n })));

  it('createDecoder() names a damaged entry and keeps the others (K21)', () => {
    const damaged = Buffer.from(bytes);
    const at = damaged.indexOf('"n":2') + 4;
    damaged[at] = (damaged[at] as number) ^ 1;
    expect(decodeJournal(damaged, 'ledger.ndjson')).toMatchObject({
      entries: [{ n: 1 }, { n: 3 }],
      problems: ['Entry 2 of "ledger.ndjson" is damaged and was passed over'],
    });
  });

  it('createDecoder() loses nothing to a damaged line end', () => {
    const damaged = Buffer.from(bytes);
    damaged[damaged.indexOf('\n')] = 0x0b;
    expect(decodeJournal(damaged, 'l')).toMatchObject({
      entries: [{ n: 1 }, { n: 2 }, { n: 3 }],
      problems: ['Entry 1 of "l" has a damaged end; it was kept'],
    });
  });

  it('createDecoder() passes over bytes that were never ours', () => {
    const foreign = Buffer.from('\u0000\u0000\u0000\n{"sum":"x"}\n\n[]\n');
    const { entries, problems } = decodeJournal(Buffer.concat([foreign, bytes]), 'l');
    expect(entries).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(problems).toHaveLength(4);
  });
});

describe('openJournal()', () => {
  it('openJournal() goes on after a cut last line as if it had never been written', async () => {
    await writeFile(file, Buffer.concat([encodeEntry(1), encodeEntry(2).subarray(0, -5)]));
    const { journal, entries, problems } = await openAll();
    expect([entries, problems]).toEqual([[1], []]);
    await journal.append([3]);
    await journal.close();
    expect(await reread()).toEqual({ entries: [1, 3], problems: [] });
  });

  it('openJournal() completes a last line that lacks only its end', async () => {
    for (const missing of [1, 2]) {
      await writeFile(file, Buffer.concat([encodeEntry(1), encodeEntry(2)]).subarray(0, -missing));
      const { journal, entries } = await openAll();
      expect(entries).toEqual([1, 2]);
      await journal.append([3]);
      await journal.close();
      expect(await reread()).toEqual({ entries: [1, 2, 3], problems: [] });
    }
  });

  it('openJournal() keeps a copy of a damaged file', async () => {
    const bytes = Buffer.concat([Buffer.from('rubbish\n'), encodeEntry(1)]);
    await writeFile(file, bytes);
    const { journal } = await openAll();
    await journal.close();
    expect(await readFile(`${file}.damaged`)).toEqual(bytes);
  });

  it('openJournal() rewrites by a rename and appends to the new file', async () => {
    const { journal } = await openAll();
    await Promise.all([1, 2, 3].map((n) => journal.append([n])));
    await journal.rewrite(['a']);
    await journal.append(['b']);
    expect(journal.sizeBytes()).toBe((await stat(file)).size);
    await journal.close();
    await journal.close();
    expect(await reread()).toEqual({ entries: ['a', 'b'], problems: [] });
  });

  it('openJournal() writes many at once, says where they stand and reads them again', async () => {
    const { journal } = await openAll();
    await journal.append(['before']);
    const values = [1, { text: 'ü'.repeat(300_000) }, [3], { text: 'x'.repeat(900_000) }];
    const places = await journal.append(values);
    expect(await Promise.all(places.map((place) => journal.read(place)))).toEqual(values);
    const moved = new Map<unknown, (typeof places)[number]>();
    await journal.rewrite(values, (entry, place) => moved.set(entry, place));
    for (const value of values)
      expect(await journal.read(moved.get(value) ?? { at: 0, bytes: 0 })).toEqual(value);
    await expect(journal.read({ at: 5, bytes: 20 })).rejects.toMatchObject({ retryable: true });
    await journal.close();
    expect(await reread()).toEqual({ entries: values, problems: [] });
  });

  it('openJournal() says whether there was anything before', async () => {
    const first = await openAll();
    expect(first.isNew).toBe(true);
    await first.journal.append([1]);
    await first.journal.close();
    const second = await openAll();
    expect(second.isNew).toBe(false);
    await second.journal.close();
  });

  it('openJournal() goes on with the old file when a rewrite fails', async () => {
    const { journal } = await openAll();
    await journal.append([1]);
    await mkdir(`${file}.tmp`);
    await expect(journal.rewrite(['a'])).rejects.toMatchObject({
      code: 'LEDGER_WRITE_FAILED',
      retryable: true,
    });
    await journal.append([2]);
    await journal.close();
    expect(await reread()).toEqual({ entries: [1, 2], problems: [] });
  });

  it('openJournal() takes no entry after it was closed', async () => {
    const { journal } = await openAll();
    await journal.close();
    await expect(journal.append([1])).rejects.toMatchObject({ code: 'LEDGER_WRITE_FAILED' });
  });
});
