/** What polling the last minute misses and detection does not. */
import { describe, expect, it } from 'vitest';
import { countMissedBursts } from '../bench/missed-bursts.ts';
import { POLLING, pollingSees } from '../bench/polling-scheme.ts';

describe('five failures in less than a minute', () => {
  it('are missed by polling in a third of the cases when they span 50 s, and never by detection', async () => {
    const { bursts, byPolling, byDetection } = await countMissedBursts(600, 50_000);
    expect(byPolling / bursts).toBeGreaterThan(0.32);
    expect(byPolling / bursts).toBeLessThan(0.35);
    expect(byDetection).toBe(0);
  });

  it('are seen by a look between the last event and the end of the minute', () => {
    const burst = (beginMs: number) => [0, 10, 20, 30, 50].map((second) => beginMs + second * 1000);
    expect(pollingSees(POLLING, burst(0))).toBe(true); // 60 s is the first event's last moment
    expect(pollingSees(POLLING, burst(10_000))).toBe(true); // at 60 s, with the last event
    expect(pollingSees(POLLING, burst(10_001))).toBe(false); // 60 s is too early, 75 s too late
    expect(pollingSees(POLLING, burst(14_999))).toBe(false);
  });
});
