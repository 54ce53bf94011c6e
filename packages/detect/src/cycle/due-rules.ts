/**
 * Which rules have something new to look at, where every event passes the first look before it is
 * stored: only those that one of them concerns. A rule is due from the moment a batch is seen; once the
 * batch is stored, one cycle settles it. A batch of which nothing more is heard keeps its rules due.
 */

export interface DueRules {
  /** Events that concern these rules are about to be stored. The result is called when they are. */
  readonly expect: (ruleIds: ReadonlySet<string>) => () => void;
  /**
   * Rules with events that are stored; they count as looked at. To be called before the end of the
   * cycle's range is read: what is stored later is due again.
   */
  readonly take: () => ReadonlySet<string>;
  /** Whether events of the rule may have been stored since the last `take()`. */
  readonly isDue: (ruleId: string) => boolean;
  /** The rule could not be looked at after all. */
  readonly putBack: (ruleId: string) => void;
}

export function createDueRules(): DueRules {
  let stored = new Set<string>();
  /** Rule → batches under way that concern it. */
  const underWay = new Map<string, number>();
  return {
    expect: (ruleIds) => {
      for (const id of ruleIds) underWay.set(id, (underWay.get(id) ?? 0) + 1);
      let isStored = false;
      return () => {
        if (isStored) return;
        isStored = true;
        for (const id of ruleIds) {
          stored.add(id);
          const left = (underWay.get(id) ?? 1) - 1;
          if (left === 0) underWay.delete(id);
          else underWay.set(id, left);
        }
      };
    },
    take: () => {
      const taken = stored;
      stored = new Set();
      return taken;
    },
    isDue: (ruleId) => stored.has(ruleId) || underWay.has(ruleId),
    putBack: (ruleId) => stored.add(ruleId),
  };
}
