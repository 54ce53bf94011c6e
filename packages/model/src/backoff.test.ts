import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';

describe('backoffMs()', () => {
  it('backoffMs() doubles from the first to the longest', () => {
    const pauses = [0, 1, 2, 3, 4, 5, 1000, Number.MAX_SAFE_INTEGER].map((failures) =>
      backoffMs(failures, { firstMs: 500, longestMs: 3000 }),
    );
    expect(pauses).toEqual([500, 500, 1000, 2000, 3000, 3000, 3000, 3000]);
  });

  it('backoffMs() never falls with more failures and stays in its bounds', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(1e6), fc.nat(1e9), (failures, firstMs, more) => {
        const backoff = { firstMs, longestMs: firstMs + more };
        const pause = backoffMs(failures, backoff);
        expect(pause).toBeGreaterThanOrEqual(firstMs);
        expect(pause).toBeLessThanOrEqual(backoff.longestMs);
        expect(backoffMs(failures + 1, backoff)).toBeGreaterThanOrEqual(pause);
      }),
    );
  });
});
