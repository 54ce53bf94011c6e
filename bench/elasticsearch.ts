/**
 * `npm run bench:elasticsearch`: from a file to Elasticsearch, and cycles over what is stored there.
 * Needs ELASTICSEARCH_URL of a server without other data; BENCH_EVENTS sets the number of events (default
 * 1,000,000); 0 stores none and runs cycles over what an earlier run left. Writes
 * bench/results-elasticsearch.json.
 */
import { createReadStream, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openElasticsearchStore } from '@mini-soc/store/elasticsearch';
import { useTemporaryFolder } from '../scripts/temporary-folder.ts';
import { elapsedMs, figure, type Figure } from './clock.ts';
import { cycleFigures, STEP_MS, storeFile, writeLines } from './pipeline.ts';
import { sampleLines } from './sample-lines.ts';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 1_000_000);
const url = process.env['ELASTICSEARCH_URL'] ?? '';
const removeFolder = useTemporaryFolder('soc-bench');
const folder = tmpdir();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

async function run(): Promise<readonly Figure[]> {
  const store = await openElasticsearchStore({ url });
  const nowMs = Date.now();
  if (EVENTS === 0) {
    const stored = await store.countEvents();
    // After the attacks of the earlier run, which lie up to an hour after its time.
    const [newest] = await store.searchEvents({ size: 1, order: 'newest' });
    const newestMs = Date.parse(newest?.['@timestamp'] ?? '') || nowMs;
    const attackMs = Math.max(nowMs, newestMs + 600_000);
    const figures = await cycleFigures({ store, stored, folder, nowMs: attackMs });
    await store.close();
    return figures;
  }
  const file = path.join(folder, 'auth.log');
  const startMs = nowMs - EVENTS * STEP_MS - 3_600_000;
  writeLines(file, sampleLines({ lines: EVENTS, startMs, stepMs: STEP_MS, sources: 2000 }));
  let lines = 0;
  const readMs = await elapsedMs(async () => {
    for await (const line of createInterface({ input: createReadStream(file) }))
      if (line.length > 0) lines += 1;
  });
  let stored = 0;
  const storeMs = await elapsedMs(async () => {
    stored = await storeFile(store, file, nowMs);
  });
  const baseline = {
    name: 'bare readline loop',
    value: (lines * 1000) / readMs,
    unit: 'lines/s',
  };
  const figures = [
    figure('file to Elasticsearch events/s', (stored * 1000) / storeMs, 'events/s', baseline),
    ...(await cycleFigures({ store, stored, folder, nowMs })),
  ];
  await store.close();
  return figures;
}

if (url === '') {
  process.stderr.write('Name the server: ELASTICSEARCH_URL=http://127.0.0.1:9200\n');
  process.exit(2);
}
try {
  const figures = await run();
  writeFileSync(
    path.join(import.meta.dirname, 'results-elasticsearch.json'),
    `${JSON.stringify(figures, null, 2)}\n`,
  );
  for (const one of figures)
    process.stdout.write(
      `${one.name}: ${one.value} ${one.unit} (${one.ratio} × ${one.baseline.name}: ${one.baseline.value} ${one.baseline.unit})\n`,
    );
} finally {
  removeFolder();
}
process.exit();
