/**
 * Events survive kill -9 of the server in the middle of bulks. The server is one of our own, started
 * and killed by the program that ES_TOOL names; skipped without it.
 */
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StoreError } from '@mini-soc/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openElasticsearchStore } from '../src/elasticsearch/index.ts';
import type { Store } from '../src/store.ts';
import { sampleEvent } from './conformance.ts';

const tool = process.env['ES_TOOL'] ?? '';
const name = `crash-${process.pid}`;
const EVENTS = 100_000;
const BATCH = 500;
/** How often the server is killed; a long run is asked for by the variable. */
const KILLS = Number(process.env['ELASTICSEARCH_KILLS'] ?? 3);

/** A busy machine takes minutes to start the server, and each failure less than a second. */
const MOST_FAILURES = 1000;

async function es(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(tool, [...words, '--name', name]);
  return stdout.split('\n')[0] ?? '';
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Appends until it is stored: what a sender does with a retryable error. */
async function appendSurely(store: Store, numbers: readonly number[]): Promise<number> {
  const events = numbers.map((n) => sampleEvent(`n${n}`, { log_offset: n }, (n % 3) * 86_400_000));
  for (let failures = 0; ; failures += 1) {
    try {
      await store.appendEvents(events);
      return failures;
    } catch (error) {
      if (!(error instanceof StoreError) || !error.retryable || failures > MOST_FAILURES)
        throw error;
    }
  }
}

describe.skipIf(tool === '')(
  'Elasticsearch killed and started (skipped unless ES_TOOL is set)',
  () => {
    let url = '';
    beforeAll(async () => {
      url = await es('start', '--port', String(await freePort()), '--heap', '512m');
    }, 120_000);
    afterAll(async () => {
      await es('wipe');
    }, 120_000);

    it(
      'loses none of 100,000 events and keeps none twice',
      async () => {
        const store = await openElasticsearchStore({
          url,
          retry: { attempts: 4, firstMs: 100, longestMs: 1000 },
        });
        const batches = Array.from({ length: EVENTS / BATCH }, (_, batch) =>
          Array.from({ length: BATCH }, (__, index) => batch * BATCH + index),
        );
        let written = 0;
        let failures = 0;
        const write = async () => {
          for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
            failures += await appendSurely(store, batch);
            written += 1;
          }
        };
        const writing = Promise.all([write(), write(), write()]);
        const total = EVENTS / BATCH;
        for (let kill = 1; kill <= KILLS; kill += 1) {
          while (written < (total * kill) / (KILLS + 1))
            // A writer that gives up ends the wait.
            await Promise.race([writing, sleep(5)]);
          await es('kill9');
          await es('start');
        }
        await writing;
        // Else the kills missed the bulks.
        expect(failures).toBeGreaterThan(0);
        const cursor = await store.arrivalCursor();
        const found = new Set<string>();
        let after: string | undefined;
        do {
          const page = await store.selectCandidates({
            query: {
              filter: { kind: 'all', of: [] },
              groupBy: ['log_offset'],
              windowMs: 1000,
              measure: { kind: 'count', atLeast: 1 },
            },
            arrivedAfter: undefined,
            arrivedUpTo: cursor,
            pageSize: 10_000,
            after,
          });
          for (const { entity } of page.candidates) found.add(entity['log_offset'] ?? '');
          after = page.next;
        } while (after !== undefined);
        const missing = Array.from({ length: EVENTS }, (_, n) => String(n)).filter(
          (n) => !found.has(n),
        );
        expect(missing).toEqual([]);
        expect(found.size).toBe(EVENTS);
        expect(await store.countEvents()).toBe(EVENTS);
        await store.close();
      },
      (200 + 200 * KILLS) * 1000,
    );
  },
);
