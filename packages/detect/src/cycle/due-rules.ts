/**
 * Which rules have something new to look at, where every event passes the first look before it is
 * stored: only those that one of them concerns. A rule is due from the moment a batch is seen; once the
 * batch is stored, one cycle settles it. A batch of which nothing more is heard keeps its rules due. Some wait for
 * the cycle: nothing about the events is answered before it. The others the first look has judged; a cycle finds
 * nothing more, and is in no hurry.
 */

/** Rules that a cycle looks at: those that wait for it, or all that are due. */
export type CycleScope = 'waiting' | 'all';

export interface DueRules {
  /**
   * Events that concern these rules are about to be stored; some of them wait for the cycle (default: all). The result is called
   * when they are.
   */
  readonly expect: (ruleIds: ReadonlySet<string>, waiting?: ReadonlySet<string>) => () => void;
  /**
   * Rules with events that are stored; they count as looked at. To be called before the end of the
   * cycle's range is read: what is stored later is due again. Default: all of them.
   */
  readonly take: (scope?: CycleScope) => ReadonlySet<string>;
  /** Whether events of the rule may have been stored since the last `take()`. */
  readonly isDue: (ruleId: string) => boolean;
  /** The rule could not be looked at after all. */
  readonly putBack: (ruleId: string) => void;
}

export function createDueRules(): DueRules {
  let stored = new Set<string>();
  /** Those of them that wait for a cycle. */
  let waits = new Set<string>();
  /** Rule → batches under way that concern it. */
  const underWay = new Map<string, number>();
  return {
    expect: (ruleIds, waiting = ruleIds) => {
      for (const id of ruleIds) underWay.set(id, (underWay.get(id) ?? 0) + 1);
      let isStored = false;
      return () => {
        if (isStored) return;
        isStored = true;
        for (const id of ruleIds) {
          stored.add(id);
          if (waiting.has(id)) waits.add(id);
          const left = (underWay.get(id) ?? 1) - 1;
          if (left === 0) underWay.delete(id);
          else underWay.set(id, left);
        }
      };
    },
    take: (scope = 'all') => {
      const taken = scope === 'all' ? stored : waits;
      stored = new Set(scope === 'all' ? [] : [...stored].filter((id) => !taken.has(id)));
      waits = new Set();
      return taken;
    },
    isDue: (ruleId) => stored.has(ruleId) || underWay.has(ruleId),
    putBack: (ruleId) => stored.add(ruleId),
  };
}
