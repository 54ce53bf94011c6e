/** What the benches of both stores share: lines, storing them, cycles over what is stored. */
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ignoreLimits } from '@mini-soc/model';
import { buildDetection } from '@mini-soc/detection';
import { createLogger } from '@mini-soc/service-kit';
import { createIngest } from '@mini-soc/ingest';
import { LARGE_BATCHES } from '@mini-soc/shipper';
import { loadRules } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { createTailer } from '@mini-soc/tailer';
import { elapsedMs, figure, median, medianMs, type Figure } from './clock.ts';

/** Lines of the sample are this far apart. */
export const STEP_MS = 20;
const ROOT = path.resolve(import.meta.dirname, '..');

/** Reads, parses and stores a file with the product's own tailer; the number of stored events. */
export async function storeFile(store: Store, file: string, arrivalMs: number): Promise<number> {
  const ingest = createIngest({
    store,
    zoneOffsetMinutes: () => 0,
    onLimit: ignoreLimits,
  });
  const tailer = createTailer({
    patterns: [file],
    registryPath: `${file}.positions`,
    positions: store.positions,
    onBatch: ingest.ingest,
    onProblem: (problem) => {
      throw new Error(problem);
    },
    onLimit: ignoreLimits,
    now: () => new Date(arrivalMs),
    ...(store.name === 'elasticsearch' ? LARGE_BATCHES : {}),
  });
  while ((await tailer.poll()) > 0);
  await tailer.stop();
  return ingest.counts().events;
}

/** Writes the lines in parts: a million of them are too long for one text. */
export function writeLines(file: string, lines: Iterable<string>): void {
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

/** Cycles of detection over the events of the store: the first one, with nothing new, and under attack. */
export async function cycleFigures(options: {
  readonly store: Store;
  readonly stored: number;
  readonly folder: string;
  readonly nowMs: number;
}): Promise<readonly Figure[]> {
  const { store, stored, folder, nowMs } = options;
  const figures: Figure[] = [];
  const detection = await buildDetection({
    store,
    rules: await loadRules({ directory: path.join(ROOT, 'rules'), overrides: [] }),
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
      `cycle over ${stored.toLocaleString('en')} events, nothing new, ms`,
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
      `cycle over ${stored.toLocaleString('en')} events, under attack, ms`,
      median(underAttack),
      'ms',
      scanBaseline,
    ),
  );
  await detection.stop();
  return figures;
}
