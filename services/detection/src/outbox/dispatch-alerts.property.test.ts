/**
 * The promise of the outbox, under anything: failures, restarts, crashes, climbs, deferrals and other
 * writers. Each lane ends with the highest severity acknowledged, and none holds another up.
 */
import {
  ignoreLimits,
  compareSeverity,
  SEVERITIES,
  waitsFor,
  type Alert,
  type Severity,
} from '@mini-soc/model';
import { changeAlert } from '@mini-soc/detect';
import { ServiceCallError } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { createMemoryStore } from '@mini-soc/store/memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeAlert } from '../../../../packages/detect/test/make-alert.ts';
import { START_MS } from '../../../../packages/detect/test/make-rule.ts';
import { SETTINGS } from '../../test/settings.ts';
import { silentLogger } from '../../test/silent-logger.ts';
import { createDispatcher, type Dispatcher } from './dispatch-alerts.ts';
import type { Lane } from './lane.ts';
import { createLanes, createLanesFor } from './lanes.ts';

/** How the other side of a lane is for the moment. */
const MOODS = ['well', 'down', 'refusing', 'deferring'] as const;
type Mood = (typeof MOODS)[number];
const LANES = ['response', 'enrichment', 'mail', 'chat'] as const;
type LaneName = (typeof LANES)[number];
/** Those that want to hear of a climb. */
const CLIMBING: readonly LaneName[] = ['response', 'mail'];

type Step =
  | { readonly do: 'create'; readonly count: number; readonly how: 'offer' | 'now' | 'left' }
  | { readonly do: 'climb'; readonly alert: number; readonly isOffered: boolean }
  | { readonly do: 'mood'; readonly lane: LaneName; readonly mood: Mood }
  | { readonly do: 'restart'; readonly isCrash: boolean }
  | { readonly do: 'kick' | 'flush' | 'rest' | 'wait' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('create' as const),
    count: fc.integer({ min: 1, max: 3 }),
    how: fc.constantFrom('offer' as const, 'now' as const, 'left' as const),
  }),
  fc.record({ do: fc.constant('climb' as const), alert: fc.nat(9), isOffered: fc.boolean() }),
  fc.record({
    do: fc.constant('mood' as const),
    lane: fc.constantFrom(...LANES),
    mood: fc.constantFrom(...MOODS),
  }),
  fc.record({ do: fc.constant('restart' as const), isCrash: fc.boolean() }),
  fc.record({ do: fc.constantFrom('kick' as const, 'flush', 'rest', 'wait') }),
);

const failure = (mood: Mood) =>
  mood === 'down'
    ? new ServiceCallError('Cannot reach', { retryable: true })
    : new ServiceCallError('answered 400', { retryable: false, statusCode: 400 });

