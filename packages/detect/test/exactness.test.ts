/** Exact and lossless, a small run; the large one and Elasticsearch are in the integration test beside it. */
import type { Store } from '@mini-soc/store';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { describeBursts } from './describe-bursts.ts';
import { replayStreams } from './replay-streams.ts';

const openMemory = async (): Promise<Store> => createMemoryStore();
const openDuckDb = (): Promise<Store> => openDuckDbStore({ path: ':memory:' });

describe('detection gives the alerts of the oracle for random streams', () => {
  it.each([
    ['memory', openMemory, propertyRuns(10)],
    ['DuckDB', openDuckDb, 1],
  ] as const)('%s', async (_, open, worlds) => {
    for (let world = 0; world < worlds; world += 1) {
      const store = await open();
      const { alerts, missing, wrong } = await replayStreams({
        store,
        from: world * 20,
        streams: 20,
        pieces: 40,
        cycleShare: 0.4,
        observed: 1000,
      });
      await store.close();
      expect({ world, missing, wrong }).toEqual({ world, missing: [], wrong: [] });
      expect(alerts).toBeGreaterThan(20);
    }
  });
});

describeBursts('memory', openMemory, [1000, 12_000]);
describeBursts('DuckDB', openDuckDb, [1000]);
