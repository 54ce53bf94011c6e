/** Every way in which a name comes to lead to other content, while we poll, do not poll, or are dead. */
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Position } from '@mini-soc/model';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import type { LineBatch } from './deliver-batches.ts';
import type { PositionKeeper } from './state-book.ts';
import { createTailer, type Tailer, type TailerOptions } from './tailer.ts';

/** A store that keeps lines and positions together. */
interface Kept {
  readonly lines: Map<string, string>;
  readonly positions: Map<string, Position>;
}

let folder: string;
let kept: Kept;
let problems: string[];
let limits: string[];
let again: string[];
let nowMs: number;
let n: number;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'soc-generations-'));
  kept = { lines: new Map(), positions: new Map() };
  problems = [];
  limits = [];
  again = [];
  nowMs = 1_795_000_000_000;
  n = 0;
});

const at = (name: string) => path.join(folder, name);
const LOG = 'auth.log';

function keeperOf({ lines, positions }: Kept): PositionKeeper {
  return {
    read: async () => [...positions.values()],
    async put(changed) {
      for (const one of changed) {
        const before = positions.get(one.id);
        positions.set(one.id, before === undefined ? one : { ...before, document: one.document });
      }
    },
    async forget(ids) {
      for (const id of ids) positions.delete(id);
    },
    async lastStored(ids) {
      const last = new Map<string, number>();
      for (const eventId of lines.keys()) {
        const [id = '', offset] = eventId.split(':');
        if (ids.includes(id)) last.set(id, Math.max(last.get(id) ?? 0, Number(offset)));
      }
      return last;
    },
  };
}

function store({ lines, move }: LineBatch): void {
  for (const line of lines) {
    if (kept.lines.has(line.eventId)) again.push(line.text);
    kept.lines.set(line.eventId, line.text);
  }
  const position = move === undefined ? undefined : kept.positions.get(move.id);
  if (move === undefined || position === undefined || move.from > position.readTo) return;
  const { markAt, mark, seenMs } = move;
  kept.positions.set(move.id, { ...position, readTo: move.to, markAt, mark, seenMs });
}

function tail(change: Partial<TailerOptions> = {}): Tailer {
  return createTailer({
    patterns: [at(LOG)],
    registryPath: at('registry.json'),
    positions: keeperOf(kept),
    onBatch: async (batch) => store(batch),
    onProblem: (sentence) => problems.push(sentence),
    onLimit: (name) => limits.push(name),
    now: () => new Date((nowMs += 1000)),
    logrotate: [],
    ...change,
  });
}

/** Stops as a kill does: what is kept stays as it was. */
async function kill(tailer: Tailer): Promise<void> {
  const before = structuredClone(kept);
  await tailer.stop();
  kept = before;
}

async function drain(tailer: Tailer): Promise<void> {
  for (let quiet = 0; quiet < 12;) quiet = (await tailer.poll()) === 0 ? quiet + 1 : 0;
}

function write(count: number, name = LOG): void {
  for (let left = count; left > 0; left -= 1) appendFileSync(at(name), `line ${(n += 1)}\n`);
}

function squeeze(name: string, keepsTime = false): void {
  const seconds = Math.floor(Date.now() / 1000);
  writeFileSync(at(`${name}.gz`), gzipSync(readFileSync(at(name))));
  if (keepsTime) utimesSync(at(`${name}.gz`), seconds, seconds);
  rmSync(at(name));
}

/** Numbers of the lines that are stored, sorted. */
const numbers = () =>
  [...kept.lines.values()].map((text) => Number(text.split(' ')[1])).toSorted((a, b) => a - b);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