function createWorld(isAtHand: boolean, isBatched: boolean) {
  const memory = createMemoryStore();
  const clock = { ms: START_MS + 10_000 };
  const now = () => new Date(clock.ms);
  const moods = new Map<LaneName, Mood>();
  /** Severities that each lane acknowledged, by lane and alert. */
  const received = new Map<string, Severity[]>();
  const receive = (lane: LaneName, { alert_id: id, severity }: Alert): void => {
    const key = `${lane} ${id}`;
    received.set(key, [...(received.get(key) ?? []), severity]);
  };
  /** Throws in a bad mood; true when there is no room at present. */
  const meet = async (lane: LaneName): Promise<boolean> => {
    await new Promise(setImmediate);
    const mood = moods.get(lane) ?? 'well';
    if (mood === 'down' || mood === 'refusing') throw failure(mood);
    return mood === 'deferring';
  };
  const respond = async (alert: Alert) => {
    if (await meet('response'))
      return { action: 'block', outcome: 'deferred', reason: 'No room' } as const;
    receive('response', alert);
    return { action: 'block', outcome: 'blocked', reason: 'Blocked' } as const;
  };
  const further = (name: 'mail' | 'chat', after?: readonly string[]): Lane => ({
    name,
    wants: () => true,
    send: async (alert) => {
      if (await meet(name)) return { againAtMs: clock.ms + 5000 };
      receive(name, alert);
      return {};
    },
    ...(after === undefined ? {} : { after }),
    patienceMs: 10_000,
    // It never gives up here: that is another promise.
    attempts: { most: Number.POSITIVE_INFINITY, counts: 'failures' },
    againWhenClimbing: CLIMBING.includes(name),
  });
  const lanes = createLanes({
    settings: SETTINGS,
    now,
    responder: {
      respond,
      ...(isBatched ? { respondAll: (alerts) => Promise.all(alerts.map(respond)) } : {}),
    },
    enricher: {
      isAtHand,
      enrich: async (alert) => {
        if (await meet('enrichment')) throw failure('down');
        receive('enrichment', alert);
        return {
          mitre_techniques: ['T1110'],
          mitre_tactics: [],
          mitre_urls: [],
          threat_confidence: 1,
          threat_summary: 's',
        };
      },
    },
    lanes: [further('mail', ['enrichment']), further('chat')],
  }).map((lane): Lane =>
    // Refusals and failures are not given up here either.
    ({ ...lane, attempts: { most: Number.POSITIVE_INFINITY, counts: lane.attempts.counts } }),
  );
  let dispatcher: Dispatcher;
  let crash: () => void = () => undefined;
  const start = (): void => {
    let isDead = false;
    crash = () => (isDead = true);
    // A process that has crashed writes no more.
    const alive = <Result>(work: () => Promise<Result>): Promise<Result> =>
      isDead ? Promise.reject(new Error('dead')) : work();
    const store: Store = {
      ...memory,
      updateAlerts: (changes) => alive(() => memory.updateAlerts(changes)),
      waitingAlerts: (wanted) => alive(() => memory.waitingAlerts(wanted)),
    };
    dispatcher = createDispatcher({
      store,
      lanes,
      now,
      logger: silentLogger,
      onAlert: () => undefined,
      onLimit: ignoreLimits,
    });
    dispatcher.kick();
  };
  const restart = async (isCrash: boolean): Promise<void> => {
    if (isCrash) crash();
    const stopped = dispatcher.stop();
    if (!isCrash) await stopped;
    start();
    await stopped;
  };
  start();
  return {
    memory,
    clock,
    moods,
    received,
    lanesFor: createLanesFor(lanes),
    dispatcher: () => dispatcher,
    restart,
  };
}

type World = ReturnType<typeof createWorld>;

async function create(world: World, ids: string[], wanted: Step & { do: 'create' }): Promise<void> {
  const alerts = Array.from({ length: wanted.count }, () => {
    const id = `a${ids.length}`;
    ids.push(id);
    return makeAlert({ alert_id: id, waits_for: [...LANES] });
  });
  const stored = world.memory.createAlerts(alerts);
  if (wanted.how === 'now') world.dispatcher().sendNow(alerts, stored);
  await stored;
  if (wanted.how === 'offer') world.dispatcher().offer(alerts, 'created');
}

async function climb(world: World, id: string, isOffered: boolean): Promise<void> {
  const [present] = await world.memory.readAlerts([id]);
  if (present === undefined) return;
  const changed = await changeAlert(world.memory, present, (alert) => {
    const severity = SEVERITIES[SEVERITIES.indexOf(alert.severity) + 1];
    if (severity === undefined) return undefined;
    const climbed = { ...alert, severity };
    const waits = [...waitsFor(alert), ...world.lanesFor(climbed, alert)];
    return {
      ...climbed,
      waits_for: [...new Set(waits)],
      enriched: !waits.includes('enrichment'),
      response: waits.includes('response')
        ? { ...alert.response, state: 'pending' }
        : alert.response,
    };
  });
  if (changed !== undefined && isOffered) world.dispatcher().offer([changed]);
}

