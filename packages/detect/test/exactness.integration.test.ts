/**
 * Ten thousand random streams on each store: the alerts are those of the oracle, and so equal on all
 * three. EXACTNESS_STREAMS sets another number. Elasticsearch is the real server that
 * ELASTICSEARCH_URL names; its part is skipped without one.
 */
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import type { Store } from '@mini-soc/store';
import { afterAll, describe, expect, it } from 'vitest';
import { describeBursts } from './describe-bursts.ts';
import { openOnServer } from './elasticsearch-server.ts';
import { replayStreams } from './replay-streams.ts';

const STREAMS = Number(process.env['EXACTNESS_STREAMS'] ?? 10_000);
const url = process.env['ELASTICSEARCH_URL'] ?? '';
/** Bound of one store, not a measurement. */
const WITHIN_MS = 900_000;
const server = openOnServer(url);
afterAll(() => server.cleanUp());

interface World {
  readonly name: string;
  readonly open: () => Promise<Store>;
  /** Streams that share a store. */
  readonly together: number;
  readonly pieces: number;
  readonly cycleShare: number;
  readonly observed: number;
  readonly isHere: boolean;
}

const STORES: readonly World[] = [
  {
    name: 'memory',
    open: async () => createMemoryStore(),
    together: 20,
    pieces: 20,
    cycleShare: 0.4,
    observed: 1000,
    isHere: true,
  },
  {
    name: 'DuckDB',
    open: () => openDuckDbStore({ path: ':memory:' }),
    together: 2500,
    pieces: 20,
    cycleShare: 0.15,
    observed: 200,
    isHere: true,
  },
  {
    name: 'Elasticsearch (skipped unless ELASTICSEARCH_URL is set)',
    open: server.open,
    together: 5000,
    pieces: 25,
    cycleShare: 0.12,
    observed: 50,
    isHere: url !== '',
  },
];

describe('detection', () => {
  for (const { name, open, isHere, together, ...schedule } of STORES)
    it.skipIf(!isHere)(
      `gives the alerts of the oracle for ${STREAMS} random streams: ${name}`,
      async () => {
        let alerts = 0;
        let atOnce = 0;
        for (let from = 0; from < STREAMS; from += together) {
          const streams = Math.min(together, STREAMS - from);
          const store = await open();
          const result = await replayStreams({ store, from, streams, ...schedule });
          await store.close();
          alerts += result.alerts;
          atOnce += result.atOnce;
          const { missing, wrong } = result;
          expect({ from, missing, wrong }).toEqual({ from, missing: [], wrong: [] });
        }
        // Else the streams prove nothing.
        expect(alerts).toBeGreaterThan(STREAMS);
        expect(atOnce).toBeGreaterThan(0);
      },
      WITHIN_MS,
    );
});

describeBursts('DuckDB', () => openDuckDbStore({ path: ':memory:' }), [12_000]);

describe.skipIf(url === '')('with the server', () => {
  describeBursts('Elasticsearch', server.open, [1000, 12_000]);
});