const ROTATIONS = {
  rename() {
    for (let k = 8; k > 0; k -= 1)
      for (const end of ['', '.gz'])
        if (existsSync(at(`${LOG}.${k}${end}`)))
          renameSync(at(`${LOG}.${k}${end}`), at(`${LOG}.${k + 1}${end}`));
    if (existsSync(at(LOG))) renameSync(at(LOG), at(`${LOG}.1`));
  },
  date: () => renameSync(at(LOG), at(`${LOG}-${20_260_000 + n}`)),
  olddir() {
    mkdirSync(at('old'), { recursive: true });
    renameSync(at(LOG), at(`old/${LOG}-${20_260_000 + n}`));
  },
  gzip() {
    const name = `${LOG}-${20_260_000 + n}`;
    renameSync(at(LOG), at(name));
    squeeze(name);
  },
  copytruncate() {
    copyFileSync(at(LOG), at(`${LOG}-${20_260_000 + n}`));
    truncateSync(at(LOG));
  },
  copytruncateGzip() {
    writeFileSync(at(`${LOG}-${20_260_000 + n}.gz`), gzipSync(readFileSync(at(LOG))));
    truncateSync(at(LOG));
  },
} as const;
type Rotation = keyof typeof ROTATIONS;
const KINDS = Object.keys(ROTATIONS) as Rotation[];

