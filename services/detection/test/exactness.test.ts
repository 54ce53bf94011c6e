/** Exact and lossless: the alerts of any arrival are those of the oracle. The large run is the integration test. */
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import type { Store } from '@mini-soc/store';
import { describe, expect, it } from 'vitest';
import { replayStreams } from './replay-streams.ts';

const STORES: readonly [name: string, open: () => Promise<Store>, worlds: number][] = [
  ['memory', async () => createMemoryStore(), 10],
  ['DuckDB', () => openDuckDbStore({ path: ':memory:' }), 1],
];

describe('detection', () => {
  it.each(STORES)(
    'gives the alerts of the oracle for random streams: %s',
    async (_, open, worlds) => {
      for (let world = 0; world < worlds; world += 1) {
        const store = await open();
        const { missing, wrong } = await replayStreams({
          store,
          from: world * 20,
          streams: 20,
          pieces: 40,
          cycleShare: 0.4,
        });
        await store.close();
        expect({ world, missing, wrong }).toEqual({ world, missing: [], wrong: [] });
      }
    },
  );
});
