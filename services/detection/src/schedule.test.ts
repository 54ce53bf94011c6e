import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDebounce, cronExpression, scheduleEvery } from './schedule.ts';

describe('cronExpression()', () => {
  it('cronExpression() says intervals that divide a minute, an hour or a day', () => {
    expect(cronExpression(1000)).toBe('*/1 * * * * *');
    expect(cronExpression(15_000)).toBe('*/15 * * * * *');
    expect(cronExpression(60_000)).toBe('0 */1 * * * *');
    expect(cronExpression(1_800_000)).toBe('0 */30 * * * *');
    expect(cronExpression(7_200_000)).toBe('0 0 */2 * * *');
    expect(cronExpression(86_400_000)).toBe('0 0 0 * * *');
  });

  it('cronExpression() says nothing for others', () => {
    for (const ms of [500, 1500, 7000, 45_000, 90_000, 420_000, 18_000_000, 172_800_000])
      expect(cronExpression(ms)).toBeUndefined();
  });
});

describe('with a clock of our own', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-11-21T03:40:00.500Z') });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('scheduleEvery() ticks each second until it is ended', async () => {
    const tick = vi.fn<() => void>();
    const end = scheduleEvery(1000, tick);
    await vi.advanceTimersByTimeAsync(3000);
    expect(tick).toHaveBeenCalledTimes(3);
    end();
    await vi.advanceTimersByTimeAsync(3000);
    expect(tick).toHaveBeenCalledTimes(3);
  });

  it('scheduleEvery() ticks at intervals cron cannot say', async () => {
    const tick = vi.fn<() => void>();
    const end = scheduleEvery(7000, tick);
    await vi.advanceTimersByTimeAsync(21_000);
    end();
    expect(tick).toHaveBeenCalledTimes(3);
  });

  it('createDebounce() joins calls and is not put off by more of them', () => {
    const work = vi.fn<() => void>();
    const debounce = createDebounce(20, work);
    for (let ms = 0; ms < 200; ms += 5) {
      debounce.notify(50);
      vi.advanceTimersByTime(5);
    }
    expect(work).toHaveBeenCalledTimes(4); // at 20, 70, 120 and 170 ms
    vi.advanceTimersByTime(500);
    expect(work).toHaveBeenCalledTimes(5);
    debounce.notify(50);
    vi.advanceTimersByTime(19);
    expect(work).toHaveBeenCalledTimes(5); // after a rest the wait is short again
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(6);
    debounce.notify(50);
    debounce.cancel();
    vi.advanceTimersByTime(100);
    expect(work).toHaveBeenCalledTimes(6);
  });

  it('createDebounce() runs at the shortest pace that was asked for', () => {
    const work = vi.fn<() => void>();
    const debounce = createDebounce(20, work);
    debounce.notify(1000);
    vi.advanceTimersByTime(20);
    expect(work).toHaveBeenCalledTimes(1);
    debounce.notify(1000);
    vi.advanceTimersByTime(500);
    expect(work).toHaveBeenCalledTimes(1);
    debounce.notify(50);
    vi.advanceTimersByTime(20);
    expect(work).toHaveBeenCalledTimes(2);
    debounce.notify(1000);
    vi.advanceTimersByTime(999);
    expect(work).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(3);
  });
});