describe('generations of a log', () => {
  it('loses and doubles nothing, whatever rotates, polls and dies in whichever order', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...KINDS) },
      { weight: 3, arbitrary: fc.constantFrom('poll', 'kill', 'drain', 'squeeze') },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.integer({ min: 1, max: 30 })), { maxLength: 10 }),
        fc.boolean(),
        async (steps, isGlob) => {
          folder = mkdtempSync(path.join(tmpdir(), 'soc-generations-'));
          kept = { lines: new Map(), positions: new Map() };
          n = 0;
          problems = [];
          const patterns = [at(isGlob ? `${LOG}*` : LOG)];
          writeFileSync(at(LOG), '');
          let tailer = tail({ patterns });
          await tailer.poll();
          for (const [kind, count] of steps) {
            write(count);
            if (kind === 'poll') await tailer.poll();
            else if (kind === 'drain') await drain(tailer);
            else if (kind === 'kill') {
              await kill(tailer);
              tailer = tail({ patterns });
            } else if (kind === 'squeeze') {
              const plain = readdirSync(folder).find((name) => /^auth\.log[.-]\d+$/.test(name));
              if (plain !== undefined) squeeze(plain);
            } else ROTATIONS[kind]();
            write(1);
          }
          await drain(tailer);
          await drain(tailer);
          await tailer.stop();
          expect(numbers()).toEqual(upTo(n));
          expect(tailer.stats().lostGenerations).toBe(0);
          rmSync(folder, { recursive: true });
        },
      ),
      { numRuns: propertyRuns(60) },
    );
  }, 120_000);

  const start = async (change: Partial<TailerOptions> = {}): Promise<Tailer> => {
    write(3);
    const tailer = tail(change);
    await drain(tailer);
    return tailer;
  };

  it('reads the generations that came and went while it was stopped, also compressed ones', async () => {
    const tailer = await start();
    for (let round = 0; round < 3; round += 1) {
      write(5);
      ROTATIONS.rename();
    }
    squeeze(`${LOG}.1`);
    squeeze(`${LOG}.2`, true);
    write(2);
    await drain(tailer);
    expect(numbers()).toEqual(upTo(n));
    expect(problems).toEqual([]);
    await tailer.stop();
  });

  it('waits for an archive that is still being written', async () => {
    let tailer = await start();
    await kill(tailer);
    write(200);
    const whole = gzipSync(readFileSync(at(LOG)));
    rmSync(at(LOG));
    writeFileSync(at(`${LOG}.1.gz`), whole.subarray(0, whole.length / 2));
    write(1);
    tailer = tail();
    await drain(tailer);
    expect(numbers()).toHaveLength(4);
    writeFileSync(at(`${LOG}.1.gz`), whole);
    await drain(tailer);
    expect(numbers()).toEqual(upTo(n));
    expect(limits).toEqual([]);
    await tailer.stop();
  });

  it.each([
    [2, 'read'],
    [400, 'read'],
    [400, 'unread'],
  ] as const)(
    'reads no copy of the present content while it looks for an earlier one: %i lines, %s',
    async (lines, known) => {
      const tailer = await start({ now: () => new Date((nowMs += 100)) });
      const poll = async (times: number): Promise<void> => {
        for (let left = times; left > 0; left -= 1) await tailer.poll();
      };
      ROTATIONS.copytruncate();
      // As long as it looks as if it were being written, the search goes on.
      writeFileSync(at(`${LOG}.9.gz`), gzipSync('x'.repeat(100)).subarray(0, 20));
      write(lines);
      await poll(known === 'read' ? 15 : 0);
      copyFileSync(at(LOG), at(`${LOG}-${20_260_000 + n}`));
      write(1);
      await poll(2);
      // Now more was read than was copied.
      await poll(30);
      expect(numbers()).toEqual(upTo(n));
      await tailer.stop();
    },
  );

  it('goes on in an archive at the place where it was killed', async () => {
    let tailer = await start();
    await kill(tailer);
    write(40);
    writeFileSync(
      at(LOG),
      `${readFileSync(at(LOG), 'utf8')}${`${'x'.repeat(70_000)}\n`.repeat(20)}`,
    );
    squeeze(LOG);
    renameSync(at(`${LOG}.gz`), at(`${LOG}.1.gz`));
    write(1);
    let taken = 0;
    tailer = tail({
      batchLines: 5,
      onBatch: async (batch) => {
        taken += 1;
        if (taken > 4) throw new Error('killed');
        store(batch);
      },
    });
    await expect(drain(tailer)).rejects.toThrow('killed');
    await kill(tailer);
    expect(kept.lines.size).toBeGreaterThan(3);
    expect(kept.lines.size).toBeLessThan(n + 20);
    tailer = tail();
    await drain(tailer);
    expect(kept.lines.size).toBe(n + 20);
    expect(again).toEqual([]);
    await tailer.stop();
  });

  it('finds a generation where logrotate puts it', async () => {
    mkdirSync(at('conf'));
    mkdirSync(at('far/away'), { recursive: true });
    writeFileSync(at('conf/auth'), `${at(LOG)} {\n  weekly\n  olddir far/away\n}\n`);
    const logrotate = [at('conf')];
    let tailer = await start({ logrotate });
    await kill(tailer);
    write(5);
    squeeze(LOG);
    renameSync(at(`${LOG}.gz`), at(`far/away/${LOG}-20261127.gz`));
    write(1);
    tailer = tail({ logrotate });
    await drain(tailer);
    expect(numbers()).toEqual(upTo(n));
    await tailer.stop();
  });

  it('does not read what was there before it followed the log, whatever becomes of it', async () => {
    write(4, `${LOG}.1`);
    write(4, `${LOG}.2`);
    squeeze(`${LOG}.2`);
    const old = n;
    const tailer = await start();
    squeeze(`${LOG}.1`); // changed later than anything that was read
    write(1);
    ROTATIONS.rename();
    write(1);
    await drain(tailer);
    await kill(tailer);
    const second = tail();
    await drain(second);
    expect(numbers()).toEqual(upTo(n).slice(old));
    expect(problems).toEqual([]);
    await second.stop();
  });

  it('reads a file on that its writer kept after the rotation', async () => {
    const tailer = await start();
    renameSync(at(LOG), at(`${LOG}.1`));
    write(1);
    await drain(tailer);
    expect(tailer.stats().files).toBe(1);
    write(2, `${LOG}.1`);
    await drain(tailer);
    await kill(tailer);
    write(2, `${LOG}.1`);
    const second = tail();
    await drain(second);
    expect(numbers()).toEqual(upTo(n));
    await second.stop();
  });

  it('goes on in copies of all files, at another place and with other inodes', async () => {
    const tailer = await start();
    write(60);
    await drain(tailer);
    await kill(tailer);
    const before = folder;
    folder = mkdtempSync(path.join(tmpdir(), 'soc-generations-'));
    cpSync(before, folder, { recursive: true });
    rmSync(before, { recursive: true });
    write(3);
    const second = tail();
    await drain(second);
    expect(numbers()).toEqual(upTo(n));
    expect(problems).toEqual([]);
    await second.stop();
  });

  it('goes on in a file that an editor wrote anew', async () => {
    const tailer = await start();
    copyFileSync(at(LOG), at('edited'));
    renameSync(at('edited'), at(LOG));
    write(2);
    await drain(tailer);
    expect(numbers()).toEqual(upTo(n));
    await tailer.stop();
  });

  it('reads a file once that has two names', async () => {
    writeFileSync(at(LOG), '');
    linkSync(at(LOG), at('auth.log.link'));
    write(3);
    const tailer = tail({ patterns: [at('auth.log*')] });
    await drain(tailer);
    write(3);
    await drain(tailer);
    expect(numbers()).toEqual(upTo(6));
    await tailer.stop();
  });

  it('reads two logs with the same beginning as two', async () => {
    const head = `#Software: x\n#Fields: ${'y'.repeat(1200)}\n`;
    writeFileSync(at(LOG), head);
    writeFileSync(at('other.log'), head);
    write(2);
    write(2, 'other.log');
    const tailer = tail({ patterns: [at('*.log')] });
    await drain(tailer);
    renameSync(at('other.log'), at('other.log.1'));
    writeFileSync(at('other.log'), head);
    write(2, 'other.log');
    await drain(tailer);
    expect([...kept.lines.values()].filter((text) => text.startsWith('line'))).toHaveLength(n);
    await tailer.stop();
  });

  it('counts and tells what is nowhere, once, and nothing when rotation deletes what was read', async () => {
    let tailer = await start();
    await kill(tailer);
    write(2);
    rmSync(at(LOG));
    write(1);
    tailer = tail();
    await drain(tailer);
    expect(limits).toEqual(['generations_lost']);
    expect(tailer.stats().lostGenerations).toBe(1);
    expect(problems).toEqual([
      expect.stringMatching(
        /^What was written to ".*auth\.log" after byte 21 .* cannot be found: no file/,
      ),
    ]);
    await kill(tailer);
    tailer = tail();
    for (let round = 0; round < 4; round += 1) {
      rmSync(at(`${LOG}.1`), { force: true });
      ROTATIONS.rename();
      write(3);
      await drain(tailer);
    }
    rmSync(at(`${LOG}.1`));
    await tailer.stop();
    tailer = tail();
    await drain(tailer);
    expect(limits).toHaveLength(1);
    await tailer.stop();
  });

  it('says that a log is gone which was not read to its end, and waits for it', async () => {
    let tailer = await start();
    await kill(tailer);
    renameSync(at(LOG), at('elsewhere'));
    write(2, 'elsewhere');
    rmSync(at('registry.json'));
    const hidden = mkdtempSync(path.join(tmpdir(), 'soc-generations-'));
    renameSync(at('elsewhere'), path.join(hidden, 'x'));
    tailer = tail();
    await drain(tailer);
    expect(problems.join()).toMatch(/is not there any more: it was read up to byte 21/);
    expect(limits).toEqual([]);
    renameSync(path.join(hidden, 'x'), at(LOG));
    await drain(tailer);
    expect(numbers()).toEqual(upTo(n));
    expect(limits).toEqual([]);
    await tailer.stop();
  });

  it('names an archive that it cannot read', async () => {
    let tailer = await start();
    await kill(tailer);
    write(2);
    rmSync(at(LOG));
    writeFileSync(at(`${LOG}.1.xz`), Buffer.from('fd377a585a000004', 'hex'));
    write(1);
    tailer = tail();
    await drain(tailer);
    expect(problems).toEqual([expect.stringContaining(`may be in "${at(LOG)}.1.xz"`)]);
    expect(limits).toEqual(['generations_lost']);
    await tailer.stop();
  });

  it('says nothing of an archive of what it has read', async () => {
    const tailer = await start();
    ROTATIONS.rename();
    write(1);
    await drain(tailer);
    const { seenMs } = [...kept.positions.values()].find(({ readTo }) => readTo === 21) as Position;
    writeFileSync(at(`${LOG}.1.xz`), Buffer.from('fd377a585a000004', 'hex'));
    utimesSync(at(`${LOG}.1.xz`), seenMs / 1000, seenMs / 1000);
    rmSync(at(`${LOG}.1`));
    renameSync(at(LOG), at(`${LOG}.1`));
    write(1);
    await drain(tailer);
    expect(problems).toEqual([]);
    expect(numbers()).toEqual(upTo(n));
    await tailer.stop();
  });

  it('goes on with the others when one cannot be looked at', async () => {
    symlinkSync(at('loop.log'), at('loop.log'));
    const tailer = await start({ patterns: [at('loop.log'), at(LOG)] });
    expect(numbers()).toEqual(upTo(n));
    expect(problems).toEqual([expect.stringContaining('Cannot read')]);
    rmSync(at('loop.log'));
    write(1, 'loop.log');
    await drain(tailer);
    expect(numbers()).toEqual(upTo(n));
    await tailer.stop();
  });
});

