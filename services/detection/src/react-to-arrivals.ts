/**
 * From a sighting to a decision without waiting for the events to be stored: the alert is stored, then
 * response is asked. What is not certain here is left to the cycle, which sees everything.
 */
import type { Alert, SocEvent } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { storeEpisodes, type AlertChange } from './store-episodes.ts';
import type { ArrivalWatch, Sighting } from './watch-arrivals.ts';

export interface ArrivalReactionOptions {
  readonly store: Store;
  readonly watch: ArrivalWatch;
  readonly latenessMs: number;
  readonly now: () => Date;
  readonly logger: Logger;
  /** The alert is stored; response may be asked. */
  readonly onAlert: (alert: Alert, change: AlertChange) => void;
}

export interface ArrivalReaction {
  /**
   * Looks at events that are about to be stored. What must be written for them is asked of the store
   * before this returns, so that it comes before the events. Resolves when the alerts are stored;
   * never rejects.
   */
  readonly observe: (events: readonly SocEvent[]) => Promise<void>;
}

export function createArrivalReaction(options: ArrivalReactionOptions): ArrivalReaction {
  const react = async (sighting: Sighting): Promise<void> => {
    const { rule, entity, episode } = sighting;
    try {
      if (!sighting.isComplete && (await hasHistory(options.store, sighting))) return;
      await storeEpisodes(
        {
          store: options.store,
          rule,
          latenessMs: options.latenessMs,
          now: options.now,
          onAlert: options.onAlert,
        },
        [{ entity, episodes: [episode], alerts: [] }],
      );
    } catch (error) {
      options.logger.warn(
        { err: error, ruleId: rule.id },
        'An arrival could not be answered at once; the cycle will',
      );
    }
  };
  return {
    observe: async (events) => {
      const sightings = options.watch.observe(events, options.now().getTime());
      await Promise.all(sightings.map(react));
    },
  };
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
