/** However events arrive, in whatever order and pieces, the alerts are those of one look at everything. */
import { ignoreLimits, type Alert, type SocEvent } from '@mini-soc/model';
import type { Measure } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import { oracleEpisodes } from '../../test/brute-force-oracle.ts';
import {
  COUNT_5,
  DISTINCT_4,
  equals,
  makeEvent,
  makeRule,
  SEQUENCE_3,
} from '../../test/make-rule.ts';
import { silentLog } from '../../test/silent-log.ts';
import { twoLanes } from '../../test/two-lanes.ts';
import { createDueRules } from './due-rules.ts';
import { createCycle } from './run-cycle.ts';
import { createArrivalReaction } from '../arrivals/react-to-arrivals.ts';
import { createArrivalWatch } from '../arrivals/watch-arrivals.ts';

const SOURCES = ['198.51.100.7', '198.51.100.7', '203.0.113.9', undefined] as const;
const NOW = new Date('2026-11-21T12:00:00.000Z');

const gap = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 15_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 59_999, 60_000, 149_999, 150_000, 299_999, 300_000) },
  { weight: 2, arbitrary: fc.integer({ min: 60_000, max: 149_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 400_000 }) },
);

interface Arrival {
  readonly event: SocEvent;
  /** Order of arrival. */
  readonly rank: number;
  /** What happens after this event has arrived. */
  readonly next: 'nothing' | 'cycle' | 'restart' | 'other replica';
}

const arrivals = fc
  .array(
    fc.record({
      gap,
      source: fc.constantFrom(...SOURCES),
      status: fc.constantFrom('failure', 'failure', 'failure', 'success'),
      username: fc.constantFrom('root', 'admin', 'bob', 'carol', 'dave'),
      repeat: fc.constantFrom(undefined, undefined, undefined, 3),
      delay: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(60)),
      next: fc.constantFrom('nothing', 'cycle', 'cycle', 'cycle', 'restart', 'other replica'),
    }),
    { minLength: 1, maxLength: 60, size: 'max' },
  )
  .map((parts): readonly Arrival[] => {
    let atMs = 0;
    return parts
      .map((part, index): Arrival => {
        atMs += part.gap;
        const { source_ip: _none, ...event } = makeEvent(atMs, {
          status: part.status as 'failure',
          username: part.username,
          ...(part.repeat === undefined ? {} : { repeat_count: part.repeat }),
        });
        return {
          event: part.source === undefined ? event : { ...event, source_ip: part.source },
          rank: index + part.delay,
          next: part.next,
        };
      })
      .toSorted((a, b) => a.rank - b.rank);
  });

function openCycle(store: Store, rule: Rule, page = 2000) {
  return createCycle({
    store,
    rules: [rule],
    latenessMs: 120_000,
    now: () => NOW,
    logger: silentLog,
    lanesFor: twoLanes,
    onAlert: () => undefined,
    onLimit: ignoreLimits,
    pages: { candidates: page, alerts: page, events: page, arrivals: page },
  });
}

async function readEpisodes(store: Store): Promise<readonly unknown[]> {
  const found = await store.searchAlerts({ size: 10_000 });
  return found
    .map(({ alert }) => alert)
    .filter((alert) => alert.details.merged_into === undefined)
    .map(({ alert_id: _id, '@timestamp': _time, updated_at: _updated, ...rest }: Alert) => rest)
    .toSorted((a, b) =>
      a.first_seen + JSON.stringify(a.entity) < b.first_seen + JSON.stringify(b.entity) ? -1 : 1,
    );
}

/** What does not depend on the order in which alerts of two rules were made. */
async function readFacts(store: Store): Promise<readonly string[]> {
  const found = await store.searchAlerts({ size: 10_000 });
  return found
    .map(({ alert }) => alert)
    .filter((alert) => alert.details.merged_into === undefined)
    .map((alert) =>
      JSON.stringify([
        alert.rule_id,
        alert.entity,
        alert.first_seen,
        alert.last_seen,
        alert.event_count,
        alert.severity,
      ]),
    )
    .toSorted();
}

const MEASURES: readonly [string, Measure][] = [
  ['count', COUNT_5],
  ['count of one', { kind: 'count', atLeast: 1 }],
  ['distinct', DISTINCT_4],
  ['sequence', SEQUENCE_3],
];

const STORES: readonly {
  readonly name: string;
  readonly open: () => Promise<Store>;
  readonly numRuns: number;
}[] = [
  { name: 'memory', open: async () => createMemoryStore(), numRuns: propertyRuns(200) },
  { name: 'duckdb', open: () => openDuckDbStore({ path: ':memory:' }), numRuns: propertyRuns(8) },
];

