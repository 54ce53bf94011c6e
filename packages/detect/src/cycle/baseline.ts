/**
 * What is usual for an entity: a rule with `baseline` fires only when the busiest window of an episode is
 * far above the windows of the entity's own past. Median and median deviation say what is usual: a few
 * wild hours, or an attack among them, hardly move them. The past is read from the stored events, so that
 * every store answers alike and nothing has to be remembered.
 */
import { formatDuration, LIMITS, type LimitListener } from '@mini-soc/model';
import type { Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import type { Episode } from '../evaluate/episode.ts';

export interface Usual {
  readonly median: number;
  /** Half of the windows are at most this far from the median. */
  readonly deviation: number;
  readonly windows: number;
  /** More than this is unusual. */
  readonly limit: number;
}

export interface BaselineOptions {
  readonly store: Pick<Store, 'readEntityEvents'>;
  readonly rule: Rule;
  readonly baseline: NonNullable<Rule['baseline']>;
  readonly onLimit?: LimitListener | undefined;
}

const MAX_EVENTS = LIMITS.baseline_events.value;
const PAGE = 20_000;
/** The deviation of a normal distribution by its median deviation. */
const TO_SIGMA = 1.4826;
/** Of an entity whose past is shorter than this share of the learning time nothing is usual yet. */
const LEAST_SHARE = 0.5;

/** Episodes that are unusual for the entity, each with the reason in words. Throws StoreError. */
export async function judgeByBaseline(
  options: BaselineOptions,
  entity: Entity,
  episodes: readonly Episode[],
): Promise<readonly Episode[]> {
  const unusual: Episode[] = [];
  for (const episode of episodes) {
    const usual = await usualBefore(options, entity, episode.startMs);
    if (usual !== undefined && episode.peak > usual.limit)
      unusual.push({ ...episode, note: describeUsual(usual, options.rule.query.windowMs) });
  }
  return unusual;
}

/** Of the windows that end before `endMs`, back to the entity's first event or the learning time. */
async function usualBefore(
  { store, rule, baseline, onLimit }: BaselineOptions,
  entity: Entity,
  endMs: number,
): Promise<Usual | undefined> {
  const { windowMs } = rule.query;
  const counts = new Map<number, number>();
  let firstMs: number | undefined;
  let read = 0;
  let after: string | undefined;
  do {
    const page = await store.readEntityEvents({
      query: rule.query,
      spans: [{ entity, range: { fromMs: endMs - baseline.learnMs, toMs: endMs } }],
      fields: [],
      pageSize: PAGE,
      after,
    });
    for (const { ms, event } of page.events) {
      firstMs ??= ms;
      const window = Math.floor((endMs - 1 - ms) / windowMs);
      counts.set(window, (counts.get(window) ?? 0) + (event.repeat_count ?? 1));
    }
    read += page.events.length;
    after = page.next;
  } while (after !== undefined && read < MAX_EVENTS);
  if (after !== undefined) onLimit?.('baseline_events');
  if (firstMs === undefined || endMs - firstMs < LEAST_SHARE * baseline.learnMs) return undefined;
  const windows = Math.ceil((endMs - firstMs) / windowMs);
  return usualOf(
    Array.from({ length: windows }, (_, window) => counts.get(window) ?? 0),
    baseline.factor,
  );
}

/** At least one value. One deviation is never taken to be less than one event. */
export function usualOf(values: readonly number[], factor: number): Usual {
  const median = medianOf(values);
  const deviation = medianOf(values.map((value) => Math.abs(value - median)));
  return {
    median,
    deviation,
    windows: values.length,
    limit: median + factor * Math.max(1, TO_SIGMA * deviation),
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? upper) + upper) / 2 : upper;
}

function describeUsual({ median, deviation, windows, limit }: Usual, windowMs: number): string {
  const window = formatDuration(windowMs);
  return `usually ${median} in ${window} (median of ${windows}, half of them within ${deviation} of it); more than ${Math.floor(limit)} is unusual`;
}
