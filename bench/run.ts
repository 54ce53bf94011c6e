/**
 * `npm run bench`: speed of the main path, as ratios against a baseline measured in the same run.
 * Writes bench/results.json, a list of {name, value, unit, baseline, ratio}. BENCH_EVENTS sets the
 * number of stored events (default 1,000,000).
 */
import { appendFileSync, createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildDetection } from '@mini-soc/detection';
import type { SocEvent } from '@mini-soc/model';
import { parseLine, toDocument } from '@mini-soc/parsers';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules } from '@mini-soc/sigma';
import type { AppendReport, Store } from '@mini-soc/store';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createLineSplitter } from '@mini-soc/tailer';
import { adversarialFigures } from './adversarial.ts';
import { elapsedMs, figure, median, medianMs, type Figure } from './clock.ts';
import { sampleLines } from './sample-lines.ts';

const PARSED_LINES = 300_000;
const STORED_EVENTS = Number(process.env['BENCH_EVENTS'] ?? 1_000_000);
const BATCH = 4096;
const BATCHES_UNDER_WAY = 2;
const STEP_MS = 20;
const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'soc-bench-'));

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

/** Reads, parses and stores a file as the tailer does: one batch is parsed while another is stored. */
async function storeFile(store: Store, file: string, arrivalMs: number): Promise<number> {
  const splitter = createLineSplitter({ maxLineBytes: 1_048_576 });
  const ingestedAt = new Date(arrivalMs).toISOString();
  const underWay: Promise<AppendReport>[] = [];
  let batch: SocEvent[] = [];
  let stored = 0;
  const finishOne = async (): Promise<void> => {
    stored += (await underWay.shift())?.stored ?? 0;
  };
  const send = async (): Promise<void> => {
    while (underWay.length >= BATCHES_UNDER_WAY) await finishOne();
    underWay.push(store.appendEvents(batch));
    batch = [];
  };
  for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) {
    for (const line of splitter.push(chunk as Buffer)) {
      const parsed = parseLine(line.text, { arrivalMs, zoneOffsetMinutes: () => 0 });
      if (parsed === undefined) continue;
      batch.push(
        toDocument(parsed, {
          eventId: `${file}:${line.offset}`,
          ingestedAt,
          file,
          offset: line.offset,
          flags: [],
        }),
      );
      if (batch.length === BATCH) await send();
    }
  }
  await send();
  while (underWay.length > 0) await finishOne();
  return stored;
}

/** Writes the lines in parts: a million of them are too long for one text. */
function writeLines(file: string, lines: Iterable<string>): void {
  let part: string[] = [];
  writeFileSync(file, '');
  for (const line of lines) {
    part.push(line);
    if (part.length < 50_000) continue;
    appendFileSync(file, `${part.join('\n')}\n`);
    part = [];
  }
  if (part.length > 0) appendFileSync(file, `${part.join('\n')}\n`);
}

/** 2,000 failures of 200 sources within 14 s: what a cycle of 15 s finds under attack. */
function* attackLines(startMs: number): Generator<string> {
  for (let index = 0; index < 2000; index += 1) {
    const stamp = new Date(startMs + index * 7).toISOString();
    const source = index % 200;
    yield `${stamp} web01 sshd[${2000 + source}]: Failed password for root from 203.0.113.${source} port ${40_000 + (index % 20_000)} ssh2`;
  }
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

  const store = await openDuckDbStore({ path: path.join(folder, 'soc.duckdb') });
  const long = path.join(folder, 'long.log');
  writeLines(long, sampleLines({ lines: STORED_EVENTS, startMs, stepMs: STEP_MS, sources: 2000 }));
  let stored = 0;
  const storeMs = await elapsedMs(async () => {
    stored = await storeFile(store, long, nowMs);
  });
  figures.push(
    figure('parse and store events/s', perSecond(stored, storeMs), 'events/s', readlineBaseline),
  );

  const detection = await buildDetection({
    store,
    rules: await loadRules({ directory: path.join(root, 'rules'), overrides: [] }),
    settings: { token: '', intervalMs: 15_000, latenessMs: 120_000 },
    responder: {
      respond: async () => ({ action: 'ignore', outcome: 'ignored', reason: 'benchmark' }),
    },
    enricher: {
      enrich: async () => ({
        mitre_techniques: [],
        mitre_tactics: [],
        mitre_urls: [],
        threat_confidence: 0,
        threat_summary: '',
      }),
    },
    now: () => new Date(),
    logger: createLogger({ name: 'bench', level: 'silent' }),
    version: 'bench',
  });
  const firstMs = await elapsedMs(() => detection.trigger());
  process.stdout.write(`first cycle over ${stored} events: ${Math.round(firstMs)} ms\n`);
  const scanMs = await medianMs(5, () => store.countEvents());
  const scanBaseline = { name: 'count of all stored events', value: scanMs, unit: 'ms' };
  figures.push(
    figure(
      'cycle over 1 million events, nothing new, ms',
      await medianMs(9, () => detection.trigger()),
      'ms',
      scanBaseline,
    ),
  );

  const underAttack: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const attack = path.join(folder, `attack-${round}.log`);
    writeLines(attack, attackLines(nowMs + round * 600_000));
    await storeFile(store, attack, nowMs + round * 600_000);
    underAttack.push(await elapsedMs(() => detection.trigger()));
  }
  figures.push(
    figure(
      'cycle over 1 million events, under attack, ms',
      median(underAttack),
      'ms',
      scanBaseline,
    ),
  );
  await detection.stop();
  await store.close();
  figures.push(...adversarialFigures());
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
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
