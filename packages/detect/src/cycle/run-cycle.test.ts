import { ignoreLimits, StoreError, type Alert, type SocEvent } from '@mini-soc/model';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import {
  COUNT_5,
  DISTINCT_4,
  equals,
  makeEvent,
  makeRule,
  SEQUENCE_3,
  START_MS,
} from '../../test/make-rule.ts';
import { silentLog } from '../../test/silent-log.ts';
import { twoLanes } from '../../test/two-lanes.ts';
import type { PageSizes } from './collect-work.ts';
import { createDueRules } from './due-rules.ts';
import { createCycle } from './run-cycle.ts';
import type { AlertChange } from '../alerts/store-episodes.ts';

function setUp(
  store: Store,
  rules: readonly Rule[],
  nowMs: number | (() => number) = START_MS + 60_000,
  pages?: PageSizes,
) {
  const changes: AlertChange[] = [];
  const cycle = createCycle({
    store,
    rules,
    latenessMs: 120_000,
    now: () => new Date(typeof nowMs === 'number' ? nowMs : nowMs()),
    logger: silentLog,
    lanesFor: twoLanes,
    onAlert: (_alert, change) => changes.push(change),
    onLimit: ignoreLimits,
    ...(pages === undefined ? {} : { pages }),
  });
  return { cycle, changes };
}

const burst = (fromMs: number, count = 5, fields: Partial<SocEvent> = {}): readonly SocEvent[] =>
  Array.from({ length: count }, (_, index) => makeEvent(fromMs + index * 1000, fields));

const alertsOf = async (store: Store): Promise<readonly Alert[]> =>
  (await store.searchAlerts({ size: 1000 })).map(({ alert }) => alert);

/** A store that counts what it hands out and can be made to fail or to wait. */
function watch(
  store: Store,
  hooks: { readonly before?: (name: keyof Store) => Promise<void> } = {},
) {
  const counts = { events: 0, calls: 0 };
  const watched: Store = {
    ...store,
    selectCandidates: async (request) => {
      counts.calls += 1;
      await hooks.before?.('selectCandidates');
      return store.selectCandidates(request);
    },
    readEntityEvents: async (request) => {
      await hooks.before?.('readEntityEvents');
      const page = await store.readEntityEvents(request);
      counts.events += page.events.length;
      return page;
    },
    createAlerts: async (alerts) => {
      await hooks.before?.('createAlerts');
      return store.createAlerts(alerts);
    },
    updateAlerts: async (changes) => {
      await hooks.before?.('updateAlerts');
      return store.updateAlerts(changes);
    },
  };
  return { store: watched, counts };
}

