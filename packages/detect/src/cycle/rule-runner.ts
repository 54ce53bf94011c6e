/** One rule of a cycle, and what is held for it from one run to the next. */
import type { LimitListener } from '@mini-soc/model';
import type { Rule } from '@mini-soc/sigma';
import type { ArrivalCursor, Store } from '@mini-soc/store';
import { touches } from '../alerts/store-episodes.ts';
import type { Episode } from '../evaluate/episode.ts';
import { createEvaluator, type Evaluator } from '../evaluate/evaluate-rule.ts';
import { createEvaluationPoints, type EvaluationPoints } from '../evaluate/evaluation-points.ts';
import { judgeByBaseline } from './baseline.ts';
import { isOfFasterRule, judgeByPast } from './judge-by-past.ts';
import type { EntityWork } from './collect-work.ts';
import { createFirstSeen, type FirstSeen } from './first-seen.ts';

export interface RuleRunner {
  readonly rule: Rule;
  readonly evaluator: Evaluator;
  readonly points: EvaluationPoints;
  /** Of a rule that fires only for what it has not seen before. */
  readonly firstSeen: FirstSeen | undefined;
  /**
   * What it has seen is to be read anew: another process may have seen more, and what was noted of a step
   * that broke off would hide its alerts.
   */
  hasForgotten: boolean;
  /** The checkpoint this process wrote last; points are good only if nobody moved it since. */
  ownCheckpoint: ArrivalCursor | undefined;
}

interface RunnerOptions {
  readonly store: Store;
  readonly onLimit: LimitListener;
}

export function createRuleRunner(options: RunnerOptions, rule: Rule): RuleRunner {
  return {
    rule,
    evaluator: createEvaluator(rule),
    points: createEvaluationPoints(options.onLimit),
    firstSeen:
      rule.firstSeen === undefined
        ? undefined
        : createFirstSeen({
            store: options.store,
            rule,
            fields: rule.firstSeen,
            onLimit: options.onLimit,
          }),
    hasForgotten: true,
    ownCheckpoint: undefined,
  };
}

/** Of the episodes of each entity, in the order of the work, those that the rule tells of. Throws StoreError. */
export async function judge(
  { store, onLimit }: RunnerOptions,
  { rule, firstSeen }: RuleRunner,
  batch: readonly EntityWork[],
  found: readonly (readonly Episode[])[],
): Promise<readonly (readonly Episode[])[]> {
  const all = batch.map((work, at) => ({
    work,
    // What was told before the faster rule saw it goes on.
    episodes: (found[at] ?? []).filter(
      (episode) =>
        !isOfFasterRule(rule, episode) || work.alerts.some(({ alert }) => touches(alert, episode)),
    ),
  }));
  if (firstSeen !== undefined)
    return all.map(({ work, episodes }) => firstSeen.judge(work, episodes));
  const { baseline, unless } = rule;
  if (unless !== undefined)
    return judgeByPast(
      { store, unless },
      all.map(({ work, episodes }) => ({ ...work, episodes })),
    );
  if (baseline === undefined) return all.map(({ episodes }) => episodes);
  const told: (readonly Episode[])[] = [];
  for (const { work, episodes } of all)
    told.push(await judgeByBaseline({ store, rule, baseline, onLimit }, work.entity, episodes));
  return told;
}
