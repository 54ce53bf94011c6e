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
    const recovered: number[] = [];
    const paced = createFailurePacer({
      onFatal: (error) => void fatal.push(error.message),
      onRecovery: (failedMs) => void recovered.push(failedMs),
      longestPauseMs: 1,
      monotonicMs: () => nowMs,
    });
    return {
      fatal,
      recovered,
      fail: async (atMs: number, error: Error = busy()) => {
        nowMs = atMs;
        await expect(paced(Promise.reject(error))).rejects.toBe(error);
      },
      succeed: async (atMs: number) => {
        nowMs = atMs;
        await paced(Promise.resolve());
      },
    };
  }

  it('hands failures that pass on, however many and for however long', async () => {
    const { fail, fatal, recovered, succeed } = start();
    for (let time = 0; time < 64; time += 1) await fail(0);
    await fail(59_000, new StoreError('STORE_DISK_FULL', 'full'));
    await fail(86_400_000, Object.assign(new Error('no'), { code: 'EACCES' }));
    expect(fatal).toEqual([]);
    expect(recovered).toEqual([]);
    await succeed(86_401_000);
    expect(recovered).toEqual([86_401_000]);
  });

  it('begins to count anew after a success', async () => {
    const { fail, succeed, recovered } = start();
    await succeed(0);
    await fail(1000);
    await succeed(3000);
    await succeed(4000);
    await fail(61_000);
    await succeed(62_000);
    expect(recovered).toEqual([2000, 1000]);
  });

  it('gives up at once what cannot become better', async () => {
    const { fail, fatal } = start();
    await fail(0, broken());
    expect(fatal).toEqual(['broken']);
  });
});
