/**
 * `npm run bench`: speed of the main path, as ratios against a baseline measured in the same run.
 * Writes bench/results.json, a list of {name, value, unit, baseline, ratio}. BENCH_EVENTS sets the
 * number of stored events (default 1,000,000), BENCH_BACKLOG the lines of the old log and BENCH_ATTACKERS
 * the attackers at once that the program answers (0: not measured), BENCH_PORT the first of its four ports.
 */
import { createReadStream, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseLine } from '@mini-soc/parsers';
import { LINGER_MS, openDuckDbStore } from '@mini-soc/store/duckdb';
import { createLineSplitter } from '@mini-soc/tailer';
import { useTemporaryFolder } from '../scripts/temporary-folder.ts';
import { adversarialFigures } from './adversarial.ts';
import { elapsedMs, figure, medianMs, type Figure } from './clock.ts';
import { manyRulesFigures } from './many-rules.ts';
import { measureAttackers, measureBacklog } from './mass.ts';
import { cycleFigures, STEP_MS, storeFile, writeLines } from './pipeline.ts';
import { sampleLines } from './sample-lines.ts';

const PARSED_LINES = 300_000;
const STORED_EVENTS = Number(process.env['BENCH_EVENTS'] ?? 1_000_000);
const BACKLOG_LINES = Number(process.env['BENCH_BACKLOG'] ?? 1_000_000);
const ATTACKERS = Number(process.env['BENCH_ATTACKERS'] ?? 12_000);
const PORT = Number(process.env['BENCH_PORT'] ?? 38_900);
const root = path.resolve(import.meta.dirname, '..');
const removeFolder = useTemporaryFolder('soc-bench');
const folder = tmpdir();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

async function readlineLoop(file: string): Promise<number> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) }))
    if (line.length > 0) count += 1;
  return count;
}

async function parseFile(file: string, arrivalMs: number): Promise<number> {
  const splitter = createLineSplitter({ maxLineBytes: 1_048_576 });
  let events = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) {
    for (const line of splitter.push(chunk as Buffer)) {
      if (parseLine(line.text, { arrivalMs, zoneOffsetMinutes: () => 0 }) !== undefined)
        events += 1;
    }
  }
  return events;
}

async function run(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const nowMs = Date.now();
  const startMs = nowMs - STORED_EVENTS * STEP_MS - 3_600_000;
  const file = path.join(folder, 'auth.log');
  writeLines(file, sampleLines({ lines: PARSED_LINES, startMs, stepMs: STEP_MS, sources: 2000 }));

  const readlineMs = await medianMs(5, () => readlineLoop(file));
  const parseMs = await medianMs(5, () => parseFile(file, nowMs));
  const perSecond = (count: number, ms: number) => (count * 1000) / ms;
  const readlineBaseline = {
    name: 'bare readline loop',
    value: perSecond(PARSED_LINES, readlineMs),
    unit: 'lines/s',
  };
  figures.push(
    figure('parse lines/s', perSecond(PARSED_LINES, parseMs), 'lines/s', readlineBaseline),
  );

  const store = await openDuckDbStore({
    path: path.join(folder, 'soc.duckdb'),
    lingerMs: LINGER_MS,
  });
  const long = path.join(folder, 'long.log');
  writeLines(long, sampleLines({ lines: STORED_EVENTS, startMs, stepMs: STEP_MS, sources: 2000 }));
  let stored = 0;
  const storeMs = await elapsedMs(async () => {
    stored = await storeFile(store, long, nowMs);
  });
  figures.push(
    figure('parse and store events/s', perSecond(stored, storeMs), 'events/s', readlineBaseline),
  );

  figures.push(...(await cycleFigures({ store, stored, folder, nowMs })));
  await store.close();
  figures.push(...(await manyRulesFigures()));
  figures.push(...adversarialFigures());
  figures.push(...(await massFigures()));
  return figures;
}

/** The program with an old log, and with many attackers at once. */
async function massFigures(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  if (BACKLOG_LINES > 0) {
    const found = await measureBacklog(BACKLOG_LINES, PORT);
    const name = `backlog of ${BACKLOG_LINES} lines`;
    const loop = {
      name: 'bare readline loop over the same lines',
      value: found.loopSeconds,
      unit: 's',
    };
    figures.push(
      figure(`${name}: answered after`, found.answeredSeconds, 's', loop),
      figure(`${name}: processor time`, found.cpuSeconds, 's', loop),
      figure(`${name}: peak`, found.peakMb, 'MB', { name: 'the bound', value: 400, unit: 'MB' }),
    );
  }
  if (ATTACKERS > 0) {
    const found = await measureAttackers(ATTACKERS, PORT);
    if (found.blocked < ATTACKERS)
      throw new Error(`${found.blocked} of ${ATTACKERS} attackers were blocked`);
    figures.push(
      figure(`${ATTACKERS} attackers at once: last blocked after`, found.lastBlockedSeconds, 's', {
        name: 'the bound',
        value: 20,
        unit: 's',
      }),
    );
  }
  return figures;
}

try {
  const figures = await run();
  writeFileSync(path.join(root, 'bench/results.json'), `${JSON.stringify(figures, null, 2)}\n`);
  for (const one of figures) {
    process.stdout.write(
      `${one.name}: ${one.value} ${one.unit} (${one.ratio} × ${one.baseline.name}: ${one.baseline.value} ${one.baseline.unit})\n`,
    );
  }
} finally {
  removeFolder();
}
process.exit();
