/**
 * From a sighting to a decision without waiting for the store: response is asked while the alert is
 * written, and the block is reported when both are done. Should the process end in between, the cycle
 * makes the same alert of the stored events, and response knows its id. What is not certain here is
 * left to the cycle, which sees everything.
 */
import { LIMITS, type Alert, type LimitListener, type SocEvent } from '@mini-soc/model';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { entityKey } from '@mini-soc/query';
import type { Log } from '../log.ts';
import { judgeByPast } from '../cycle/judge-by-past.ts';
import { createPause } from '../let-others-run.ts';
import type { LanesFor } from '../alerts/build-alert.ts';
import { linkFollowers, newAlert } from '../alerts/store-episodes.ts';
import { grouped, createPastAhead, type PastAhead } from './past-ahead.ts';
import type { ArrivalWatch, History, Observation, Sighting } from './watch-arrivals.ts';

/** Most events and alerts read at the start, for each rule. */
const MAX_HISTORY = LIMITS.arrival_history.value;
/** Most events or alerts read to see whether sightings have a history. */
const MAX_LOOKED_UP = 5000;

export interface ArrivalReactionOptions {
  readonly store: Store;
  readonly rules: readonly Rule[];
  readonly watch: ArrivalWatch;
  readonly latenessMs: number;
  readonly now: () => Date;
  readonly logger: Log;
  readonly lanesFor: LanesFor;
  /** Asks response about new alerts; `stored` settles when they are written, with what became of each. Never throws. */
  readonly respondNow: (
    alerts: readonly Alert[],
    stored: ReturnType<Store['createAlerts']>,
  ) => void;
  /** An alert is stored, new or changed. */
  readonly onAlert: (alert: Alert) => void;
  readonly onLimit: LimitListener;
}

export interface ArrivalReaction {
  /** Reads what the store knows of the last minutes. Call before the first arrival. Throws StoreError. */
  readonly start: () => Promise<void>;
  /**
   * Looks at events that are about to be stored. What must be written for them is asked of the store
   * before this returns, so that it comes before the events. `noted` hears at once what the events
   * concern. Resolves when the alerts are stored; never rejects.
   */
  readonly observe: (
    events: readonly SocEvent[],
    noted?: (observation: Observation) => void,
  ) => Promise<void>;
}

export function createArrivalReaction(options: ArrivalReactionOptions): ArrivalReaction {
  const past = createPastAhead(options);
  /** The sightings of one rule. */
  const react = async (
    rule: Rule,
    sightings: readonly Sighting[],
    arrivalMs: number,
  ): Promise<void> => {
    try {
      const first = await withoutHistory(options.store, rule, sightings);
      const certain = await withoutExcuse(options.store, rule, first, past, arrivalMs);
      if (certain.length === 0) return;
      const writer = { ...options, rule };
      const alerts: Alert[] = [];
      const pause = createPause(10);
      for (const { entity, episode } of certain) {
        alerts.push(await newAlert(writer, entity, episode));
        await pause();
      }
      const stored = options.store.createAlerts(alerts);
      options.respondNow(alerts, stored);
      const answers = await stored;
      const created = alerts.filter((_, index) => answers[index] === 'created');
      for (const alert of created) options.onAlert(alert);
      await linkFollowers(writer, created);
    } catch (error) {
      options.logger.warn(
        { err: error, ruleId: rule.id, sightings: sightings.length },
        'An arrival could not be answered at once; the cycle will',
      );
    }
  };
  return {
    start: async () => {
      const rules = options.rules.filter((one) => one.enabled);
      const oldestMs = options.now().getTime() - options.latenessMs;
      const without = await rulesWithoutHistory(options.store, rules, oldestMs);
      for (const rule of rules) {
        const history = without.has(rule.id)
          ? NO_HISTORY
          : await readHistory(options.store, rule, oldestMs);
        if (history === undefined) options.onLimit('arrival_history');
        else options.watch.preload(rule.id, history);
      }
    },
    observe: async (events, noted) => {
      const arrivalMs = options.now().getTime();
      const observation = options.watch.observe(events, arrivalMs);
      for (const { rule, same } of observation.explaining) past.forget(rule, same, arrivalMs);
      noted?.(observation);
      await Promise.all(
        [...grouped(observation.sightings, ({ rule }) => rule)].map(([rule, sightings]) =>
          react(rule, sightings, arrivalMs),
        ),
      );
      // After those that are answered: the store does one thing after the other.
      past.ask(observation.near, arrivalMs);
    },
  };
}

