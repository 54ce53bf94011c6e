/**
 * Points inside open episodes from which evaluation can go on, kept in memory: a long attack is read
 * once, not again in every cycle. They are never needed for a right answer, only for a fast one; a
 * point is good as long as nothing before it has arrived since, which the caller knows.
 */
import { LIMITS, type LimitListener } from '@mini-soc/model';
import type { EvaluationPoint } from './evaluate-rule.ts';

export interface EvaluationPoints {
  /** The latest point of this episode at or before this time. */
  readonly find: (key: string, startMs: number, notAfterMs: number) => EvaluationPoint | undefined;
  /**
   * Replaces what was kept: of the episode that starts at `startMs`, points at or before
   * `validUntilMs` stay and fresh ones join them; everything else goes.
   */
  readonly keep: (
    key: string,
    startMs: number | undefined,
    validUntilMs: number,
    fresh: readonly EvaluationPoint[],
  ) => void;
  readonly clear: () => void;
}

const MAX_ENTITIES = LIMITS.evaluation_entities.value;
const MAX_WINDOW_EVENTS = LIMITS.evaluation_events.value;
const MAX_POINTS = LIMITS.evaluation_points.value;

export function createEvaluationPoints(onLimit: LimitListener): EvaluationPoints {
  const entries = new Map<string, readonly EvaluationPoint[]>();
  let windowEvents = 0;
  const costOf = (points: readonly EvaluationPoint[]): number =>
    points.reduce((sum, point) => sum + point.measure.size(), 0);
  const remove = (key: string): void => {
    windowEvents -= costOf(entries.get(key) ?? []);
    entries.delete(key);
  };
  return {
    find: (key, startMs, notAfterMs) =>
      entries
        .get(key)
        ?.findLast((point) => point.startMs === startMs && point.beforeMs <= notAfterMs),
    keep: (key, startMs, validUntilMs, fresh) => {
      const old = (entries.get(key) ?? []).filter((point) => point.beforeMs <= validUntilMs);
      remove(key);
      const points = thin(
        [...old, ...fresh]
          .filter((point) => point.startMs === startMs)
          .toSorted((a, b) => a.beforeMs - b.beforeMs),
      );
      if (points.length === 0) return;
      entries.set(key, points);
      windowEvents += costOf(points);
      while (entries.size > MAX_ENTITIES || windowEvents > MAX_WINDOW_EVENTS) {
        const oldest = entries.keys().next().value;
        if (oldest === undefined) break;
        onLimit('evaluation_entities');
        remove(oldest);
      }
    },
    clear: () => {
      entries.clear();
      windowEvents = 0;
    },
  };
}

/** The newest, and older ones ever further back: late events find one not far before them. */
function thin(points: readonly EvaluationPoint[]): readonly EvaluationPoint[] {
  const newest = points.at(-1);
  if (newest === undefined) return [];
  const kept = [newest];
  let distanceMs = 1000;
  for (const point of points.toReversed()) {
    if (kept.length === MAX_POINTS) break;
    if (newest.beforeMs - point.beforeMs < distanceMs) continue;
    kept.push(point);
    distanceMs = (newest.beforeMs - point.beforeMs) * 10;
  }
  return kept.toReversed();
}
