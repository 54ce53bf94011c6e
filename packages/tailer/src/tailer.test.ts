import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ignoreLimits } from '@mini-soc/model';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import type { TailedLine } from './deliver-batches.ts';
import { createTailer, type Tailer, type TailerOptions } from './tailer.ts';

let folder: string;
let got: TailedLine[];
let problems: string[];
let nowMs: number;
let files = 0;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'soc-tailer-'));
  got = [];
  problems = [];
  nowMs = 1_795_000_000_000;
});

const at = (name: string) => path.join(folder, name);
const texts = () => got.map((line) => line.text);
const ids = () => got.map((line) => line.eventId);

function tail(patterns: readonly string[], change: Partial<TailerOptions> = {}): Tailer {
  return createTailer({
    patterns: patterns.map(at),
    registryPath: at('registry.json'),
    onBatch: async ({ lines }) => void got.push(...lines),
    onProblem: (sentence) => problems.push(sentence),
    onLimit: ignoreLimits,
    now: () => new Date((nowMs += 2000)), // every poll is late enough to scan and save
    ...change,
  });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Looks until nothing more comes; rotated files are let go by then. */
async function drain(tailer: Tailer): Promise<void> {
  for (let quiet = 0; quiet < 25;) quiet = (await tailer.poll()) === 0 ? quiet + 1 : 0;
}

describe('createTailer()', () => {
  it('reads files that are short, files that appear later, and globs', async () => {
    writeFileSync(at('a.log'), 'one\n');
    mkdirSync(at('web'));
    const tailer = tail(['a.log', 'later.log', 'web/*.log']);
    await drain(tailer);
    writeFileSync(at('later.log'), 'two\n');
    writeFileSync(at('web/x.log'), 'three\n');
    writeFileSync(at('web/x.txt'), 'not this\n');
    await drain(tailer);
    expect(texts().toSorted()).toEqual(['one', 'three', 'two']);
    await tailer.stop();
  });

  it('gives five equal lines five ids, and the same ids after a restart without a saved position', async () => {
    writeFileSync(at('a.log'), 'same\n'.repeat(5));
    const first = tail(['a.log']);
    await drain(first);
    expect(new Set(ids()).size).toBe(5);
    const before = ids();
    await first.stop();
    const registry = JSON.parse(readFileSync(at('registry.json'), 'utf8')) as {
      files: { offset: number }[];
    };
    for (const file of registry.files) file.offset = 0; // as a kill before the save leaves it
    writeFileSync(at('registry.json'), JSON.stringify(registry));
    got = [];
    const second = tail(['a.log']);
    await drain(second);
    expect(ids()).toEqual(before);
    await second.stop();
  });

  it('has the identity of a file on disk before its first line is delivered', async () => {
    writeFileSync(at('a.log'), 'x\n');
    const tailer = tail(['a.log'], {
      onBatch: async ({ lines }) => {
        const id = (lines[0]?.eventId ?? '').split(':')[0] ?? '';
        expect(readFileSync(at('registry.json'), 'utf8')).toContain(id);
        got.push(...lines);
      },
    });
    await drain(tailer);
    expect(got).toHaveLength(1);
    await tailer.stop();
  });

  it('goes on at the byte after a restart, also in the middle of a line', async () => {
    writeFileSync(at('a.log'), 'one\ntw');
    const first = tail(['a.log']);
    await drain(first);
    await first.stop();
    appendFileSync(at('a.log'), 'o\nthree\n');
    const second = tail(['a.log']);
    await drain(second);
    expect(texts()).toEqual(['one', 'two', 'three']);
    await second.stop();
  });

  it('loses and doubles nothing over ten rotations by rename', async () => {
    const tailer = tail(['a.log']);
    let n = 0;
    const write = (count: number) =>
      appendFileSync(
        at('a.log'),
        Array.from({ length: count }, () => `line ${(n += 1)}\n`).join(''),
      );
    for (let rotation = 0; rotation < 10; rotation += 1) {
      write(50);
      await tailer.poll();
      write(50); // unread when the name moves
      renameSync(at('a.log'), at(`a.log.${rotation}`));
      write(20);
      await tailer.poll();
    }
    await drain(tailer);
    expect(texts().toSorted()).toEqual(
      Array.from({ length: n }, (_, index) => `line ${index + 1}`).toSorted(),
    );
    expect(new Set(ids()).size).toBe(n);
    await tailer.stop();
  });

  it('gives the unfinished last line of a file that was rotated away', async () => {
    writeFileSync(at('a.log'), 'one\nlast without newline');
    const tailer = tail(['a.log']);
    await drain(tailer);
    expect(texts()).toEqual(['one']);
    renameSync(at('a.log'), at('a.log.1'));
    await drain(tailer);
    expect(texts()).toEqual(['one', 'last without newline']);
    await tailer.stop();
  });

  it('finishes a file that was renamed while nobody looked', async () => {
    writeFileSync(at('a.log'), 'one\n');
    const first = tail(['a.log']);
    await drain(first);
    await first.stop();
    appendFileSync(at('a.log'), 'two\n');
    renameSync(at('a.log'), at('a.log.1'));
    writeFileSync(at('a.log'), 'three\n');
    const second = tail(['a.log']);
    await drain(second);
    expect(texts().toSorted()).toEqual(['one', 'three', 'two']);
    await second.stop();
  });

  it('reads a truncated file from its start under new ids, and says so', async () => {
    writeFileSync(at('a.log'), 'one\ntwo\n');
    const tailer = tail(['a.log']);
    await drain(tailer);
    copyFileSync(at('a.log'), at('a.log.1'));
    truncateSync(at('a.log'));
    appendFileSync(at('a.log'), 'new\n');
    await drain(tailer);
    expect(texts()).toEqual(['one', 'two', 'new']);
    expect(new Set(ids()).size).toBe(3);
    expect(tailer.stats().truncations).toBe(1);
    expect(problems.join()).toContain('replaced in place');
    await tailer.stop();
  });

  it('notices a truncated file that has grown past the old position', async () => {
    writeFileSync(at('a.log'), 'one\n');
    const tailer = tail(['a.log']);
    await drain(tailer);
    truncateSync(at('a.log'));
    appendFileSync(at('a.log'), 'quite another line\n');
    await drain(tailer);
    expect(texts()).toEqual(['one', 'quite another line']);
    await tailer.stop();
  });

  it('skips the hole that copytruncate leaves under a writer that keeps its position', async () => {
    writeFileSync(at('a.log'), 'one\n'.repeat(100));
    const tailer = tail(['a.log']);
    await drain(tailer);
    writeFileSync(at('a.log'), Buffer.concat([Buffer.alloc(400), Buffer.from('after\n')]));
    await drain(tailer);
    expect(texts().at(-1)).toBe('after');
    expect(tailer.stats().skippedNuls).toBe(400);
    await tailer.stop();
  });

  it('reads two files that begin alike', async () => {
    const same = 'x'.repeat(2000);
    writeFileSync(at('a.log'), `${same}\na\n`);
    writeFileSync(at('b.log'), `${same}\nb\n`);
    const tailer = tail(['*.log']);
    await drain(tailer);
    expect(
      texts()
        .filter((text) => text.length === 1)
        .toSorted(),
    ).toEqual(['a', 'b']);
    await tailer.stop();
  });

  it('takes a file that has the inode of an older one as new', async () => {
    writeFileSync(at('a.log'), 'old\nold\nold\n');
    const first = tail(['a.log']);
    await drain(first);
    await first.stop();
    writeFileSync(at('a.log'), 'fresh 1\nfresh 2\nfresh 3\n'); // same inode, other content
    got = [];
    const second = tail(['a.log']);
    await drain(second);
    expect(texts()).toEqual(['fresh 1', 'fresh 2', 'fresh 3']);
    await second.stop();
  });

  it('loses no line of a file when a batch of another one was not taken meanwhile', async () => {
    for (let pauses = 0; pauses < 12; pauses += 1) {
      const taken: string[] = [];
      const wanted = Array.from(
        { length: 400 },
        (_, index) => `b${pauses}-${index} ${'x'.repeat(300)}`,
      );
      writeFileSync(at(`a-${pauses}.log`), 'refused once\n');
      writeFileSync(at(`b-${pauses}.log`), `${wanted.join('\n')}\n`);
      let isRefused = false;
      const tailer = tail([`a-${pauses}.log`, `b-${pauses}.log`], {
        registryPath: at(`registry-${pauses}.json`),
        batchLines: 100_000,
        onBatch: async ({ lines }) => {
          if (!isRefused && lines[0]?.text === 'refused once') {
            isRefused = true;
            for (let pause = 0; pause < pauses; pause += 1)
              await new Promise((resolve) => setImmediate(resolve));
            throw new Error('the disk is full');
          }
          taken.push(...lines.map((line) => line.text));
        },
      });
      let failures = 0;
      for (let quiet = 0; quiet < 5;) {
        const found = await tailer.poll().catch(() => (failures += 1));
        quiet = found === 0 ? quiet + 1 : 0;
      }
      expect(failures).toBe(1);
      expect([...new Set(taken)].toSorted()).toEqual([...wanted, 'refused once'].toSorted());
      await tailer.stop();
    }
  });

  it('does not move its position when a batch was not taken', async () => {
    writeFileSync(at('a.log'), 'one\ntwo\n');
    let fails = true;
    const tailer = tail(['a.log'], {
      onBatch: async ({ lines }) => {
        if (fails) throw new Error('store is down');
        got.push(...lines);
      },
    });
    await expect(tailer.poll()).rejects.toThrow('store is down');
    fails = false;
    await drain(tailer);
    expect(texts()).toEqual(['one', 'two']);
    await tailer.stop();
  });

  it('loses and doubles nothing when batches under way at once are refused in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 3 }), fails: fc.boolean() }), {
          maxLength: 12,
        }),
        async (steps) => {
          const name = `refused-${files}.log`;
          files += 1;
          writeFileSync(
            at(name),
            // Long lines: several batches of the file are under way at once.
            Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(20_000)}\n`).join(''),
          );
          const queue = [...steps];
          const safe = new Map<string, string>();
          const tailer = tail([name], {
            batchLines: 7,
            registryPath: at(`${name}.registry`),
            onBatch: async ({ lines }) => {
              const { waitMs, fails } = queue.shift() ?? { waitMs: 0, fails: false };
              await new Promise((resolve) => setTimeout(resolve, waitMs));
              if (fails) throw new Error('refused');
              for (const line of lines) safe.set(line.eventId, line.text.slice(0, 2).trim());
            },
          });
          for (let round = 0; round < 40; round += 1) await tailer.poll().catch(() => 0);
          await tailer.stop();
          expect([...safe.values()].map(Number).toSorted((a, b) => a - b)).toEqual(
            Array.from({ length: 40 }, (_, index) => index),
          );
        },
      ),
      { numRuns: propertyRuns(60) },
    );
  });

  it('gives a line on while those before it are still being stored', async () => {
    writeFileSync(at('a.log'), 'one\n');
    let store: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => {
      store = resolve;
    });
    const tailer = tail(['a.log'], {
      onBatch: async ({ lines }) => {
        got.push(...lines);
        await stored;
      },
    });
    await tailer.start();
    await until(() => texts().length === 1);
    appendFileSync(at('a.log'), 'two\n');
    await until(() => texts().length === 2);
    expect(tailer.stats().lines).toBe(0);
    store();
    await tailer.stop();
    expect(tailer.stats().lines).toBe(2);
  });

  it('waits for the first of its batches when as many are under way as may be', async () => {
    writeFileSync(at('a.log'), `${'x'.repeat(40_000)}\n`.repeat(100)); // a line or two in a read
    let underWay = 0;
    let most = 0;
    const tailer = tail(['a.log'], {
      batchLines: 1,
      batchesUnderWay: 3,
      onBatch: async ({ lines }) => {
        underWay += lines.length;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 1));
        underWay -= lines.length;
      },
    });
    await drain(tailer);
    expect(tailer.stats().lines).toBe(100);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(6);
    await tailer.stop();
  });

  it('delivers bounded batches', async () => {
    writeFileSync(at('a.log'), 'x\n'.repeat(2500));
    const sizes: number[] = [];
    const tailer = tail(['a.log'], {
      batchLines: 1000,
      onBatch: async ({ lines }) => void sizes.push(lines.length),
    });
    await drain(tailer);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2500);
    await tailer.stop();
  });

  it('refuses what is no regular file, follows a link that was named but none of a glob, names UTF-16 (N50)', async () => {
    execFileSync('mkfifo', [at('fifo.log')]);
    mkdirSync(at('folder.log'));
    writeFileSync(at('target'), 'linked\n');
    symlinkSync(at('target'), at('link.log'));
    writeFileSync(at('secret'), 'of a glob\n');
    symlinkSync(at('secret'), at('glob.log'));
    writeFileSync(at('wide.log'), Buffer.from('\ufeffa\n', 'utf16le'));
    const tailer = tail(['link.log', '*.log']);
    await drain(tailer);
    expect(texts()).toEqual(['linked']);
    expect(
      problems.some((text) => text.includes('fifo.log') && text.includes('not a regular file')),
    ).toBe(true);
    expect(problems.some((text) => text.includes('UTF-16'))).toBe(true);
    await tailer.stop();
  });

  it('copes with odd file names', async () => {
    writeFileSync(at('a\nb.log'), '1\n');
    writeFileSync(at(`-rf ${'n'.repeat(200)}.log`), '2\n');
    const tailer = tail(['*.log']);
    await drain(tailer);
    expect(texts().toSorted()).toEqual(['1', '2']);
    await tailer.stop();
  });

  it.each(['', '{"version":1,"files":[{"id":', '{"version":99,"files":[]}'])(
    'reads on with the same ids beside the registry %j, and says so',
    async (text) => {
      writeFileSync(at('a.log'), 'x\ny\n');
      const first = tail(['a.log']);
      await drain(first);
      await first.stop();
      const before = ids();
      got = [];
      writeFileSync(at('registry.json'), text);
      const second = tail(['a.log']);
      await drain(second);
      expect(ids()).toEqual(before);
      expect(problems.join()).toContain('Cannot use the record of positions');
      await second.stop();
    },
  );

  it('follows by itself once started, and stops', async () => {
    const tailer = tail(['a.log'], { pollMs: 10, now: () => new Date() });
    await tailer.start();
    const line = new Promise<void>((resolve) => {
      const poll = setInterval(() => {
        if (got.length > 0) {
          clearInterval(poll);
          resolve();
        }
      }, 5);
    });
    writeFileSync(at('a.log'), 'live\n');
    await line;
    await tailer.stop();
    await tailer.stop();
    expect(texts()).toEqual(['live']);
    expect(existsSync(at('registry.json'))).toBe(true);
    rmSync(folder, { recursive: true });
  });
});
