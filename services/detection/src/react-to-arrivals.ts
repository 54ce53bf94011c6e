/**
 * From a sighting to a decision without waiting for the store: response is asked while the alert is
 * written, and the block is reported when both are done. Should the process end in between, the cycle
 * makes the same alert of the stored events, and response knows its id. What is not certain here is
 * left to the cycle, which sees everything.
 */
import { LIMITS, type Alert, type LimitListener, type SocEvent } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { linkFollowers, newAlert } from './store-episodes.ts';
import type { ArrivalWatch, History, Observation, Sighting } from './watch-arrivals.ts';

/** Most events and alerts read at the start, for each rule. */
const MAX_HISTORY = LIMITS.arrival_history.value;

export interface ArrivalReactionOptions {
  readonly store: Store;
  readonly rules: readonly Rule[];
  readonly watch: ArrivalWatch;
  readonly latenessMs: number;
  readonly now: () => Date;
  readonly logger: Logger;
  /** Asks response about a new alert; `stored` settles when the alert is written. Never throws. */
  readonly respondNow: (alert: Alert, stored: Promise<unknown>) => void;
  /** An alert is stored, new or changed. */
  readonly onAlert: (alert: Alert) => void;
  readonly onLimit?: LimitListener;
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
  const react = async (sighting: Sighting): Promise<void> => {
    const { rule, entity, episode } = sighting;
    try {
      if (!sighting.isComplete && (await hasHistory(options.store, sighting))) return;
      const alert = await newAlert({ ...options, rule }, entity, episode);
      const stored = options.store.createAlerts([alert]);
      options.respondNow(alert, stored);
      if ((await stored)[0] !== 'created') return;
      options.onAlert(alert);
      await linkFollowers({ ...options, rule }, [alert]);
    } catch (error) {
      options.logger.warn(
        { err: error, ruleId: rule.id },
        'An arrival could not be answered at once; the cycle will',
      );
    }
  };
  return {
    start: async () => {
      for (const rule of options.rules.filter((one) => one.enabled)) {
        const history = await readHistory(
          options.store,
          rule,
          options.now().getTime() - options.latenessMs,
        );
        if (history === undefined) options.onLimit?.('arrival_history');
        else options.watch.preload(rule.id, history);
      }
    },
    observe: async (events, noted) => {
      const observation = options.watch.observe(events, options.now().getTime());
      noted?.(observation);
      await Promise.all(observation.sightings.map(react));
    },
  };
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

/** Whether stored events or alerts of the entity reach to this episode: then the cycle decides. */
async function hasHistory(store: Store, { rule, entity, episode }: Sighting): Promise<boolean> {
  const range = { fromMs: episode.startMs - rule.suppressMs, toMs: episode.lastMs + 1 };
  const [alerts, before] = await Promise.all([
    store.searchAlerts({ ruleId: rule.id, entities: [entity], touching: range, size: 1 }),
    store.readEntityEvents({
      query: rule.query,
      spans: [{ entity, range: { fromMs: range.fromMs, toMs: episode.startMs } }],
      pageSize: 1,
    }),
  ]);
  return alerts.length > 0 || before.events.length > 0;
}
