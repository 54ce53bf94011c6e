import type { CycleReport, CycleScope } from '@mini-soc/detect';
import { describe, expect, it } from 'vitest';
import { createCycleRuns } from './cycle-runs.ts';

describe('createCycleRuns()', () => {
  it('createCycleRuns() runs one of all rules as soon as one of those who wait for it wants that', async () => {
    const scopes: CycleScope[] = [];
    const runs = createCycleRuns(async (scope) => {
      scopes.push(scope);
      await Promise.resolve();
      return { startedAt: String(scopes.length) } as CycleReport;
    });
    const first = runs.ofWaiting();
    const together = [runs.ofWaiting(), runs.ofAll(), runs.ofWaiting()];
    expect((await first).startedAt).toBe('1');
    expect((await Promise.all(together)).map(({ startedAt }) => startedAt)).toEqual([
      '2',
      '2',
      '2',
    ]);
    await runs.ofWaiting();
    await runs.settled();
    expect(scopes).toEqual(['waiting', 'all', 'waiting']);
  });

  it('createCycleRuns() forgets with a cycle that failed what it was to be of', async () => {
    const scopes: CycleScope[] = [];
    const runs = createCycleRuns((scope) => {
      scopes.push(scope);
      return Promise.reject(new Error('away'));
    });
    await expect(runs.ofAll()).rejects.toThrow('away');
    await expect(runs.ofWaiting()).rejects.toThrow('away');
    expect(scopes).toEqual(['all', 'waiting']);
  });
});
