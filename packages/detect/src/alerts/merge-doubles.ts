/** Two writers that saw different events may have made two alerts of one episode. */
import { entityKey } from '@mini-soc/query';
import type { AlertSpan } from '@mini-soc/store';
import { groupByEntity, type EntityWork } from '../cycle/collect-work.ts';
import { mergeOverlapping, type EpisodeWriter } from './store-episodes.ts';

/** Most alerts that are compared after a batch. */
const MOST_SPANS = 20_000;

/**
 * Merges what another detection process, or the first look, may have created of the same episodes a
 * moment ago. Only documents of episodes that overlap are read.
 */
export async function mergeDoubles(
  writer: EpisodeWriter,
  batch: readonly EntityWork[],
): Promise<void> {
  const spans = await writer.store.searchAlertSpans({
    ruleId: writer.rule.id,
    entities: batch.map((work) => work.entity),
    touching: {
      fromMs: Math.min(...batch.map((work) => work.firstNewMs)) - writer.rule.suppressMs,
      toMs: Math.max(...batch.map((work) => work.lastNewMs)) + writer.rule.suppressMs + 1,
    },
    size: MOST_SPANS,
  });
  const doubled = overlapping(spans);
  if (doubled.length === 0) return;
  const found = await writer.store.readAlerts(doubled.map(({ alertId }) => alertId));
  const inUse = found.filter(({ alert }) => alert.details.merged_into === undefined);
  for (const alerts of groupByEntity(inUse).values())
    if (alerts.length > 1) await mergeOverlapping(writer, alerts);
}

/** Those of an entity that has two which overlap. */
function overlapping(spans: readonly AlertSpan[]): readonly AlertSpan[] {
  const byEntity = new Map<string, AlertSpan[]>();
  for (const span of spans) {
    const key = entityKey(span.entity);
    const others = byEntity.get(key);
    if (others === undefined) byEntity.set(key, [span]);
    else others.push(span);
  }
  return [...byEntity.values()].filter(hasOverlap).flat();
}

function hasOverlap(spans: readonly AlertSpan[]): boolean {
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const span of spans.toSorted((a, b) => a.firstMs - b.firstMs)) {
    if (span.firstMs <= lastMs) return true;
    lastMs = Math.max(lastMs, span.lastMs);
  }
  return false;
}
