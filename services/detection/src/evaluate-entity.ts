/**
 * Episodes of one entity around its new events, reading no more than they can concern: from the
 * window before the first new event, or from a point inside the episode they go on, to the end of
 * the episode the last one is in.
 */
import { entityKey } from '@mini-soc/query';
import type { Store } from '@mini-soc/store';
import type { EntityWork } from './collect-work.ts';
import type { Episode } from './episode.ts';
import type { EvaluationPoint, Evaluator } from './evaluate-rule.ts';
import type { EvaluationPoints } from './evaluation-points.ts';

export interface EntityEvaluation {
  readonly store: Store;
  readonly evaluator: Evaluator;
  readonly points: EvaluationPoints;
  /** How late events usually come at most; a point is kept that far back. */
  readonly latenessMs: number;
  readonly pageSize: number;
}

/** Throws StoreError. */
export async function evaluateEntity(
  options: EntityEvaluation,
  work: EntityWork,
): Promise<readonly Episode[]> {
  const { store, evaluator, points } = options;
  const { query, suppressMs } = evaluator.rule;
  const { firstNewMs, lastNewMs } = work;
  const key = entityKey(work.entity);
  // At most one episode can contain or reach the first new event: two are a suppression apart.
  const open = work.alerts
    .map(({ alert }) => ({
      startMs: Date.parse(alert.first_seen),
      lastMs: Date.parse(alert.last_seen),
    }))
    .find(({ startMs, lastMs }) => startMs <= firstNewMs && lastMs > firstNewMs - suppressMs);
  const point = open === undefined ? undefined : points.find(key, open.startMs, firstNewMs);
  const evaluation = evaluator.begin(point);
  const marks: EvaluationPoint[] = [];
  const wanted = [lastNewMs - options.latenessMs, lastNewMs].filter(
    (ms) => point === undefined || ms > point.beforeMs,
  );
  const markBefore = (ms: number): void => {
    while (wanted[0] !== undefined && wanted[0] <= ms) {
      const mark = evaluation.mark(wanted.shift() as number);
      if (mark !== undefined) marks.push(mark);
    }
  };

  let fromMs = point?.beforeMs ?? (open?.startMs ?? firstNewMs) - query.windowMs + 1;
  let toMs = lastNewMs + suppressMs;
  for (let stepMs = suppressMs; ; stepMs *= 2) {
    let after: string | undefined;
    do {
      const page = await store.readEntityEvents({
        query,
        entity: work.entity,
        range: { fromMs, toMs },
        pageSize: options.pageSize,
        after,
      });
      for (const event of page.events) {
        markBefore(Date.parse(event['@timestamp']));
        evaluation.add(event);
      }
      after = page.next;
    } while (after !== undefined);
    const openUntilMs = evaluation.openUntilMs();
    if (openUntilMs === undefined || openUntilMs <= toMs) break;
    fromMs = toMs;
    toMs = Math.max(openUntilMs, toMs + stepMs);
  }
  const episodes = evaluation.episodes();
  points.keep(key, episodes.at(-1)?.startMs, firstNewMs, marks);
  return episodes;
}
