import { StoreError } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { createFailurePacer, keepTrying } from './keep-trying.ts';

const busy = () => new StoreError('STORE_FAILED', 'busy', { retryable: true });
const broken = () => new StoreError('STORE_BROKEN', 'broken', {});

describe('keepTrying()', () => {
  it('tries again until it works, and gives the result', async () => {
    let tries = 0;
    const failures: unknown[] = [];
    const result = await keepTrying(
      async () => {
        tries += 1;
        if (tries < 3) throw busy();
        return tries;
      },
      {
        onFatal: () => undefined,
        onFailure: (error) => failures.push(error),
        longestPauseMs: 1,
      },
    );
    expect(result).toBe(3);
    expect(failures).toHaveLength(2);
  });

  it('gives up at once what cannot become better', async () => {
    const fatal: string[] = [];
    const options = { onFatal: (error: Error) => void fatal.push(error.message) };
    await expect(keepTrying(() => Promise.reject(broken()), options)).rejects.toThrow('broken');
    expect(fatal).toEqual(['broken']);
  });
});

describe('createFailurePacer()', () => {
  function start() {
    let nowMs = 0;
    const fatal: string[] = [];
    const paced = createFailurePacer({
      onFatal: (error) => void fatal.push(error.message),
      patienceMs: 60_000,
      longestPauseMs: 1,
      monotonicMs: () => nowMs,
    });
    return {
      fatal,
      fail: async (atMs: number, error = busy()) => {
        nowMs = atMs;
        await expect(paced(Promise.reject(error))).rejects.toBe(error);
      },
      succeed: () => paced(Promise.resolve()),
    };
  }

  it('hands failures on, however many at once, and gives up when none works for long', async () => {
    const { fail, fatal } = start();
    for (let time = 0; time < 64; time += 1) await fail(0);
    await fail(59_000);
    expect(fatal).toEqual([]);
    await fail(60_000);
    expect(fatal).toEqual(['busy']);
  });

  it('begins to count anew after a success', async () => {
    const { fail, succeed, fatal } = start();
    await fail(0);
    await fail(59_000);
    await succeed();
    await fail(61_000);
    await fail(100_000);
    expect(fatal).toEqual([]);
  });

  it('gives up at once what cannot become better', async () => {
    const { fail, fatal } = start();
    await fail(0, broken());
    expect(fatal).toEqual(['broken']);
  });
});
