/**
 * Which of many rules have nothing to look at in this cycle: all are asked of the store together, so that
 * a cycle costs what the rules cost that the new events can meet.
 */
import type { Rule } from '@mini-soc/sigma';
import type { ArrivalCursor, Store } from '@mini-soc/store';

/** Fewer rules than these are asked one by one: that costs no more. */
const ASKED_TOGETHER = 8;

/**
 * Ids of the rules that none of the events between their checkpoint and `upTo` can match; none where the
 * store cannot say: then each rule asks, and fails, by itself. Never rejects.
 */
export async function rulesWithoutNew(
  store: Store,
  rules: readonly Rule[],
  checkpointOf: (rule: Rule) => ArrivalCursor | undefined,
  upTo: ArrivalCursor,
): Promise<ReadonlySet<string>> {
  const byCheckpoint = new Map<ArrivalCursor | undefined, Rule[]>();
  for (const rule of rules) {
    const after = checkpointOf(rule);
    if (after === upTo) continue;
    const others = byCheckpoint.get(after);
    if (others === undefined) byCheckpoint.set(after, [rule]);
    else others.push(rule);
  }
  const unmet = new Set<string>();
  for (const [arrivedAfter, group] of byCheckpoint) {
    if (group.length < ASKED_TOGETHER) continue;
    const met = await store
      .filtersMet(
        group.map(({ query }) => query.filter),
        { arrivedAfter, arrivedUpTo: upTo },
      )
      .catch(() => []);
    for (const [at, rule] of group.entries()) if (met[at] === false) unmet.add(rule.id);
  }
  return unmet;
}