describe('createCycle()', () => {
  it('createCycle() raises one alert and then only keeps it up to date', async () => {
    const store = createMemoryStore();
    const { cycle, changes } = setUp(store, [makeRule(COUNT_5)]);
    await store.appendEvents(burst(0, 4));
    expect(await cycle.run()).toMatchObject({ created: 0 });
    await store.appendEvents(burst(4000, 1));
    expect(await cycle.run()).toMatchObject({ created: 1, updated: 0, rules: [{ candidates: 1 }] });
    await store.appendEvents(burst(5000, 5));
    expect(await cycle.run()).toMatchObject({ created: 0, updated: 1 });
    expect(await cycle.run()).toMatchObject({ created: 0, updated: 0, rules: [{ candidates: 0 }] });
    expect(changes).toEqual(['created', 'updated']);
    expect(await alertsOf(store)).toMatchObject([{ event_count: 10, severity: 'high' }]);
  });

  it('createCycle() asks the store for nothing when nothing arrived', async () => {
    const { store, counts } = watch(createMemoryStore());
    const { cycle } = setUp(store, [makeRule(COUNT_5), makeRule(DISTINCT_4, { id: 'other' })]);
    await store.appendEvents(burst(0));
    await cycle.run();
    const before = counts.calls;
    await cycle.run();
    expect(counts.calls).toBe(before);
  });

  it('createCycle() with many rules asks for the candidates of those that the new events meet', async () => {
    const others = Array.from({ length: 40 }, (_, number) => {
      const rule = makeRule(COUNT_5, { id: `other-${number}` });
      return { ...rule, query: { ...rule.query, filter: equals('action', `other_${number}`) } };
    });
    const { store, counts } = watch(createMemoryStore());
    const { cycle } = setUp(store, [makeRule(COUNT_5), ...others]);
    await store.appendEvents(burst(0));
    expect(await cycle.run()).toMatchObject({ created: 1 });
    const ofOne = watch(createMemoryStore());
    const alone = setUp(ofOne.store, [makeRule(COUNT_5)]);
    await ofOne.store.appendEvents(burst(0));
    await alone.cycle.run();
    expect(counts.calls).toBe(ofOne.counts.calls);
    await store.appendEvents(burst(600_000, 5, { action: 'other_7' }));
    expect((await cycle.run()).rules.filter(({ created }) => created > 0)).toMatchObject([
      { id: 'test-rule' },
      { id: 'other-7' },
    ]);
  });

  it('createCycle() with many rules does without that question when the store cannot answer it', async () => {
    const rules = Array.from({ length: 12 }, (_, number) =>
      makeRule(COUNT_5, { id: `rule-${number}` }),
    );
    const store: Store = {
      ...createMemoryStore(),
      filtersMet: () => Promise.reject(new StoreError('STORE_FAILED', 'too much')),
    };
    const { cycle } = setUp(store, rules);
    await store.appendEvents(burst(0));
    expect(await cycle.run()).toMatchObject({ created: 12 });
  });

  it('createCycle() counts a straggler that is far from the threshold to the open episode', async () => {
    const store = createMemoryStore();
    const { cycle } = setUp(store, [makeRule(COUNT_5)]);
    await store.appendEvents(burst(0));
    await cycle.run();
    await store.appendEvents([makeEvent(250_000)]);
    await cycle.run();
    expect(await alertsOf(store)).toMatchObject([
      { event_count: 6, last_seen: new Date(START_MS + 250_000).toISOString() },
    ]);
  });

  it('createCycle() finds what came while it was down, and events that come late', async () => {
    const store = createMemoryStore();
    await store.appendEvents([...burst(0, 2), ...burst(3000, 2)]);
    await setUp(store, [makeRule(COUNT_5)]).cycle.run();
    await store.appendEvents([makeEvent(2500)]);
    const { cycle } = setUp(store, [makeRule(COUNT_5)], START_MS + 3_600_000);
    expect(await cycle.run()).toMatchObject({ created: 1 });
    expect(await alertsOf(store)).toMatchObject([{ event_count: 5, late: true }]);
  });

  it('createCycle() moves the start of an alert instead of making a second one', async () => {
    const store = createMemoryStore();
    const { cycle } = setUp(store, [makeRule(COUNT_5)]);
    await store.appendEvents(burst(10_000));
    await cycle.run();
    const [before] = await alertsOf(store);
    await store.appendEvents([makeEvent(9000)]);
    await cycle.run();
    expect(await alertsOf(store)).toMatchObject([
      {
        alert_id: before?.alert_id,
        event_count: 6,
        first_seen: new Date(START_MS + 9000).toISOString(),
      },
    ]);
  });

  it('createCycle() joins two alerts when late events show one episode', async () => {
    const store = createMemoryStore();
    const { cycle } = setUp(store, [makeRule(COUNT_5)]);
    await store.appendEvents([...burst(0), ...burst(500_000)]);
    await cycle.run();
    expect(await alertsOf(store)).toHaveLength(2);
    await store.appendEvents([makeEvent(250_000)]);
    await cycle.run();
    const alerts = (await alertsOf(store)).toSorted((a, b) =>
      a.first_seen < b.first_seen ? -1 : 1,
    );
    expect(alerts).toMatchObject([
      { event_count: 11, status: 'open' },
      { status: 'closed', details: { merged_into: alerts[0]?.alert_id } },
    ]);
  });

  it('createCycle() keeps the other rules going when one fails, and says which', async () => {
    const memory = createMemoryStore();
    let fails = true;
    const { store } = watch(memory);
    const broken: Store = {
      ...store,
      selectCandidates: (request) => {
        if (fails && request.query.windowMs === 7000)
          throw new StoreError('STORE_BROKEN', 'Cannot read: the disk is gone', {
            retryable: true,
          });
        return store.selectCandidates(request);
      },
    };
    const { cycle } = setUp(broken, [
      makeRule(COUNT_5, { id: 'bad', windowMs: 7000 }),
      makeRule(COUNT_5, { id: 'good' }),
    ]);
    await memory.appendEvents(burst(0));
    const report = await cycle.run();
    expect(report.rules).toMatchObject([
      { id: 'bad', error: 'Cannot read: the disk is gone' },
      { id: 'good', created: 1 },
    ]);
    expect(cycle.stateOf('bad').lastError).toBe('Cannot read: the disk is gone');
    expect(cycle.stateOf('good').lastError).toBeUndefined();
    fails = false;
    expect((await cycle.run()).rules).toMatchObject([
      { id: 'bad', created: 1 },
      { id: 'good', created: 0 },
    ]);
    expect(cycle.stateOf('bad').lastError).toBeUndefined();
  });

  it('createCycle() repeats a cycle that broke off without doubling anything', async () => {
    const memory = createMemoryStore();
    let writes = 0;
    const { store } = watch(memory, {
      before: async (name) => {
        if (name !== 'createAlerts') return;
        writes += 1;
        if (writes === 2) throw new StoreError('STORE_BROKEN', 'Cannot write', { retryable: true });
      },
    });
    const onePerPage = { candidates: 1, alerts: 100, events: 100, arrivals: 100 };
    const { cycle } = setUp(store, [makeRule(COUNT_5)], undefined, onePerPage);
    await memory.appendEvents([
      ...burst(0, 5, { source_ip: '198.51.100.1' }),
      ...burst(0, 5, { source_ip: '198.51.100.2' }),
      ...burst(0, 5, { source_ip: '198.51.100.3' }),
    ]);
    expect((await cycle.run()).rules[0]?.error).toBe('Cannot write');
    await cycle.run();
    expect(new Set((await alertsOf(store)).map((alert) => alert.source_ip))).toEqual(
      new Set(['198.51.100.1', '198.51.100.2', '198.51.100.3']),
    );
  });

  it('createCycle() makes no second alert after a restart', async () => {
    const store = createMemoryStore();
    await store.appendEvents(burst(0));
    await setUp(store, [makeRule(COUNT_5)]).cycle.run();
    await store.appendEvents(burst(5000, 3));
    await setUp(store, [makeRule(COUNT_5)]).cycle.run();
    await store.writeState('detection/checkpoints', {});
    await setUp(store, [makeRule(COUNT_5)]).cycle.run();
    expect(await alertsOf(store)).toMatchObject([{ event_count: 8 }]);
  });

  it('createCycle() lets two processes work at once on one store', async () => {
    const memory = createMemoryStore();
    // Each call gives way a different number of times, so that the two interleave in many ways.
    let seed = 1;
    const { store } = watch(memory, {
      before: async () => {
        seed = (seed * 48_271) % 2_147_483_647;
        for (let turn = 0; turn < seed % 7; turn += 1) await Promise.resolve();
      },
    });
    const rules = [makeRule(COUNT_5), makeRule(SEQUENCE_3, { id: 'sequence' })];
    const [one, two] = [setUp(store, rules), setUp(store, rules)];
    for (let round = 0; round < 30; round += 1) {
      await memory.appendEvents(
        burst(round * 100_000, 3, { source_ip: `198.51.100.${round % 4}` }),
      );
      const running = one.cycle.run();
      await memory.appendEvents([
        ...burst(round * 100_000 + 500, 3, { source_ip: `198.51.100.${round % 4}` }),
        makeEvent(round * 100_000 + 5000, {
          source_ip: `198.51.100.${round % 4}`,
          status: 'success',
        }),
      ]);
      await Promise.all([running, two.cycle.run(), one.cycle.run().catch(() => undefined)]);
    }
    await two.cycle.run();
    const whole = createMemoryStore();
    await whole.appendEvents(await memory.searchEvents({ size: 10_000, order: 'oldest' }));
    await setUp(whole, rules).cycle.run();
    const summary = async (from: Store): Promise<readonly unknown[]> =>
      (await alertsOf(from))
        .filter((alert) => alert.details.merged_into === undefined)
        .map(
          (alert) =>
            `${alert.rule_id} ${alert.source_ip} ${alert.first_seen} ${alert.last_seen} ${alert.event_count} ${alert.severity}`,
        )
        .toSorted();
    expect(await summary(store)).toEqual(await summary(whole));
  });

  it('createCycle() does not read a long episode again in every cycle', async () => {
    const { store, counts } = watch(createMemoryStore());
    const { cycle } = setUp(store, [makeRule(COUNT_5)], START_MS + 10_000_000);
    await store.appendEvents(burst(0, 3000));
    await cycle.run();
    for (let round = 0; round < 5; round += 1) {
      await store.appendEvents(burst(3_000_000 + round * 10_000, 10));
      const before = counts.events;
      await cycle.run();
      // The first time the point inside the episode is 3,000 s old at most; then only what is new.
      if (round > 0) expect(counts.events - before).toBeLessThan(50);
    }
    expect(await alertsOf(store)).toMatchObject([{ event_count: 3050 }]);
  });

  it('createCycle() finds the address of a command in the latest ssh session of its user', async () => {
    const store = createMemoryStore();
    const rule = makeRule({ kind: 'count', atLeast: 1 });
    const commands: Rule = {
      ...rule,
      query: {
        ...rule.query,
        filter: equals('action', 'command_execution'),
        groupBy: ['hostname', 'username'],
      },
    };
    const command = (atMs: number, username: string): SocEvent => {
      const { source_ip: _none, ...event } = makeEvent(atMs, {
        action: 'command_execution',
        status: 'executed',
        username,
        command: 'nc -e /bin/sh',
      });
      return event;
    };
    const login = (atMs: number, source_ip: string, fields: Partial<SocEvent> = {}): SocEvent =>
      makeEvent(atMs, { status: 'success', username: 'alice', source_ip, ...fields });
    await store.appendEvents([
      login(0, '198.51.100.1'),
      login(1000, '198.51.100.2'),
      login(1500, '198.51.100.3', { hostname: 'web02' }),
      login(1600, '198.51.100.4', { username: 'bob' }),
      command(2000, 'alice'),
      login(3000, '198.51.100.5'),
      command(2000 + 13 * 3_600_000, 'bob'),
    ]);
    await setUp(store, [commands]).cycle.run();
    const alerts = (await alertsOf(store)).toSorted((a, b) =>
      a.first_seen < b.first_seen ? -1 : 1,
    );
    expect(alerts).toMatchObject([
      {
        source_ip: '198.51.100.2',
        username: 'alice',
        details: {
          source_ip_origin: `ssh session of alice since ${new Date(START_MS + 1000).toISOString()}`,
        },
      },
      { username: 'bob' },
    ]);
    expect(alerts[1]?.source_ip).toBeUndefined();
  });

  it('createCycle() leaves disabled rules alone', async () => {
    const store = createMemoryStore();
    await store.appendEvents(burst(0));
    const { cycle } = setUp(store, [makeRule(COUNT_5, { enabled: false })]);
    expect((await cycle.run()).rules).toEqual([]);
  });

  it('createCycle() finds every one of 600 attackers', async () => {
    const store = createMemoryStore();
    const address = (index: number) => `2001:db8::${index.toString(16)}`;
    const rule = makeRule({ kind: 'count', atLeast: 2 });
    for (let index = 0; index < 600; index += 1)
      await store.appendEvents(burst(index, 2, { source_ip: address(index) }));
    expect(await setUp(store, [rule]).cycle.run()).toMatchObject({ created: 600 });
    await store.appendEvents(
      Array.from({ length: 600 }, (_, index) => makeEvent(200_000, { source_ip: address(index) })),
    );
    expect(await setUp(store, [rule]).cycle.run()).toMatchObject({ created: 0, updated: 600 });
  });

  it('createCycle() writes and fills the gap of ten minutes without detection, and doubles nothing', async () => {
    const store = createMemoryStore();
    const minute = 60_000;
    let nowMs = START_MS;
    const start = () => {
      const { cycle } = setUp(store, [makeRule(COUNT_5)], () => nowMs);
      return cycle;
    };
    const before = start();
    await store.appendEvents(burst(-10_000, 5, { source_ip: '198.51.100.1' }));
    await before.run();
    // Off: three attackers, one of them the one that was seen already.
    await store.appendEvents([
      ...burst(1 * minute, 5, { source_ip: '198.51.100.1' }),
      ...burst(2 * minute, 5, { source_ip: '198.51.100.2' }),
      ...burst(9 * minute, 5, { source_ip: '198.51.100.3' }),
    ]);
    nowMs = START_MS + 10 * minute;
    const after = start();
    await after.run();
    await after.run();
    expect(after.coverageOf('test-rule')?.gaps).toEqual([
      {
        from: new Date(START_MS).toISOString(),
        to: new Date(nowMs).toISOString(),
        reason: 'Detection was not running',
        filled_at: new Date(nowMs).toISOString(),
      },
    ]);
    const found = (await alertsOf(store)).map((alert) => [
      alert.source_ip,
      alert.event_count,
      alert.late,
    ]);
    expect(new Map(found.map(([ip, ...rest]) => [ip, rest]))).toEqual(
      new Map([
        ['198.51.100.1', [10, false]],
        ['198.51.100.2', [5, true]],
        ['198.51.100.3', [5, false]],
      ]),
    );
    expect(found).toHaveLength(3);
  });

  it('createCycle() counts the time in which the store did not answer as a gap', async () => {
    const memory = createMemoryStore();
    let isDown = false;
    const store: Store = {
      ...memory,
      arrivalCursor: async () => {
        if (isDown) throw new StoreError('STORE_FAILED', 'Cannot reach the store');
        return memory.arrivalCursor();
      },
    };
    let nowMs = START_MS;
    const { cycle } = setUp(store, [makeRule(COUNT_5)], () => nowMs);
    await cycle.run();
    isDown = true;
    for (let round = 0; round < 4; round += 1) {
      nowMs += 30_000;
      await expect(cycle.run()).rejects.toThrow('Cannot reach the store');
    }
    expect(cycle.coverageOf('test-rule')?.gaps).toEqual([
      { from: new Date(START_MS).toISOString(), reason: 'Cannot reach the store' },
    ]);
    isDown = false;
    await cycle.run();
    expect(cycle.coverageOf('test-rule')?.gaps).toMatchObject([
      { to: new Date(nowMs).toISOString() },
    ]);
  });

  it('createCycle() notes what followed on the alert that came first, and raises its risk', async () => {
    const guess = makeRule(COUNT_5);
    const success = makeRule(SEQUENCE_3, { id: 'success', name: 'SuccessRule' });
    const rows = [...burst(0, 5), makeEvent(20_000, { status: 'success' })];
    for (const rules of [
      [guess, success],
      [success, guess],
    ]) {
      const store = createMemoryStore();
      const { cycle } = setUp(store, rules);
      await store.appendEvents(rows.slice(0, 5));
      await cycle.run();
      const [before] = await alertsOf(store);
      await store.appendEvents(rows.slice(5));
      await cycle.run();
      const after = new Map((await alertsOf(store)).map((alert) => [alert.rule_name, alert]));
      expect(after.get('TestRule')?.details.followed_by).toEqual(['SuccessRule']);
      expect(after.get('TestRule')?.risk_score).toBe((before?.risk_score ?? 0) + 4);
      expect(after.get('SuccessRule')?.details.followed_by).toBeUndefined();
    }
  });

  it('createCycle() does not depend on which of two alerts is written first', async () => {
    const guess = makeRule(COUNT_5);
    const success = makeRule(SEQUENCE_3, { id: 'success', name: 'SuccessRule' });
    const store = createMemoryStore();
    const { cycle } = setUp(store, [success, guess]);
    // The episode of five begins later than that of the sequence.
    await store.appendEvents([
      ...burst(0, 3),
      makeEvent(4000, { status: 'success' }),
      ...burst(120_000, 5),
    ]);
    await cycle.run();
    const found = new Map((await alertsOf(store)).map((alert) => [alert.rule_name, alert]));
    expect(found.get('SuccessRule')?.details.followed_by).toEqual(['TestRule']);
    expect(found.get('TestRule')?.details.followed_by).toBeUndefined();
  });

  it('createCycle() keeps the way it has gone when it breaks off further on', async () => {
    const memory = createMemoryStore();
    let isBroken = true;
    const { store } = watch(memory, {
      before: async (name) => {
        if (name !== 'createAlerts' || !isBroken) return;
        const present = await memory.searchAlerts({ size: 10 });
        if (present.length === 1) throw new StoreError('STORE_BROKEN', 'Cannot write');
      },
    });
    const steps = { candidates: 10, alerts: 100, events: 100, arrivals: 5 };
    const { cycle } = setUp(store, [makeRule(COUNT_5)], undefined, steps);
    await memory.appendEvents([
      ...burst(0, 5, { source_ip: '198.51.100.1' }),
      ...burst(0, 5, { source_ip: '198.51.100.2' }),
    ]);
    expect((await cycle.run()).rules[0]?.error).toBe('Cannot write');
    isBroken = false;
    expect(await cycle.run()).toMatchObject({ created: 1, rules: [{ candidates: 1 }] });
    expect(await alertsOf(memory)).toHaveLength(2);
  });

  it('createCycle() asks nothing of the store when no rule has anything new', async () => {
    const { store, counts } = watch(createMemoryStore());
    const dueRules = createDueRules();
    const rules = [makeRule(COUNT_5), makeRule(DISTINCT_4, { id: 'other' })];
    const cycle = createCycle({
      store,
      rules,
      latenessMs: 120_000,
      now: () => new Date(START_MS),
      logger: silentLog,
      lanesFor: twoLanes,
      onAlert: () => undefined,
      onLimit: ignoreLimits,
      dueRules,
    });
    await store.appendEvents(burst(0));
    expect((await cycle.run()).created).toBe(1); // the first one looks at everything
    const before = counts.calls;
    await store.appendEvents([makeEvent(10, { status: 'info' })]);
    const report = await cycle.run();
    expect(report.rules.map(({ id, candidates }) => [id, candidates])).toEqual([
      ['test-rule', 0],
      ['other', 0],
    ]);
    expect(counts.calls).toBe(before);
    expect(cycle.coverageOf('other')?.gaps).toEqual([]);
    const stored = dueRules.expect(new Set(['other']));
    await store.appendEvents(['a', 'b', 'c', 'd'].map((username) => makeEvent(20, { username })));
    stored();
    expect((await cycle.run()).created).toBe(1);
  });
});
