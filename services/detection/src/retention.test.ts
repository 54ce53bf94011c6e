import { createLogger, Registry } from '@mini-soc/service-kit';
import type { Lifecycle, RetentionReport } from '@mini-soc/store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeRetention, startRetention } from './retention.ts';

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

describe('the lifecycle of the store', () => {
  const POLICY: Lifecycle = { kind: 'policy', name: 'soc-logs', deleteAfterDays: 32 };
  const NONE: Lifecycle = { kind: 'none', reason: 'no handler found for uri' };

  it.each([
    ['policy', POLICY, [{ policy: 'soc-logs', deleteAfterDays: 32 }]],
    ['none', NONE, [{ reason: 'no handler found for uri' }]],
    ['absent', undefined, []],
  ] as const)('is logged once by startRetention(): %s', async (_, lifecycle, wanted) => {
    const logger = createLogger({ name: 'test', level: 'silent' });
    const info = vi.spyOn(logger, 'info');
    const stop = startRetention({
      store: {
        ...(lifecycle === undefined ? {} : { lifecycle }),
        retain: async () => ({ deletedEvents: 0, deletedForSize: 0, sizeBytes: 0 }),
      },
      settings: SETTINGS,
      registry: new Registry(),
      onLimit: () => undefined,
      now: () => NOW,
      logger,
    });
    await stop();
    expect(info.mock.calls.map(([data]) => data)).toEqual(wanted);
  });

  it('is part of what describeRetention() says', () => {
    expect(describeRetention(SETTINGS, POLICY)).toBe(
      'events older than 1h are deleted here, and whole days after 32 days by the lifecycle policy soc-logs',
    );
    expect(describeRetention(SETTINGS, NONE)).toBe(
      'events older than 1h are deleted here alone: the store has no index lifecycle for them',
    );
  });
});