describe('positions beside the events', () => {
  const registryOf = () =>
    JSON.parse(readFileSync(at('registry.json'), 'utf8')) as {
      version: number;
      files: { id: string; dev: number; ino: number; offset: number }[];
    };

  it('writes a copy that is never ahead of what is stored', async () => {
    write(5);
    let fails = false;
    const tailer = tail({
      onBatch: async (batch) => {
        if (fails) throw new Error('full');
        store(batch);
      },
    });
    await drain(tailer);
    const size = readFileSync(at(LOG)).length;
    fails = true;
    write(5);
    await expect(tailer.poll()).rejects.toThrow('full');
    await tailer.stop();
    expect(registryOf().version).toBe(2);
    expect(registryOf().files.map(({ offset }) => offset)).toEqual([size]);
  });

  it.each(['', 'garbage', '{"version":2,"files":[{"id":', undefined])(
    'does not need the copy: %j',
    async (text) => {
      write(3);
      let tailer = tail();
      await drain(tailer);
      await tailer.stop();
      if (text === undefined) rmSync(at('registry.json'));
      else writeFileSync(at('registry.json'), text);
      write(3);
      tailer = tail();
      await drain(tailer);
      await tailer.stop();
      expect(numbers()).toEqual(upTo(6));
      expect([...again, ...problems]).toEqual([]);
      expect(registryOf().files).toHaveLength(1);
    },
  );

  it('reads everything anew for a store that is new, and says what was known', async () => {
    write(3);
    let tailer = tail();
    await drain(tailer);
    await tailer.stop();
    kept = { lines: new Map(), positions: new Map() };
    tailer = tail();
    await drain(tailer);
    await tailer.stop();
    expect(numbers()).toEqual(upTo(3));
    expect(problems).toEqual([expect.stringContaining('The store has no event of 1 file that')]);
  });

  it('takes over the record of before, as far as its events are stored', async () => {
    write(6);
    let tailer = tail();
    await drain(tailer);
    await tailer.stop();
    const [file] = registryOf().files;
    if (file === undefined) throw new TypeError('No file');
    const { dev, ino, offset } = file;
    const fingerprint = (file as unknown as { fingerprint: object }).fingerprint;
    writeFileSync(
      at('registry.json'),
      JSON.stringify({
        version: 1,
        files: [{ id: 'random-id-of-old', path: at(LOG), dev, ino, offset, fingerprint }],
      }),
    );
    // The record was ahead when the last lines were torn off.
    const stored = [0, 7, 14].map((from, index) => [
      `random-id-of-old:${from}`,
      `line ${index + 1}`,
    ]);
    kept = { lines: new Map(stored as [string, string][]), positions: new Map() };
    tailer = tail();
    await drain(tailer);
    await tailer.stop();
    expect(numbers()).toEqual(upTo(6));
    expect([...kept.lines.keys()].every((id) => id.startsWith('random-id-of-old:'))).toBe(true);
    expect(problems).toEqual([]);
  });
});
