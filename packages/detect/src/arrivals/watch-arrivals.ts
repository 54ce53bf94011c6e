/**
 * The first look at events that have just arrived: which entity reaches a rule's threshold with them,
 * before store and schedule have seen them. It holds the events of the window for each entity, within
 * bounds, and asks the one evaluator. It may miss (late events, entities that were let go) and never
 * decides otherwise than the cycle that follows it on the stored events.
 *
 * Late events take no room: an old log would push every entity out. The rule is blind up to their
 * arrival instead, so an entity that begins afterwards is looked up in the store when it fires.
 */
import { LIMITS, type Alert, type LimitListener, type SocEvent } from '@mini-soc/model';
import { couldFire, createFilterIndex, entityKey, entityOf, type Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Episode } from '../evaluate/episode.ts';
import { isOfFasterRule, pastQuery } from '../cycle/judge-by-past.ts';
import { evaluateRule } from '../evaluate/evaluate-rule.ts';
import { thresholdOf } from '../evaluate/proof.ts';
import { insert } from './insert-in-order.ts';
import { PAST_GOOD_MS, STORING_MS, type Near } from './past-ahead.ts';

/** An entity that reached the threshold of a rule. */
export interface Sighting {
  readonly rule: Rule;
  readonly entity: Entity;
  readonly episode: Episode;
  /** False when earlier events of the entity may lie in the store that were not seen here. */
  readonly isComplete: boolean;
}

/** What the store knows of the time before the first arrival. */
export interface History {
  /** Matching events of the last `suppressMs` and the lateness, in order of time. */
  readonly events: readonly SocEvent[];
  /** Alerts of the rule that reach into it. */
  readonly alerts: readonly Alert[];
}

export interface Observation {
  readonly sightings: readonly Sighting[];
  /** Entities on their way to a threshold of a rule that asks their past. */
  readonly near: readonly Near[];
  /**
   * Of such rules: the values for which something came that may explain what their entities do; without
   * values where late events may explain what any of them does.
   */
  readonly explaining: readonly { readonly rule: Rule; readonly same: Entity | undefined }[];
  /** Ids of the rules that one of the events concerns: no other rule has anything new to look at. */
  readonly matched: ReadonlySet<string>;
  /** Those of them about which only the cycle can say more: it is not to wait long. */
  readonly waiting: ReadonlySet<string>;
  /** False when something was handed over to the cycle that is not known to it yet. */
  readonly isComplete: boolean;
}

export interface ArrivalWatch {
  /** Tells what was before: then the first look is complete from the start. */
  readonly preload: (ruleId: string, history: History) => void;
  /** Events in order of arrival, with the time they arrived, milliseconds. */
  readonly observe: (events: readonly SocEvent[], arrivalMs: number) => Observation;
  readonly counts: () => ArrivalWatchCounts;
}

export interface ArrivalWatchCounts {
  readonly entities: number;
  readonly events: number;
  /** Entities that were let go because there were too many. */
  readonly evictions: number;
}

export interface ArrivalWatchOptions {
  readonly rules: readonly Rule[];
  /** Events older than this on arrival are handed over to the cycle. */
  readonly latenessMs: number;
  readonly startedMs: number;
  /** Most entities held, over all rules. Default 20,000. */
  readonly maxEntities?: number;
  readonly onLimit: LimitListener;
}

const MAX_ENTITIES = LIMITS.arrival_entities.value;
/** Most events held of one entity: thresholds lie far below. */
const MAX_EVENTS = LIMITS.arrival_events.value;
/** Late events of a batch whose values are named as what may explain; an old log has more. */
const MAX_LATE_NAMED = 16;

interface Held {
  readonly entity: Entity;
  readonly watched: WatchedRule;
  /** False when earlier events of the entity may lie in the store that were not seen here. */
  readonly isComplete: boolean;
  /** Late events of the entity may be on their way into the store, where no look-up finds them yet. */
  isBlind: boolean;
  touchedMs: number;
  events: { readonly ms: number; readonly event: SocEvent }[];
  /** When it was last said to come near the threshold. */
  nearMs: number;
  /** Event time of the last event since the entity was handed over to the cycle; undefined before. */
  handedOverMs: number | undefined;
}

interface WatchedRule {
  readonly rule: Rule;
  /** Events of an entity from which on it comes near; infinite where nothing is asked then. */
  readonly nearFrom: number;
  /** Not everything that arrived up to this time was seen. */
  blindUntilMs: number;
  /** When a late event came last. */
  lateMs: number;
  /** Entities held for this rule. */
  entities: number;
}

/** What is gathered from the events of one arrival. */
interface Gathered {
  readonly near: Near[];
  readonly waiting: Set<string>;
}