/** Those that what was stored before does not explain; what arrives in this moment explains nothing yet. */
async function withoutExcuse(
  store: Store,
  rule: Rule,
  sightings: readonly Sighting[],
  past: PastAhead,
  arrivalMs: number,
): Promise<readonly Sighting[]> {
  const { unless } = rule;
  if (unless === undefined) return sightings;
  const told = await judgeByPast(
    {
      store,
      unless,
      known: (entity, atMs) => past.explains(rule, entity, atMs, arrivalMs),
    },
    sightings.map(({ entity, episode }) => ({ entity, alerts: [], episodes: [episode] })),
  );
  return sightings.filter((_, at) => (told[at] ?? []).length > 0);
}

const NO_HISTORY: History = { events: [], alerts: [] };
/** Fewer rules than these are asked one by one. */
const ASKED_TOGETHER = 8;

/** Ids of the rules of which neither events nor alerts lie near `oldestMs` or later: asked together. */
async function rulesWithoutHistory(
  store: Store,
  rules: readonly Rule[],
  oldestMs: number,
): Promise<ReadonlySet<string>> {
  if (rules.length < ASKED_TOGETHER) return new Set();
  const longestMs = rules.reduce((most, { suppressMs }) => Math.max(most, suppressMs), 0);
  const range = { fromMs: oldestMs - longestMs, toMs: Number.MAX_SAFE_INTEGER };
  const [met, alerts] = await Promise.all([
    store.filtersMet(
      rules.map(({ query }) => query.filter),
      { range },
    ),
    store.searchAlerts({ touching: range, size: MAX_HISTORY + 1 }),
  ]);
  if (alerts.length > MAX_HISTORY) return new Set();
  const alerted = new Set(alerts.map(({ alert }) => alert.rule_id));
  return new Set(
    rules.filter(({ id }, at) => met[at] === false && !alerted.has(id)).map(({ id }) => id),
  );
}

/**
 * What may count with an event of `oldestMs` or later. Undefined when there is more than is worth
 * holding: then entities are looked up one by one.
 */
async function readHistory(
  store: Store,
  rule: Rule,
  oldestMs: number,
): Promise<History | undefined> {
  const range = { fromMs: oldestMs - rule.suppressMs, toMs: Number.MAX_SAFE_INTEGER };
  const [events, alerts] = await Promise.all([
    store.searchEvents({
      filter: rule.query.filter,
      range,
      size: MAX_HISTORY + 1,
      order: 'oldest',
    }),
    store.searchAlerts({ ruleId: rule.id, touching: range, size: MAX_HISTORY + 1 }),
  ]);
  if (events.length > MAX_HISTORY || alerts.length > MAX_HISTORY) return undefined;
  return { events, alerts: alerts.map(({ alert }) => alert) };
}

/** Those to which no stored event or alert of their entity reaches: of the others, the cycle decides. */
async function withoutHistory(
  store: Store,
  rule: Rule,
  sightings: readonly Sighting[],
): Promise<readonly Sighting[]> {
  const first = new Map<string, Sighting>();
  for (const one of sightings) {
    const key = entityKey(one.entity);
    if (!one.isComplete && !first.has(key)) first.set(key, one);
  }
  const asked = [...first.values()];
  if (asked.length === 0) return sightings;
  const rangeOf = ({ episode }: Sighting) => ({
    fromMs: episode.startMs - rule.suppressMs,
    toMs: episode.lastMs + 1,
  });
  const ranges = asked.map(rangeOf);
  const [alerts, before] = await Promise.all([
    store.searchAlertSpans({
      ruleId: rule.id,
      entities: asked.map((one) => one.entity),
      touching: {
        fromMs: Math.min(...ranges.map((range) => range.fromMs)),
        toMs: Math.max(...ranges.map((range) => range.toMs)),
      },
      size: MAX_LOOKED_UP,
    }),
    store.readEntityEvents({
      query: rule.query,
      spans: asked.map((one) => ({
        entity: one.entity,
        range: { fromMs: rangeOf(one).fromMs, toMs: one.episode.startMs },
      })),
      fields: [],
      pageSize: MAX_LOOKED_UP,
    }),
  ]);
  // More than is read at once: who is left is not known to have none.
  if (alerts.length === MAX_LOOKED_UP || before.next !== undefined)
    return sightings.filter((one) => one.isComplete);
  const known = new Set(
    before.events.map(({ span }) => entityKey((asked[span] as Sighting).entity)),
  );
  for (const { entity, firstMs, lastMs } of alerts) {
    const key = entityKey(entity);
    const sighting = first.get(key);
    if (sighting === undefined) continue;
    const { fromMs, toMs } = rangeOf(sighting);
    if (firstMs < toMs && lastMs >= fromMs) known.add(key);
  }
  return sightings.filter((one) => {
    const key = entityKey(one.entity);
    // What an entity does a second time has the first as its history.
    return one.isComplete || (first.get(key) === one && !known.has(key));
  });
}
