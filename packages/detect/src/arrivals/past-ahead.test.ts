/** What is read ahead of the past is what would be read at the moment it counts, or nothing. */
import type { Rule } from '@mini-soc/sigma';
import { createMemoryStore } from '@mini-soc/store/memory';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import { guessingRule, makeEvent, START_MS } from '../../test/make-rule.ts';
import { judgeByPast } from '../cycle/judge-by-past.ts';
import { createPastAhead, PAST_GOOD_MS } from './past-ahead.ts';

const MINUTE_MS = 60_000;
const LATENESS_MS = 120_000;
const PLAIN = guessingRule('{ rule: logins, same: [source_ip], within: 1h }');
const entity = { source_ip: '203.0.113.7' };
const loginAt = (minute: number, source_ip = entity.source_ip) =>
  makeEvent(minute * MINUTE_MS, { status: 'success', source_ip });
const at = (minute: number) => START_MS + minute * MINUTE_MS;

function setUp(rule: Rule, minutes: readonly number[] = []) {
  const store = createMemoryStore();
  const ahead = createPastAhead({ store, latenessMs: LATENESS_MS });
  return {
    store,
    ahead,
    ask: async (minute: number, arrivalMs = at(minute)) => {
      await store.appendEvents(minutes.map((one) => loginAt(one)));
      ahead.ask([{ rule, entity, ms: at(minute) }], arrivalMs);
    },
    explains: (minute: number, arrivalMs = at(minute)) =>
      ahead.explains(rule, entity, at(minute), arrivalMs),
  };
}