export function createArrivalWatch(options: ArrivalWatchOptions): ArrivalWatch {
  const maxEntities = options.maxEntities ?? MAX_ENTITIES;
  const rules = options.rules
    .filter((rule) => rule.enabled)
    .map((rule): WatchedRule => ({
      rule,
      nearFrom: nearFrom(rule),
      blindUntilMs: options.startedMs,
      lateMs: Number.NEGATIVE_INFINITY,
      entities: 0,
    }));
  const pasts = rules.flatMap(({ rule }) =>
    rule.unless === undefined || isLeftToCycle(rule)
      ? []
      : [{ rule, query: pastQuery(rule.unless) }],
  );
  const index = createFilterIndex([
    ...rules.map(({ rule }) => rule.query.filter),
    ...pasts.map(({ query }) => query.filter),
  ]);
  // Two generations: the first entries of one map, deleted again and again, would stay in its way.
  let young = new Map<string, Held>();
  let old = new Map<string, Held>();
  let oldest = old.entries();
  let events = 0;
  let evictions = 0;
  /** When the last entity that was let go had been touched. */
  let letGoMs = Number.NEGATIVE_INFINITY;

  const find = (key: string, arrivalMs: number): Held | undefined => {
    let present = young.get(key);
    if (present === undefined) {
      present = old.get(key);
      if (present === undefined) return undefined;
      old.delete(key);
      young.set(key, present);
    }
    present.touchedMs = arrivalMs;
    return present;
  };

  /** Lets the entity go that was not touched for the longest time, about. */
  const letGo = (): void => {
    let next = oldest.next();
    if (next.done === true) {
      old = young;
      young = new Map();
      oldest = old.entries();
      next = oldest.next();
      if (next.done === true) return;
    }
    const [key, entry] = next.value;
    old.delete(key);
    entry.watched.entities -= 1;
    events -= entry.events.length;
    evictions += 1;
    options.onLimit('arrival_entities');
    letGoMs = Math.max(letGoMs, entry.touchedMs);
  };

  const touch = (watched: WatchedRule, entity: Entity, arrivalMs: number): Held => {
    const key = keyOf(watched.rule, entity);
    const present = find(key, arrivalMs);
    if (present !== undefined) return present;
    if (young.size + old.size >= maxEntities) letGo();
    const blindUntilMs = Math.max(watched.blindUntilMs, letGoMs);
    const fresh: Held = {
      entity,
      watched,
      // The first event held may be late, and what counts before it reaches further back.
      isComplete: arrivalMs - blindUntilMs > watched.rule.suppressMs + options.latenessMs,
      isBlind: arrivalMs - watched.lateMs < STORING_MS,
      touchedMs: arrivalMs,
      events: [],
      nearMs: Number.NEGATIVE_INFINITY,
      handedOverMs: undefined,
    };
    young.set(key, fresh);
    watched.entities += 1;
    return fresh;
  };

  /** From here on the entity is the cycle's, until nothing of it has come for the suppression time. */
  const handOver = (entry: Held, ms: number): undefined => {
    // What was held is forgotten with it, and may be later than what made it go.
    const newestMs = Math.max(ms, entry.events.at(-1)?.ms ?? ms);
    events -= entry.events.length;
    entry.events = [];
    entry.handedOverMs = Math.max(entry.handedOverMs ?? newestMs, newestMs);
  };

  const evaluate = (
    watched: WatchedRule,
    event: SocEvent,
    ms: number,
    arrivalMs: number,
    { near, waiting }: Gathered,
  ): Sighting | 'blind' | undefined => {
    const { rule } = watched;
    const entity = entityOf(rule.query, event);
    if (entity === undefined) return undefined;
    const entry = touch(watched, entity, arrivalMs);
    if (entry.handedOverMs !== undefined) {
      if (ms - entry.handedOverMs < rule.suppressMs) {
        entry.handedOverMs = Math.max(entry.handedOverMs, ms);
        waiting.add(rule.id);
        return undefined;
      }
      entry.handedOverMs = undefined;
      entry.isBlind = false; // whatever was late is further back than that
    }
    // With what was not seen here it may be enough.
    if (!entry.isComplete || entry.isBlind) waiting.add(rule.id);
    // A batch that could not be stored comes again.
    if (entry.events.some((one) => one.event.event_id === event.event_id)) return undefined;
    const latestMs = entry.events.at(-1)?.ms ?? ms;
    if (latestMs - ms > options.latenessMs) {
      waiting.add(rule.id);
      return handOver(entry, latestMs);
    }
    events -= entry.events.length;
    insert(entry.events, { ms, event });
    const newestMs = Math.max(latestMs, ms);
    // An event that comes as late as it may still finds what lay in a window with it.
    const reachMs = rule.query.windowMs + options.latenessMs;
    entry.events = entry.events.filter((one) => newestMs - one.ms < reachMs);
    events += entry.events.length;
    if (entry.events.length > MAX_EVENTS) {
      options.onLimit('arrival_events');
      waiting.add(rule.id);
      return handOver(entry, newestMs);
    }
    const inReach = entry.events.map((one) => one.event);
    if (!couldFire(rule.query, inReach)) {
      if (entry.events.length >= watched.nearFrom && arrivalMs - entry.nearMs >= PAST_GOOD_MS / 2) {
        entry.nearMs = arrivalMs;
        near.push({ rule, entity, ms });
      }
      return undefined;
    }
    const [episode] = evaluateRule(rule, inReach);
    if (episode === undefined) return undefined;
    // Should it not be answered at once, the cycle does that.
    waiting.add(rule.id);
    handOver(entry, newestMs);
    if (isOfFasterRule(rule, episode)) return undefined;
    return entry.isBlind ? 'blind' : { rule, entity, episode, isComplete: entry.isComplete };
  };

  /** What is held of the entity is no longer all there is. */
  const handOverEntityOf = (
    watched: WatchedRule,
    event: SocEvent,
    ms: number,
    arrivalMs: number,
  ): void => {
    watched.lateMs = arrivalMs;
    watched.blindUntilMs = Math.max(watched.blindUntilMs, arrivalMs);
    if (watched.entities === 0) return;
    const entity = entityOf(watched.rule.query, event);
    const entry = entity && find(keyOf(watched.rule, entity), arrivalMs);
    if (entry !== undefined) handOver(entry, ms);
  };

  return {
    preload: (ruleId, history) => {
      const watched = rules.find(({ rule }) => rule.id === ruleId);
      if (watched === undefined || isLeftToCycle(watched.rule)) return;
      watched.blindUntilMs = Number.NEGATIVE_INFINITY;
      for (const event of history.events) {
        const ms = Date.parse(event['@timestamp']);
        evaluate(watched, event, ms, options.startedMs, { near: [], waiting: new Set() });
      }
      for (const alert of history.alerts) {
        const entry = touch(watched, alert.entity, options.startedMs);
        handOver(entry, Date.parse(alert.last_seen));
      }
    },
    observe: (arrived, arrivalMs) => {
      const sightings: Sighting[] = [];
      const near: Near[] = [];
      const explaining: { rule: Rule; same: Entity | undefined }[] = [];
      const lateNamed = new Map<Rule, number>();
      const hasAllNamed = (rule: Rule): boolean => (lateNamed.get(rule) ?? 0) > MAX_LATE_NAMED;
      const matched = new Set<string>();
      const waiting = new Set<string>();
      let isComplete = true;
      for (const event of arrived) {
        const ms = Date.parse(event['@timestamp']);
        // Too late to be sure of what else came; or its time is that of this arrival, and what is
        // stored may have the time of an earlier one.
        const isUncertain =
          !(arrivalMs - ms <= options.latenessMs) || event.flags?.includes('clock_skew') === true;
        // Where one event of the batch said all that there is to say, no other is asked: of late ones, where
        // nothing is held that they could concern, and of what is the cycle's anyway.
        const isSettled = (at: number): boolean => {
          const watched = rules[at];
          if (watched === undefined) {
            const past = pasts[at - rules.length];
            return isUncertain && past !== undefined && hasAllNamed(past.rule);
          }
          const { rule, entities, lateMs } = watched;
          return (
            matched.has(rule.id) &&
            (isLeftToCycle(rule) || (isUncertain && entities === 0 && lateMs === arrivalMs))
          );
        };
        for (const at of index.matching(event, isSettled)) {
          const past = pasts[at - rules.length];
          if (past !== undefined) {
            const same = entityOf(past.query, event);
            if (same === undefined) continue;
            const named = isUncertain ? (lateNamed.get(past.rule) ?? 0) : 0;
            explaining.push({ rule: past.rule, same: named < MAX_LATE_NAMED ? same : undefined });
            if (isUncertain) lateNamed.set(past.rule, named + 1);
            continue;
          }
          const watched = rules[at] as WatchedRule;
          matched.add(watched.rule.id);
          // What it has seen before, or what is usual, the cycle knows.
          if (isLeftToCycle(watched.rule)) {
            waiting.add(watched.rule.id);
            continue;
          }
          if (isUncertain) {
            waiting.add(watched.rule.id);
            handOverEntityOf(watched, event, ms, arrivalMs);
            isComplete = false;
            continue;
          }
          const sighting = evaluate(watched, event, ms, arrivalMs, { near, waiting });
          if (sighting === undefined) continue;
          if (sighting === 'blind' || !sighting.isComplete) isComplete = false;
          if (sighting !== 'blind') sightings.push(sighting);
        }
      }
      return { sightings, near, explaining, matched, waiting, isComplete };
    },
    counts: () => ({ entities: young.size + old.size, events, evictions }),
  };
}

function isLeftToCycle(rule: Rule): boolean {
  return rule.firstSeen !== undefined || rule.baseline !== undefined;
}

/** Half of what the rule wants: early enough for an answer to be there, late enough to ask of few. */
function nearFrom({ query, unless }: Rule): number {
  return unless === undefined ? Infinity : Math.ceil(thresholdOf(query.measure) / 2);
}

function keyOf(rule: Rule, entity: Entity): string {
  return `${rule.id}\n${entityKey(entity)}`;
}
