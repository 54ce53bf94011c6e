import { createLogger, Registry } from '@mini-soc/service-kit';
import type { RetentionReport } from '@mini-soc/store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRetention } from './retention.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const SETTINGS = { ageMs: 3_600_000, maxBytes: 1000, everyMs: 60_000 };

/** A store whose `retain()` gives one answer after the other. */
function start(answers: readonly (RetentionReport | Error)[]) {
  const asked: (readonly [number, number])[] = [];
  const limits: (readonly [string, number | undefined])[] = [];
  const registry = new Registry();
  const stop = startRetention({
    store: {
      retain: async (beforeMs, maxBytes) => {
        const answer = answers[asked.length] ?? new Error('asked too often');
        asked.push([beforeMs, maxBytes]);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    settings: SETTINGS,
    registry,
    onLimit: (name, times) => void limits.push([name, times]),
    now: () => NOW,
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  return { stop, asked, limits, registry };
}

describe('startRetention()', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('startRetention() deletes at once, then each time, and counts what went', async () => {
    const { stop, asked, limits, registry } = start([
      { deletedEvents: 5, deletedForSize: 0, sizeBytes: 900 },
      { deletedEvents: 7, deletedForSize: 4, sizeBytes: 800 },
    ]);
    await vi.advanceTimersByTimeAsync(SETTINGS.everyMs);
    await stop();
    await vi.advanceTimersByTimeAsync(10 * SETTINGS.everyMs);
    expect(asked).toEqual([
      [NOW.getTime() - SETTINGS.ageMs, 1000],
      [NOW.getTime() - SETTINGS.ageMs, 1000],
    ]);
    expect(limits).toEqual([['retention_mebibytes', 4]]);
    const metrics = await registry.metrics();
    expect(metrics).toContain('soc_retention_deleted_events_total 12');
    expect(metrics).toContain('soc_retention_store_bytes 800');
  });

  it('startRetention() goes on after a failure', async () => {
    const { stop, limits, registry } = start([
      new Error('the store is busy'),
      { deletedEvents: 1, deletedForSize: 1, sizeBytes: 1 },
    ]);
    await vi.advanceTimersByTimeAsync(SETTINGS.everyMs);
    await stop();
    expect(limits).toEqual([['retention_mebibytes', 1]]);
    expect(await registry.metrics()).toContain('soc_retention_deleted_events_total 1');
  });
});
