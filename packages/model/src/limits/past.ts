/** Limits of what rules ask of the past. */
import { limit, NO_CURE } from './limit.ts';

export const PAST_LIMITS = {
  first_seen_entities: limit({
    part: 'detection',
    value: 20000,
    unit: 'entities',
    tells: 'alert',
    what: 'entities that a rule with first-seen remembers, for each rule',
    cut: 'an entity was forgotten that had not been seen for the longest time; it is new when it comes again',
    cure: 'choose fields with fewer values for the rule',
  }),
  baseline_events: limit({
    part: 'detection',
    value: 200000,
    unit: 'events',
    tells: 'count',
    what: 'events of an entity that are read to say what is usual for it',
    cut: 'what is usual is said by the older part of the learning time',
    cure: NO_CURE,
  }),
  kept_exceptions: limit({
    part: 'detection',
    value: 200,
    unit: 'exceptions',
    tells: 'none',
    what: 'exceptions of rules that were made through the API',
    cut: 'a further one is refused with 409',
    cure: 'end those that are over, or write them into exceptions.yml',
  }),
  exception_changes: limit({
    part: 'detection',
    value: 1000,
    unit: 'changes',
    tells: 'none',
    what: 'who made or ended exceptions through the API, the newest',
    cut: 'older changes stand in the log only',
    cure: NO_CURE,
  }),
} as const;
