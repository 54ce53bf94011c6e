import { ignoreLimits, type SocEvent } from '@mini-soc/model';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { guessingRule, makeEvent, START_MS } from '../../test/make-rule.ts';
import { silentLog } from '../../test/silent-log.ts';
import { createCycle } from './run-cycle.ts';

const MINUTE_MS = 60_000;
const PLAIN = '{ rule: logins, same: [source_ip], within: 1h }';

const failures = (minute: number, count = 3, fields: Partial<SocEvent> = {}) =>
  Array.from({ length: count }, (_, index) =>
    makeEvent(minute * MINUTE_MS + index * 10_000, fields),
  );
const login = (minute: number, fields: Partial<SocEvent> = {}) =>
  makeEvent(minute * MINUTE_MS, { status: 'success', ...fields });

function cycleOf(store: Store, rule: Rule) {
  return createCycle({
    store,
    rules: [rule],
    latenessMs: 120_000,
    now: () => new Date(START_MS + 86_400_000),
    logger: silentLog,
    lanesFor: () => [],
    onAlert: () => undefined,
    onLimit: ignoreLimits,
  });
}

for (const [name, open] of [
  ['memory', async () => createMemoryStore()],
  ['duckdb', () => openDuckDbStore({ path: ':memory:' })],
] as const)
  describe(`a rule with unless on ${name}`, () => {
    const alertsAfter = async (unless: string, events: readonly SocEvent[]): Promise<number> => {
      const store = await open();
      await store.appendEvents(events);
      const report = await cycleOf(store, guessingRule(unless)).run();
      await store.close();
      expect(report.rules[0]?.error).toBeUndefined();
      return report.created;
    };

    it('fires where nothing of that kind came before', async () => {
      expect(await alertsAfter(PLAIN, failures(90))).toBe(1);
      expect(await alertsAfter(PLAIN, [login(0), ...failures(90)])).toBe(1);
      expect(await alertsAfter(PLAIN, [...failures(90), login(91)])).toBe(1);
      expect(
        await alertsAfter(PLAIN, [login(60, { source_ip: '203.0.113.9' }), ...failures(90)]),
      ).toBe(1);
    });

    it('is silent where it did', async () => {
      expect(await alertsAfter(PLAIN, [login(60), ...failures(90)])).toBe(0);
      const last = failures(90);
      expect(await alertsAfter(PLAIN, [...last, login(90 + 20 / 60)])).toBe(0);
      expect(await alertsAfter(PLAIN, [...last, login(90 + 21 / 60)])).toBe(1);
    });

    it('counts how often it came', async () => {
      const twice = '{ rule: logins, same: [source_ip], within: 1h, gte: 2 }';
      expect(await alertsAfter(twice, [login(60), ...failures(90)])).toBe(1);
      expect(await alertsAfter(twice, [login(60), login(61), ...failures(90)])).toBe(0);
    });

    it('tells what is worse, or faster, all the same', async () => {
      const mild = '{ rule: logins, same: [source_ip], within: 1h, below: high }';
      expect(await alertsAfter(mild, [login(60), ...failures(90)])).toBe(0);
      expect(await alertsAfter(mild, [login(60), ...failures(90, 6)])).toBe(1);
      const slow = '{ rule: logins, same: [source_ip], within: 1h, slower-than: 30s }';
      expect(await alertsAfter(slow, [login(60), ...failures(90)])).toBe(1);
    });

    it('says nothing before the log goes back far enough to know', async () => {
      const learning = '{ rule: logins, same: [source_ip], within: 1h, learn: 1d }';
      const elsewhere = { source_ip: '203.0.113.9' };
      expect(await alertsAfter(learning, [login(60, elsewhere), ...failures(90)])).toBe(0);
      expect(await alertsAfter(learning, [login(-1500, elsewhere), ...failures(90)])).toBe(1);
    });

    it('goes on with an alert that was raised before, whatever is stored late', async () => {
      const store = await open();
      const cycle = cycleOf(store, guessingRule(PLAIN));
      await store.appendEvents(failures(90));
      expect(await cycle.run()).toMatchObject({ created: 1 });
      await store.appendEvents([login(60), ...failures(91)]);
      expect(await cycle.run()).toMatchObject({ created: 0, updated: 1 });
      await store.close();
    });
  });
