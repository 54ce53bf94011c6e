import type { SocEvent } from '@mini-soc/model';
import { ignoreLimits } from '@mini-soc/model';
import { parseRuleFile, type Rule } from '@mini-soc/sigma';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { makeEvent, START_MS } from '../../test/make-rule.ts';
import { silentLog } from '../../test/silent-log.ts';
import { usualOf } from './baseline.ts';
import { createCycle } from './run-cycle.ts';

const HOUR_MS = 3_600_000;
const [RULE] = parseRuleFile(
  `title: Any
name: any_request
detection: { a: { action: http_request }, condition: a }
---
title: UnusualRule
correlation: { type: event_count, rules: [any_request], group-by: [username], timespan: 1h, condition: { gte: 20 } }
mini-soc: { baseline: { learn: 3d, factor: 6 }, suppress: 1h }
`,
  'unusual.yml',
) as [Rule];

/** So many requests in each of these hours, one after the other. */
function hours(username: string, from: number, counts: readonly number[]): readonly SocEvent[] {
  return counts.flatMap((count, hour) =>
    Array.from({ length: count }, (_, index) =>
      makeEvent((from + hour) * HOUR_MS + (index * HOUR_MS) / (count + 1), {
        action: 'http_request',
        username,
      }),
    ),
  );
}
const DAYS = Array.from({ length: 72 }, () => 1);

describe('usualOf()', () => {
  it('usualOf() is hardly moved by a few wild windows', () => {
    const quiet = Array.from({ length: 50 }, (_, index) => index % 3);
    expect(usualOf(quiet, 6)).toMatchObject({ median: 1, deviation: 1 });
    expect(usualOf([...quiet, 5000, 9000, 100], 6).limit).toBe(usualOf(quiet, 6).limit);
  });

  it('usualOf() never takes a steady number for one that cannot change', () => {
    expect(usualOf([7, 7, 7, 7], 6)).toEqual({ median: 7, deviation: 0, windows: 4, limit: 13 });
  });
});

for (const [name, open] of [
  ['memory', async () => createMemoryStore()],
  ['duckdb', () => openDuckDbStore({ path: ':memory:' })],
] as const)
  describe(`a rule with a baseline on ${name}`, () => {
    it('fires for what is unusual for that one, says what is usual, and leaves the busy alone', async () => {
      const store = await open();
      await store.appendEvents([
        ...hours('quiet', 0, DAYS),
        ...hours('quiet', 72, [30]),
        ...hours(
          'busy',
          0,
          DAYS.map(() => 30),
        ),
        ...hours('busy', 72, [33]),
        ...hours('fresh', 71, [1]),
        ...hours('fresh', 72, [200]),
      ]);
      const cycle = createCycle({
        store,
        rules: [RULE],
        latenessMs: 120_000,
        now: () => new Date(START_MS + 80 * HOUR_MS),
        logger: silentLog,
        lanesFor: () => [],
        onAlert: () => undefined,
        onLimit: ignoreLimits,
      });
      await cycle.run();
      const alerts = (await store.searchAlerts({ size: 10 })).map(({ alert }) => alert);
      expect(alerts.map(({ entity }) => entity['username'])).toEqual(['quiet']);
      expect(alerts[0]?.details.summary).toContain('usually 1 in 1h (median of ');
      await store.appendEvents(hours('quiet', 73, [40]));
      await cycle.run();
      expect((await store.searchAlerts({ size: 10 })).length).toBe(1);
      await store.close();
    });
  });
