/**
 * Episodes of entities around their new events, reading no more than they can concern: from the
 * window before the first new event, or from a point inside the episode they go on, to the end of
 * the episode the last one is in. Many entities are read in one request.
 */
import { entityKey } from '@mini-soc/query';
import type { EntitySpan, SparseEvent, Store } from '@mini-soc/store';
import type { EntityWork } from './collect-work.ts';
import { fillEvidence, type Episode } from '../evaluate/episode.ts';
import { fieldsOfRule, type EvaluationPoint, type Evaluator } from '../evaluate/evaluate-rule.ts';
import { createPause } from '../let-others-run.ts';
import type { EvaluationPoints } from '../evaluate/evaluation-points.ts';

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
  readonly add: (event: SparseEvent, ms: number) => void;
  readonly finish: () => readonly Episode[];
}

/** Episodes of each entity, in the order of the work. Throws StoreError. */
export async function evaluateEntities(
  options: EntityEvaluation,
  batch: readonly EntityWork[],
): Promise<readonly (readonly Episode[])[]> {
  const fields = fieldsOfRule(options.evaluator.rule);
  const readings = batch.map((work) => createReading(options, work));
  const pause = createPause();
  let open = readings;
  for (;;) {
    const asked = open.flatMap((reading) => {
      const span = reading.nextSpan();
      return span === undefined ? [] : [{ reading, span }];
    });
    if (asked.length === 0) {
      const found = readings.map((reading) => reading.finish());
      await readEvidence(options.store, found.flat());
      return found;
    }
    let after: string | undefined;
    do {
      const page = await options.store.readEntityEvents({
        query: options.evaluator.rule.query,
        spans: asked.map(({ span }) => span),
        fields,
        pageSize: options.pageSize,
        after,
        take: ({ span, ms, event }) => {
          asked[span]?.reading.add(event, ms);
          return pause();
        },
      });
      after = page.next;
    } while (after !== undefined);
    open = asked.map(({ reading }) => reading);
  }
}

/** The lines behind the episodes, read for the few that an alert shows. */
async function readEvidence(store: Store, episodes: readonly Episode[]): Promise<void> {
  const samples = episodes
    .flatMap((episode) => episode.evidence)
    .filter((sample) => sample.message === undefined);
  if (samples.length === 0) return;
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const { ms } of samples) {
    fromMs = Math.min(fromMs, ms);
    toMs = Math.max(toMs, ms + 1);
  }
  const ids = [...new Set(samples.map((sample) => sample.event_id))];
  const lines = await store.readLines(ids, { fromMs, toMs });
  fillEvidence(samples, new Map(lines.map((line) => [line.event_id, line])));
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
    add: (event, ms) => {
      while (wanted[0] !== undefined && wanted[0] <= ms) {
        const mark = evaluation.mark(wanted.shift() as number);
        if (mark !== undefined) marks.push(mark);
      }
      evaluation.add(event, ms);
    },
    finish: () => {
      const episodes = evaluation.episodes();
      points.keep(key, episodes.at(-1)?.startMs, firstNewMs, marks);
      return episodes;
    },
  };
}