async function take(world: World, ids: string[], one: Step): Promise<void> {
  switch (one.do) {
    case 'create':
      return create(world, ids, one);
    case 'climb':
      return climb(world, `a${one.alert}`, one.isOffered);
    case 'mood':
      return void world.moods.set(one.lane, one.mood);
    case 'restart':
      return world.restart(one.isCrash);
    case 'kick':
      return world.dispatcher().kick();
    case 'flush':
      return world.dispatcher().flush();
    case 'rest':
      return world.dispatcher().settled();
    case 'wait':
      world.clock.ms += 20_000;
      return new Promise((resolve) => setImmediate(resolve));
    default:
      return one satisfies never;
  }
}

/** Ticks until every lane that is not to be left out has acknowledged. */
async function untilDelivered(world: World, leftOut: readonly string[] = []): Promise<number> {
  for (let tick = 0; tick < 20; tick += 1) {
    world.clock.ms += 61_000;
    world.dispatcher().kick();
    await world.dispatcher().settled();
    const found = await world.memory.searchAlerts({ size: 1000 });
    if (found.every(({ alert }) => waitsFor(alert).every((name) => leftOut.includes(name))))
      return tick;
  }
  return Number.POSITIVE_INFINITY;
}

function highest(severities: readonly Severity[]): Severity | undefined {
  return severities.toSorted(compareSeverity).at(-1);
}

describe('createDispatcher()', () => {
  it('createDispatcher() ends with the highest severity acknowledged on every lane, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.boolean(),
        fc.boolean(),
        async (steps, isAtHand, isBatched) => {
          const world = createWorld(isAtHand, isBatched);
          const ids: string[] = [];
          for (const one of steps) await take(world, ids, one);
          world.moods.clear();
          expect(await untilDelivered(world)).toBeLessThan(20);
          await world.dispatcher().stop();
          for (const { alert } of await world.memory.searchAlerts({ size: 1000 })) {
            expect(alert).toMatchObject({ enriched: true, response: { state: 'done' } });
            expect(alert.details.mitre_techniques).toEqual(['T1110']);
            for (const lane of LANES) {
              const got = world.received.get(`${lane} ${alert.alert_id}`) ?? [];
              expect(got).not.toEqual([]);
              if (CLIMBING.includes(lane)) expect(highest(got)).toBe(alert.severity);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('createDispatcher() lets no lane wait for another that is down, refuses or never answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([...LANES], { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...MOODS.filter((mood) => mood !== 'well')),
        fc.boolean(),
        fc.array(
          step.filter((one) => one.do !== 'mood' && one.do !== 'restart'),
          { maxLength: 8 },
        ),
        async (broken, mood, isAtHand, steps) => {
          const world = createWorld(isAtHand, true);
          for (const lane of broken) world.moods.set(lane, mood);
          const ids: string[] = [];
          for (const one of steps) await take(world, ids, one);
          // One tick, and one more for what came after a lane that had its turn in the first.
          expect(await untilDelivered(world, broken)).toBeLessThanOrEqual(1);
          await world.dispatcher().stop();
          for (const { alert } of await world.memory.searchAlerts({ size: 1000 }))
            expect(waitsFor(alert).toSorted()).toEqual(broken.toSorted());
        },
      ),
      { numRuns: 40 },
    );
  });

  it('createDispatcher() sends nothing a second time that is acknowledged, when nothing fails', async () => {
    // No time passes while a call is under way: after half a minute a lane does not wait for it.
    const calm = step.filter((one) => !['mood', 'restart', 'wait'].includes(one.do));
    await fc.assert(
      fc.asyncProperty(fc.array(calm, { maxLength: 25 }), fc.boolean(), async (steps, isAtHand) => {
        const world = createWorld(isAtHand, true);
        const ids: string[] = [];
        for (const one of steps) await take(world, ids, one);
        await world.dispatcher().settled();
        await untilDelivered(world);
        await world.dispatcher().stop();
        for (const [key, severities] of world.received)
          expect([key, new Set(severities).size]).toEqual([key, severities.length]);
      }),
      { numRuns: 60 },
    );
  });
});
