/**
 * What looks at events with the rules: the cycle, and the first look at arrivals. When the rules change, because
 * of an exception, both are made anew and begin where the store says, as after a restart.
 */
import {
  createArrivalReaction,
  createArrivalWatch,
  createCycle,
  type ArrivalReaction,
  type Cycle,
} from '@mini-soc/detect';
import type { Rule } from '@mini-soc/sigma';

type WatchOptions = Parameters<typeof createArrivalWatch>[0];
type ReactionOptions = Parameters<typeof createArrivalReaction>[0];

export interface EngineOptions {
  readonly cycle: Omit<Parameters<typeof createCycle>[0], 'rules'>;
  readonly watch: Omit<WatchOptions, 'rules' | 'startedMs'>;
  readonly reaction: Omit<ReactionOptions, 'rules' | 'watch'>;
  readonly now: () => Date;
}

export interface Engine {
  readonly cycle: Cycle;
  readonly reaction: ArrivalReaction;
  readonly arrivals: ReturnType<typeof createArrivalWatch>['counts'];
  /** From now on these rules; a cycle that runs goes on with those before. Throws StoreError. */
  readonly replaceRules: (rules: readonly Rule[]) => Promise<void>;
}

export function createEngine(options: EngineOptions, rules: readonly Rule[]): Engine {
  const make = (present: readonly Rule[]) => {
    const watch = createArrivalWatch({
      ...options.watch,
      rules: present,
      startedMs: options.now().getTime(),
    });
    return {
      cycle: createCycle({ ...options.cycle, rules: present }),
      watch,
      reaction: createArrivalReaction({ ...options.reaction, rules: present, watch }),
    };
  };
  let parts = make(rules);
  return {
    cycle: {
      run: (scope) => parts.cycle.run(scope),
      stateOf: (ruleId) => parts.cycle.stateOf(ruleId),
      coverageOf: (ruleId) => parts.cycle.coverageOf(ruleId),
    },
    reaction: {
      start: () => parts.reaction.start(),
      observe: (events, noted) => parts.reaction.observe(events, noted),
    },
    arrivals: () => parts.watch.counts(),
    replaceRules: async (fresh) => {
      const next = make(fresh);
      // Without its history the first look would leave everything to the cycle, which is right and slower.
      await next.reaction.start().catch(() => undefined);
      parts = next;
    },
  };
}