describe('createCycle()', () => {
  for (const { name: storeName, open, numRuns } of STORES)
    for (const [name, measure] of MEASURES) {
      const rule = makeRule(measure, { suppressMs: 150_000 });
      it(`createCycle() gives the alerts of one look at everything: ${name}, ${storeName}`, async () => {
        await fc.assert(
          fc.asyncProperty(arrivals, fc.constantFrom(1, 2, 3, 2000), async (list, page) => {
            const whole = createMemoryStore();
            await whole.appendEvents(list.map(({ event }) => event));
            await openCycle(whole, rule).run();

            const pieces = await open();
            let cycle = openCycle(pieces, rule, page);
            const other = openCycle(pieces, rule, page);
            for (const { event, next } of list) {
              await pieces.appendEvents([event]);
              if (next === 'restart') cycle = openCycle(pieces, rule, page);
              if (next === 'other replica') await other.run();
              else if (next !== 'nothing') await cycle.run();
            }
            const report = await cycle.run();
            expect(report.rules[0]?.error).toBeUndefined();

            const wanted = await readEpisodes(whole);
            const found = await readEpisodes(pieces);
            await pieces.close();
            expect(found).toEqual(wanted);
            const bySource = ['198.51.100.7', '203.0.113.9'].flatMap((source) =>
              oracleEpisodes(
                rule,
                list.map(({ event }) => event).filter((event) => event.source_ip === source),
              ).map(({ startMs, lastMs, eventCount, peak, severity }) => ({
                entity: { source_ip: source },
                first_seen: new Date(startMs).toISOString(),
                last_seen: new Date(lastMs).toISOString(),
                event_count: eventCount,
                severity,
                details: expect.objectContaining({ peak_count: peak }) as unknown,
              })),
            );
            expect(wanted).toHaveLength(bySource.length);
            for (const one of bySource) expect(wanted).toContainEqual(expect.objectContaining(one));
          }),
          { numRuns },
        );
      });
    }

  it('createCycle() misses nothing by asking only rules that have something new', async () => {
    const filtered = (id: string, status: string): Rule => {
      const rule = makeRule({ kind: 'count', atLeast: 2 }, { id, suppressMs: 150_000 });
      return { ...rule, query: { ...rule.query, filter: equals('status', status) } };
    };
    const rules = [filtered('failures', 'failure'), filtered('successes', 'success')];
    const options = {
      rules,
      latenessMs: 120_000,
      now: () => NOW,
      logger: silentLog,
      lanesFor: twoLanes,
      onLimit: ignoreLimits,
    };
    await fc.assert(
      fc.asyncProperty(arrivals, fc.infiniteStream(fc.nat(7)), async (list, choices) => {
        const whole = createMemoryStore();
        await whole.appendEvents(list.map(({ event }) => event));
        await createCycle({ ...options, store: whole, onAlert: () => undefined }).run();

        const store = createMemoryStore();
        const dueRules = createDueRules();
        const watch = createArrivalWatch({
          rules,
          latenessMs: 120_000,
          startedMs: 0,
          onLimit: ignoreLimits,
        });
        const cycle = createCycle({ ...options, store, dueRules, onAlert: () => undefined });
        const underWay: (() => Promise<void>)[] = [];
        const settle = async (): Promise<void> => {
          for (const finish of underWay.splice(0)) await finish();
        };
        for (const { event } of list) {
          const choice = choices.next().value;
          const { matched, waiting } = watch.observe([event], Date.parse(event['@timestamp']));
          const stored = dueRules.expect(matched, waiting);
          underWay.push(async () => {
            await store.appendEvents([event]);
            if (choice !== 5) await Promise.resolve();
            stored();
          });
          if (choice === 0) await Promise.all([cycle.run(), settle()]);
          else if (choice === 1) await cycle.run();
          else if (choice === 6) await cycle.run('waiting');
          else if (choice === 7) await Promise.all([cycle.run('waiting'), settle()]);
          else if (choice < 4) await settle();
        }
        await settle();
        await cycle.run();
        expect(await readFacts(store)).toEqual(await readFacts(whole));
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  it('createCycle() has nothing to tell of a rule that nobody waits for', async () => {
    const rules = [COUNT_5, DISTINCT_4, SEQUENCE_3].map((measure, index) =>
      makeRule(measure, { id: `rule-${index}`, suppressMs: 150_000 }),
    );
    let left = 0;
    await fc.assert(
      fc.asyncProperty(arrivals, fc.infiniteStream(fc.nat(3)), async (list, choices) => {
        let nowMs = 0;
        const store = createMemoryStore();
        const dueRules = createDueRules();
        const options = {
          store,
          rules,
          latenessMs: 120_000,
          now: () => new Date(nowMs),
          logger: silentLog,
          lanesFor: twoLanes,
          onAlert: () => undefined,
          onLimit: ignoreLimits,
        };
        const reaction = createArrivalReaction({
          ...options,
          watch: createArrivalWatch({ ...options, startedMs: 0 }),
          respondNow: () => undefined,
        });
        const cycle = createCycle({ ...options, dueRules });
        await cycle.run();
        const waiting = new Set<string>();
        for (const { event } of list) {
          nowMs = Math.max(nowMs, Date.parse(event['@timestamp']));
          let stored = (): void => undefined;
          await reaction.observe([event], (noted) => {
            stored = dueRules.expect(noted.matched, noted.waiting);
            for (const id of noted.waiting) waiting.add(id);
            left += noted.matched.size - noted.waiting.size;
          });
          await store.appendEvents([event]);
          stored();
          if (choices.next().value > 0) continue;
          const told = (await cycle.run()).rules.filter(
            ({ created, updated }) => created + updated > 0,
          );
          expect([...waiting]).toEqual(expect.arrayContaining(told.map(({ id }) => id)));
          waiting.clear();
        }
      }),
      { numRuns: propertyRuns(300) },
    );
    expect(left).toBeGreaterThan(0);
  });
});
