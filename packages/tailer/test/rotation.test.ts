/** Ten rotations under a program that writes all the while, followed by the real tailer. */
import { fork } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ignoreLimits } from '@mini-soc/model';
import { createTailer, type TailerStats } from '../src/index.ts';

const ROTATIONS = 10;
const WITHIN_MS = 60_000;

type Message =
  | { readonly asks: number }
  | { readonly rotated: readonly [first: number, last: number] }
  | { readonly wrote: number };

interface Outcome {
  readonly wrote: number;
  /** Numbers of the lines as they were delivered. */
  readonly delivered: readonly number[];
  /** Lines of each rotation's window, first and last. */
  readonly windows: readonly (readonly [number, number])[];
  readonly stats: TailerStats;
  readonly problems: readonly string[];
}

async function follow(way: 'rename' | 'copytruncate'): Promise<Outcome> {
  const folder = mkdtempSync(path.join(tmpdir(), 'soc-rotation-'));
  const file = path.join(folder, 'a.log');
  const delivered: number[] = [];
  const windows: (readonly [number, number])[] = [];
  const problems: string[] = [];
  const tailer = createTailer({
    patterns: [file],
    registryPath: path.join(folder, 'registry.json'),
    onBatch: async ({ lines }) => {
      for (const line of lines) delivered.push(Number(line.text.split(' ')[1]));
    },
    onProblem: (sentence) => problems.push(sentence),
    onLimit: ignoreLimits,
    now: () => new Date(),
    pollMs: 20,
  });
  await tailer.start();
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await sleep(5);
  };
  const writer = fork(path.join(import.meta.dirname, 'rotating-writer.mjs'), [
    file,
    way,
    String(ROTATIONS),
  ]);
  let wrote: number | undefined;
  writer.on('message', (message: Message) => {
    if ('wrote' in message) wrote = message.wrote;
    else if ('rotated' in message) windows.push(message.rotated);
    // What was written before the rotation began has been read by then; what follows is the race.
    else void until(() => delivered.includes(message.asks)).then(() => writer.send('go'));
  });
  await until(() => wrote !== undefined && delivered.includes(wrote));
  // Twice what lets go of a rotated file.
  for (let waits = 0; waits < 50; waits += 1) await sleep(20);
  const stats = tailer.stats();
  await tailer.stop();
  rmSync(folder, { recursive: true });
  return { wrote: wrote ?? 0, delivered, windows, stats, problems };
}

/** Numbers from 1 to `wrote` that were not delivered. */
function missingOf({ wrote, delivered }: Outcome): readonly number[] {
  const got = new Set(delivered);
  return Array.from({ length: wrote }, (_, index) => index + 1).filter((n) => !got.has(n));
}

it(
  'loses and doubles nothing over ten rotations by rename while a program writes',
  async () => {
    const outcome = await follow('rename');
    expect(outcome.windows).toHaveLength(ROTATIONS);
    expect(missingOf(outcome)).toEqual([]);
    expect(outcome.delivered).toHaveLength(outcome.wrote);
    expect(outcome.stats).toMatchObject({ truncations: 0, lostBytes: 0 });
  },
  WITHIN_MS,
);

it(
  'doubles nothing over ten rotations by copy and truncate, loses at most the window, and counts it',
  async () => {
    const outcome = await follow('copytruncate');
    const missing = missingOf(outcome);
    expect(outcome.windows).toHaveLength(ROTATIONS);
    expect(new Set(outcome.delivered).size).toBe(outcome.delivered.length);
    expect(
      missing.filter((n) => !outcome.windows.some(([first, last]) => n >= first && n <= last)),
    ).toEqual([]);
    expect(outcome.stats.truncations).toBe(ROTATIONS);
    expect(outcome.problems.every((sentence) => sentence.includes('may be lost'))).toBe(true);
    expect(outcome.problems).toHaveLength(ROTATIONS);
  },
  WITHIN_MS,
);

it('counts the bytes it has seen and not read when a file is cut short', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'soc-rotation-'));
  const file = path.join(folder, 'a.log');
  writeFileSync(file, 'one\nhalf a line');
  const tailer = createTailer({
    patterns: [file],
    registryPath: path.join(folder, 'registry.json'),
    onBatch: async () => undefined,
    onProblem: () => undefined,
    onLimit: ignoreLimits,
    now: () => new Date(),
  });
  await tailer.poll();
  truncateSync(file);
  appendFileSync(file, 'two\n');
  await tailer.poll();
  expect(tailer.stats()).toMatchObject({ lines: 2, truncations: 1, lostBytes: 11 });
  await tailer.stop();
  rmSync(folder, { recursive: true });
});
