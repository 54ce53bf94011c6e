/**
 * Episodes of entities around their new events, reading no more than they can concern: from the
 * window before the first new event, or from a point inside the episode they go on, to the end of
 * the episode the last one is in. Many entities are read in one request.
 */
import { entityKey } from '@mini-soc/query';
import type { SocEvent } from '@mini-soc/model';
import type { EntitySpan, Store } from '@mini-soc/store';
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

/** The reading of one entity: what is to be read next, and what came out. */
interface Reading {
  /** Undefined when the episodes are complete. */
  readonly nextSpan: () => EntitySpan | undefined;
  readonly add: (event: SocEvent) => void;
  readonly finish: () => readonly Episode[];
}

/** Episodes of each entity, in the order of the work. Throws StoreError. */
export async function evaluateEntities(
  options: EntityEvaluation,
  batch: readonly EntityWork[],
): Promise<readonly (readonly Episode[])[]> {
  const readings = batch.map((work) => createReading(options, work));
  let open = readings;
  for (;;) {
    const asked = open.flatMap((reading) => {
      const span = reading.nextSpan();
      return span === undefined ? [] : [{ reading, span }];
    });
    if (asked.length === 0) return readings.map((reading) => reading.finish());
    let after: string | undefined;
    do {
      const page = await options.store.readEntityEvents({
        query: options.evaluator.rule.query,
        spans: asked.map(({ span }) => span),
        pageSize: options.pageSize,
        after,
      });
      for (const { span, event } of page.events) asked[span]?.reading.add(event);
      after = page.next;
    } while (after !== undefined);
    open = asked.map(({ reading }) => reading);
  }
}

function createReading(options: EntityEvaluation, work: EntityWork): Reading {
  const { evaluator, points } = options;
  const { query, suppressMs } = evaluator.rule;
  const { firstNewMs, lastNewMs } = work;
  const key = entityKey(work.entity);
  // At most one episode can contain or reach the first new event, but it may have several alerts: the
  // first look at arrivals begins one anew when it has not seen what came before. The earliest counts.
  const [open] = work.alerts
    .map(({ alert }) => ({
      startMs: Date.parse(alert.first_seen),
      lastMs: Date.parse(alert.last_seen),
    }))
    .filter(({ startMs, lastMs }) => startMs <= firstNewMs && lastMs > firstNewMs - suppressMs)
    .toSorted((a, b) => a.startMs - b.startMs);
  const point = open === undefined ? undefined : points.find(key, open.startMs, firstNewMs);
  const evaluation = evaluator.begin(point);
  const marks: EvaluationPoint[] = [];
  const wanted = [lastNewMs - options.latenessMs, lastNewMs].filter(
    (ms) => point === undefined || ms > point.beforeMs,
  );
  let fromMs = point?.beforeMs ?? (open?.startMs ?? firstNewMs) - query.windowMs + 1;
  let toMs: number | undefined;
  let stepMs = suppressMs;

  return {
    nextSpan: () => {
      if (toMs === undefined) toMs = lastNewMs + suppressMs;
      else {
        const openUntilMs = evaluation.openUntilMs();
        if (openUntilMs === undefined || openUntilMs <= toMs) return undefined;
        fromMs = toMs;
        toMs = Math.max(openUntilMs, toMs + stepMs);
        stepMs *= 2;
      }
      return { entity: work.entity, range: { fromMs, toMs } };
    },
    add: (event) => {
      const ms = Date.parse(event['@timestamp']);
      while (wanted[0] !== undefined && wanted[0] <= ms) {
        const mark = evaluation.mark(wanted.shift() as number);
        if (mark !== undefined) marks.push(mark);
      }
      evaluation.add(event);
    },
    finish: () => {
      const episodes = evaluation.episodes();
      points.keep(key, episodes.at(-1)?.startMs, firstNewMs, marks);
      return episodes;
    },
  };
}
