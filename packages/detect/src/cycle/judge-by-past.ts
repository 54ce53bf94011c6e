/**
 * What would be an attack of somebody else: a rule with `unless` does not fire where, before the episode was
 * worth an alert, an event of another detection had the same values, such as a login that succeeded from that
 * address. Only the time before counts, so a live look and an old log say the same, and an alert that was
 * raised stays. The past is read from the stored events: nothing has to be remembered.
 */
import { compareSeverity, LIMITS, type Severity } from '@mini-soc/model';
import type { Entity, Query } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { EntitySpan, Store, VersionedAlert } from '@mini-soc/store';
import { touches } from '../alerts/store-episodes.ts';
import type { Episode } from '../evaluate/episode.ts';

/** Episodes asked about at once. */
const ASKED_TOGETHER = LIMITS.cycle_candidates.value;
/** Events of the past read at once. */
const PAGE = 20_000;

export interface PastOptions {
  readonly store: Pick<Store, 'readEntityEvents' | 'searchEvents'>;
  readonly unless: NonNullable<Rule['unless']>;
  /** Whether the past explains what reached the threshold at `atMs`, where that was read before. */
  readonly known?: (entity: Entity, atMs: number) => Promise<boolean | undefined>;
}

/** Episodes of one entity, and the alerts that are theirs. */
export interface ToJudge {
  readonly entity: Entity;
  readonly alerts: readonly VersionedAlert[];
  readonly episodes: readonly Episode[];
}

interface Question {
  readonly entity: Entity;
  readonly atMs: number;
}

/**
 * Of the episodes of each entity those that the past does not explain, in the order given. The store is asked
 * about all of them together: a backlog has tens of thousands. Throws StoreError.
 */
export async function judgeByPast(
  options: PastOptions,
  all: readonly ToJudge[],
): Promise<readonly (readonly Episode[])[]> {
  const questions = new Map<Episode, Question>();
  for (const { entity, alerts, episodes } of all)
    for (const episode of episodes)
      if (
        mayBeSpared(options.unless, episode) &&
        !alerts.some(({ alert }) => touches(alert, episode))
      )
        questions.set(episode, { entity, atMs: firstMomentOf(episode) });
  const spared = new Set<Episode>();
  const asked: [Episode, Question][] = [];
  for (const [episode, question] of questions) {
    const known = await options.known?.(question.entity, question.atMs);
    if (known === undefined) asked.push([episode, question]);
    else if (known) spared.add(episode);
  }
  for (let from = 0; from < asked.length; from += ASKED_TOGETHER) {
    const some = asked.slice(from, from + ASKED_TOGETHER);
    const answers = await areExplained(
      options,
      some.map(([, question]) => question),
    );
    for (const [at, [episode]] of some.entries()) if (answers[at] === true) spared.add(episode);
  }
  return all.map(({ episodes }) => episodes.filter((episode) => !spared.has(episode)));
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

/** Where something of that kind was seen before, or nobody can know because the log begins too late. */
async function areExplained(
  options: PastOptions,
  questions: readonly Question[],
): Promise<readonly boolean[]> {
  const { store, unless } = options;
  const seen = await areSeenOften(options, questions);
  const open = questions.filter((_, at) => seen[at] !== true);
  if (unless.learnMs === 0 || open.length === 0) return seen;
  const latestMs = open.reduce((most, { atMs }) => Math.max(most, atMs), Number.NEGATIVE_INFINITY);
  const beganMs = await beginOf({ store, unless }, latestMs);
  return questions.map(({ atMs }, at) => seen[at] === true || beganMs >= atMs - unless.learnMs);
}

/** Where the time before has as many of these events as the rule wishes: they are read no further. */
async function areSeenOften(
  { store, unless }: PastOptions,
  questions: readonly Question[],
): Promise<readonly boolean[]> {
  const query = pastQuery(unless);
  const spans = questions.map(({ entity, atMs }): EntitySpan => ({
    entity: pastEntity(unless, entity),
    range: { fromMs: atMs - unless.withinMs, toMs: unless.withMoment ? atMs + 1 : atMs },
  }));
  const counts = spans.map(() => 0);
  const isEnough = (at: number): boolean => (counts[at] as number) >= unless.atLeast;
  let from = 0;
  let after: string | undefined;
  for (;;) {
    const page = await store.readEntityEvents({
      query,
      spans: spans.slice(from),
      fields: [],
      pageSize: Math.max(PAGE, unless.atLeast),
      after,
    });
    for (const { span } of page.events) counts[from + span] = (counts[from + span] as number) + 1;
    const last = page.events.at(-1);
    if (page.next === undefined) break;
    // Spans come one after the other: of one that has enough, the rest is left out.
    const isRestLeftOut = last !== undefined && isEnough(from + last.span);
    if (isRestLeftOut) from += last.span + 1;
    if (from >= spans.length) break;
    after = isRestLeftOut ? undefined : page.next;
  }
  return spans.map((_, at) => isEnough(at));
}

/** Events that explain. */
export function pastQuery({ filter, same, withinMs }: PastOptions['unless']): Query {
  return { filter, groupBy: same, windowMs: withinMs, measure: { kind: 'count', atLeast: 1 } };
}

/** The values of the entity that such an event has as well. */
export function pastEntity({ same }: PastOptions['unless'], entity: Entity): Entity {
  return Object.fromEntries(same.map((field) => [field, entity[field] ?? '']));
}

/**
 * When the events that explain begin; Infinity when that is not so long before `latestMs` that their absence says
 * anything. Throws StoreError.
 */
export async function beginOf(
  { store, unless }: Pick<PastOptions, 'store' | 'unless'>,
  latestMs: number,
): Promise<number> {
  const [oldest] = await store.searchEvents({
    filter: unless.filter,
    range: { fromMs: 0, toMs: latestMs - unless.learnMs },
    size: 1,
    order: 'oldest',
  });
  return oldest === undefined ? Number.POSITIVE_INFINITY : Date.parse(oldest['@timestamp']);
}