describe('createPastAhead()', () => {
  it('says nothing of whom it was not asked about', async () => {
    expect(await setUp(PLAIN).explains(90)).toBeUndefined();
  });

  it('says whether the past explains it, at the moment that counts', async () => {
    const { ask, explains } = setUp(PLAIN, [60]);
    await ask(119.8);
    expect(await explains(119.9)).toBe(true);
    expect(await explains(120.1)).toBe(false);
    expect(await explains(60, at(119.9))).toBeUndefined();
  });

  it('counts how often it was', async () => {
    const twice = guessingRule('{ rule: logins, same: [source_ip], within: 1h, gte: 2 }');
    const once = setUp(twice, [60]);
    await once.ask(90);
    expect(await once.explains(90)).toBe(false);
    const often = setUp(twice, [60, 61]);
    await often.ask(90);
    expect(await often.explains(90)).toBe(true);
  });

  it('says nothing when something came since that may explain it', async () => {
    const { ask, explains, ahead } = setUp(PLAIN);
    await ask(90);
    ahead.forget(PLAIN, entity, at(90));
    expect(await explains(90.1)).toBeUndefined();
    // It may be on its way into the store.
    await ask(90.1);
    expect(await explains(90.1)).toBeUndefined();
    await ask(90.2);
    expect(await explains(90.2)).toBe(false);
  });

  it('says nothing when its answer is old, or the store could not say', async () => {
    const { ask, explains, store, ahead } = setUp(PLAIN);
    await ask(90);
    expect(await explains(90, at(90) + PAST_GOOD_MS - 1)).toBe(false);
    expect(await explains(90, at(90) + PAST_GOOD_MS)).toBeUndefined();
    store.readEntityEvents = () => Promise.reject(new Error('away'));
    ahead.ask([{ rule: PLAIN, entity, ms: at(91) }], at(91));
    expect(await explains(91)).toBeUndefined();
  });

  it('says nothing of those beyond what is read at once', async () => {
    const { store, ahead } = setUp(PLAIN);
    const other = { source_ip: '203.0.113.8' };
    await store.appendEvents(
      Array.from({ length: 1200 }, (_none, n) => makeEvent(n, { status: 'success', ...entity })),
    );
    const near = [entity, other].map((one) => ({ rule: PLAIN, entity: one, ms: at(1) }));
    ahead.ask(near, at(1));
    expect(await ahead.explains(PLAIN, entity, at(1), at(1))).toBeUndefined();
    expect(await ahead.explains(PLAIN, other, at(1), at(1))).toBeUndefined();
    ahead.ask(near.slice(1), at(1));
    expect(await ahead.explains(PLAIN, other, at(1), at(1))).toBe(false);
  });

  it('asks once for rules that want to know the same', async () => {
    const { store, ahead } = setUp(PLAIN);
    const twice = guessingRule('{ rule: logins, same: [source_ip], within: 1h, gte: 2 }');
    const longer = guessingRule('{ rule: logins, same: [source_ip], within: 2h }');
    await store.appendEvents([loginAt(60)]);
    const reading = vi.spyOn(store, 'readEntityEvents');
    const near = (rule: Rule, minute: number) => ({ rule, entity, ms: at(minute) });
    ahead.ask([near(PLAIN, 90), near(twice, 90)], at(90));
    ahead.ask([near(twice, 90.1)], at(90.1));
    expect(reading).toHaveBeenCalledTimes(1);
    expect(await ahead.explains(PLAIN, entity, at(90.1), at(90.1))).toBe(true);
    expect(await ahead.explains(twice, entity, at(90.1), at(90.1))).toBe(false);
    expect(await ahead.explains(longer, entity, at(90.1), at(90.1))).toBeUndefined();
    // Another time, a longer one, and one that is asked again when the answer grows old.
    ahead.ask([near(longer, 90.2)], at(90.2));
    ahead.ask([near(PLAIN, 30)], at(90.2));
    ahead.ask([near(PLAIN, 90.8)], at(90.8));
    expect(reading).toHaveBeenCalledTimes(4);
  });

  it('says nothing while the log may not go back far enough', async () => {
    const learning = guessingRule('{ rule: logins, same: [source_ip], within: 1h, learn: 1d }');
    const young = setUp(learning);
    await young.ask(90);
    expect(await young.explains(90)).toBeUndefined();
    const old = setUp(learning, [-1500]);
    await old.ask(90);
    expect(await old.explains(90)).toBe(false);
  });

  it('never says other than what is read when all that has arrived is stored', async () => {
    const step = fc.record({
      what: fc.constantFrom('login', 'ask', 'explains'),
      host: fc.constantFrom('203.0.113.7', '203.0.113.8'),
      waitMs: fc.constantFrom(1, 3000, 20_000),
      ageMs: fc.constantFrom(0, 30_000, 3_600_000),
      storedAfterMs: fc.constantFrom(0, 2000, 9999),
    });
    const unless = PLAIN.unless as NonNullable<Rule['unless']>;
    let said = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 30 }), async (steps) => {
        const stored = createMemoryStore();
        const arrived = createMemoryStore();
        const ahead = createPastAhead({ store: stored, latenessMs: LATENESS_MS });
        const underWay: { readonly dueMs: number; readonly event: ReturnType<typeof loginAt> }[] =
          [];
        let nowMs = at(200);
        for (const { what, host, waitMs, ageMs, storedAfterMs } of steps) {
          nowMs += waitMs;
          for (const one of underWay.filter(({ dueMs }) => dueMs <= nowMs))
            await stored.appendEvents([one.event]);
          const who = { source_ip: host };
          const eventMs = nowMs - ageMs;
          if (what === 'login') {
            const event = loginAt((eventMs - START_MS) / MINUTE_MS, host);
            await arrived.appendEvents([event]);
            ahead.forget(PLAIN, who, nowMs);
            if (storedAfterMs === 0) await stored.appendEvents([event]);
            else underWay.push({ dueMs: nowMs + storedAfterMs, event });
          } else if (what === 'ask') ahead.ask([{ rule: PLAIN, entity: who, ms: nowMs }], nowMs);
          else {
            const answer = await ahead.explains(PLAIN, who, nowMs, nowMs);
            if (answer === undefined) continue;
            said += 1;
            const episode = { severity: 'medium', startMs: nowMs, history: [] };
            const told = await judgeByPast({ store: arrived, unless }, [
              { entity: who, alerts: [], episodes: [episode as never] },
            ]);
            expect(answer).toBe(told[0]?.length === 0);
          }
        }
      }),
      { numRuns: propertyRuns(200) },
    );
    expect(said).toBeGreaterThan(0);
  });
});
