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
} as const;
