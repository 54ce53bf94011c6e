/**
 * What would be an attack of somebody else: a rule with `unless` does not fire where, before the episode was
 * worth an alert, an event of another detection had the same values, such as a login that succeeded from that
 * address. Only the time before counts, so a live look and an old log say the same, and an alert that was
 * raised stays. The past is read from the stored events: nothing has to be remembered.
 */
import { compareSeverity, type Severity } from '@mini-soc/model';
import type { Entity, Query } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Store, VersionedAlert } from '@mini-soc/store';
import { touches } from '../alerts/store-episodes.ts';
import type { Episode } from '../evaluate/episode.ts';

export interface PastOptions {
  readonly store: Pick<Store, 'readEntityEvents' | 'searchEvents'>;
  readonly unless: NonNullable<Rule['unless']>;
  /** Whether the past explains what reached the threshold at `atMs`, where that was read before. */
  readonly known?: (entity: Entity, atMs: number) => Promise<boolean | undefined>;
}

/** Of the episodes those that the past does not explain. Throws StoreError. */
export async function judgeByPast(
  options: PastOptions,
  { entity, alerts }: { readonly entity: Entity; readonly alerts: readonly VersionedAlert[] },
  episodes: readonly Episode[],
): Promise<readonly Episode[]> {
  const told: Episode[] = [];
  for (const episode of episodes)
    if (
      !mayBeSpared(options.unless, episode) ||
      alerts.some(({ alert }) => touches(alert, episode)) ||
      !(await isExplained(options, entity, firstMomentOf(episode)))
    )
      told.push(episode);
  return told;
}

/**
 * Whether a rule that looks at a shorter time tells of the episode: it reached the threshold there at the same
 * moment, or so soon afterwards that both mean the same.
 */
export function isOfFasterRule(
  { notWithinMs }: Pick<Rule, 'notWithinMs'>,
  episode: Pick<Episode, 'history' | 'startMs' | 'fastMs'>,
): boolean {
  return (
    notWithinMs !== undefined &&
    episode.fastMs !== undefined &&
    episode.fastMs <= firstMomentOf(episode) + notWithinMs
  );
}

/** Whether the rule asks the past at all for an episode of this severity and haste. */
function mayBeSpared(
  { below, slowerThanMs }: PastOptions['unless'],
  episode: Pick<Episode, 'severity' | 'history' | 'startMs'>,
): boolean {
  return (
    isBelow(episode.severity, below) && firstMomentOf(episode) - episode.startMs >= slowerThanMs
  );
}

function isBelow(severity: Severity, below: Severity | undefined): boolean {
  return below === undefined || compareSeverity(severity, below) < 0;
}

/** When the episode was first worth an alert. */
function firstMomentOf({ history, startMs }: Pick<Episode, 'history' | 'startMs'>): number {
  return history[0]?.atMs ?? startMs;
}

/** Something of that kind was seen before, or nobody can know because the log begins too late. */
async function isExplained(options: PastOptions, entity: Entity, atMs: number): Promise<boolean> {
  const known = await options.known?.(entity, atMs);
  if (known !== undefined) return known;
  const { store, unless } = options;
  const toMs = unless.withMoment ? atMs + 1 : atMs;
  const page = await store.readEntityEvents({
    query: pastQuery(unless),
    spans: [
      { entity: pastEntity(unless, entity), range: { fromMs: atMs - unless.withinMs, toMs } },
    ],
    fields: [],
    pageSize: unless.atLeast,
  });
  return page.events.length >= unless.atLeast || !(await learnedBefore(options, atMs));
}

/** Events that explain. */
export function pastQuery({ filter, same, withinMs }: PastOptions['unless']): Query {
  return { filter, groupBy: same, windowMs: withinMs, measure: { kind: 'count', atLeast: 1 } };
}

/** The values of the entity that such an event has as well. */
export function pastEntity({ same }: PastOptions['unless'], entity: Entity): Entity {
  return Object.fromEntries(same.map((field) => [field, entity[field] ?? '']));
}

/** Whether the log goes back far enough to know what is usual. Throws StoreError. */
export async function learnedBefore(
  { store, unless }: Pick<PastOptions, 'store' | 'unless'>,
  atMs: number,
): Promise<boolean> {
  if (unless.learnMs === 0) return true;
  const before = await store.searchEvents({
    filter: unless.filter,
    range: { fromMs: 0, toMs: atMs - unless.learnMs },
    size: 1,
    order: 'newest',
  });
  return before.length > 0;
}
