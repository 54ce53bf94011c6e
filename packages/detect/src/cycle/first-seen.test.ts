import { StoreError, type SocEvent, ignoreLimits } from '@mini-soc/model';
import { parseRuleFile, type Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { makeEvent, START_MS } from '../../test/make-rule.ts';
import { silentLog } from '../../test/silent-log.ts';
import { createFirstSeen } from './first-seen.ts';
import { createCycle } from './run-cycle.ts';

const DAY_MS = 86_400_000;
const [RULE] = parseRuleFile(
  `title: NewPlaceRule
detection: { a: { action: ssh_login, status: success }, condition: a }
mini-soc: { first-seen: { fields: [username, source_ip], learn: 7d }, suppress: 5m }
`,
  'new-place.yml',
) as [Rule];

const login = (day: number, fields: Partial<SocEvent> = {}): SocEvent =>
  makeEvent(day * DAY_MS, { status: 'success', username: 'alice', ...fields });

function openCycle(store: Store) {
  return createCycle({
    store,
    rules: [RULE],
    latenessMs: 120_000,
    now: () => new Date(START_MS + 30 * DAY_MS),
    logger: silentLog,
    lanesFor: () => [],
    onAlert: () => undefined,
    onLimit: ignoreLimits,
  });
}

const alertsOf = async (store: Store) =>
  (await store.searchAlerts({ size: 100 }))
    .map(({ alert }) => [alert.entity['username'], alert.entity['source_ip'], alert.event_count])
    .toSorted((a, b) => (String(a) < String(b) ? -1 : 1));

for (const [name, open] of [
  ['memory', async () => createMemoryStore()],
  ['duckdb', () => openDuckDbStore({ path: ':memory:' })],
] as const)
  describe(`a rule with first-seen on ${name}`, () => {
    it('fires for what is new after it has learned, once', async () => {
      const store = await open();
      await store.appendEvents([login(0), login(3), login(6, { username: 'bob' })]);
      const cycle = openCycle(store);
      expect(await cycle.run()).toMatchObject({ created: 0 });
      await store.appendEvents([login(8), login(8, { username: 'bob' })]);
      expect(await cycle.run()).toMatchObject({ created: 0 });
      const elsewhere = { source_ip: '203.0.113.9' };
      await store.appendEvents([login(9, elsewhere), login(9.001, elsewhere)]);
      expect(await cycle.run()).toMatchObject({ created: 1 });
      await store.appendEvents([login(9.002, elsewhere), login(20, elsewhere)]);
      expect(await cycle.run()).toMatchObject({ created: 0, updated: 1 });
      expect(await alertsOf(store)).toEqual([['alice', '203.0.113.9', 3]]);
      await store.close();
    });

    it('knows after a restart what it has seen, and answers an old log as the days themselves', async () => {
      const days = [login(0), login(3), login(9, { username: 'carol' }), login(10), login(11)];
      const store = await open();
      for (const event of days) {
        await store.appendEvents([event]);
        await openCycle(store).run();
      }
      const atOnce = await open();
      await atOnce.appendEvents(days);
      await openCycle(atOnce).run();
      expect(await alertsOf(store)).toEqual([['carol', '198.51.100.7', 1]]);
      expect(await alertsOf(atOnce)).toEqual(await alertsOf(store));
      await store.close();
      await atOnce.close();
    });
  });

describe('a rule with first-seen', () => {
  it('repeats a cycle that broke off and still tells of what was new in it', async () => {
    const memory = createMemoryStore();
    let isBroken = false;
    const store: Store = {
      ...memory,
      createAlerts: (alerts) =>
        isBroken
          ? Promise.reject(new StoreError('STORE_FAILED', 'no'))
          : memory.createAlerts(alerts),
    };
    const cycle = openCycle(store);
    await store.appendEvents([login(0)]);
    await cycle.run();
    isBroken = true;
    await store.appendEvents([login(9, { username: 'carol' })]);
    expect((await cycle.run()).rules[0]?.error).toBe('no');
    isBroken = false;
    expect(await cycle.run()).toMatchObject({ created: 1 });
  });

  it('forgets whom it has not seen for the longest time, and says so', async () => {
    const store = createMemoryStore();
    const limits: unknown[] = [];
    const memory = createFirstSeen({
      store,
      rule: RULE,
      fields: { learnMs: 0 },
      maxEntities: 2,
      onLimit: (...limit) => limits.push(limit),
    });
    await memory.load();
    const work = (user: string, ms: number) => ({
      entity: { username: user },
      firstNewMs: ms,
      lastNewMs: ms,
      alerts: [],
    });
    const isNew = (user: string, ms: number) => memory.open([work(user, ms)]).length === 1;
    const episode = (ms: number) =>
      ({ startMs: ms }) as unknown as Parameters<typeof memory.judge>[1][number];
    for (const [user, ms] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const)
      expect(memory.judge(work(user, ms), [episode(ms)])).toHaveLength(1);
    expect(isNew('a', 4)).toBe(false);
    await memory.save();
    expect(limits).toEqual([['first_seen_entities', 1]]);
    expect(['a', 'b', 'c'].map((user) => isNew(user, 5))).toEqual([false, true, false]);
  });
});
