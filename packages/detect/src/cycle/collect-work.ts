/**
 * Which entities a rule has to look at since its checkpoint: those that come close to firing, and
 * those that have an alert whose episode the new events may go on. The second kind need not be close
 * to firing: one more event keeps an episode open.
 */
import { LIMITS, type Alert, type LimitListener } from '@mini-soc/model';
import { entityKey, type Entity, type Filter, type Query } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type {
  AlertSpan,
  ArrivalCursor,
  Candidate,
  Store,
  TimeRange,
  VersionedAlert,
} from '@mini-soc/store';

export interface EntityWork extends Candidate {
  /** Alerts of this rule and entity that may touch the new events, without those that were merged. */
  readonly alerts: readonly VersionedAlert[];
}

export interface ArrivalRange {
  readonly after: ArrivalCursor | undefined;
  readonly upTo: ArrivalCursor;
}

const ENTITY_ALERTS = LIMITS.entity_alerts.value;
const LIVE_CHUNK = 50;

/** How much is asked of the store at once; the answer does not depend on it. */
export interface PageSizes {
  readonly candidates: number;
  /** When as many alerts are found, they are asked for fewer entities at a time instead. */
  readonly alerts: number;
  readonly events: number;
  /** New events of one step. */
  readonly arrivals: number;
}

export const PAGE_SIZES: PageSizes = {
  candidates: LIMITS.cycle_candidates.value,
  alerts: LIMITS.cycle_alerts.value,
  events: LIMITS.cycle_events.value,
  arrivals: LIMITS.cycle_arrivals.value,
};

/** Batches of work, every entity in one batch only. */
export async function* collectWork(
  store: Store,
  rule: Rule,
  arrival: ArrivalRange,
  pages: PageSizes,
  onLimit: LimitListener,
): AsyncGenerator<readonly EntityWork[]> {
  const seen = new Set<string>();
  // Read before the batches are worked on: the alerts that they make are of entities seen by then.
  const live = await liveAlerts(store, rule, arrival, pages);
  for await (const page of readCandidates(store, rule.query, arrival, pages)) {
    for (const candidate of page) seen.add(entityKey(candidate.entity));
    yield await withAlerts(store, rule, page, pages, onLimit);
  }
  const entities = new Map<string, Entity>();
  for (const { entity } of live) {
    const key = entityKey(entity);
    if (!seen.has(key)) entities.set(key, entity);
  }
  // More alerts than one page: ask for every entity with anything new instead.
  const filters =
    live.length < pages.alerts
      ? chunk([...entities.values()], LIVE_CHUNK).map(entityFilter)
      : [undefined];
  for (const filter of filters) {
    const query: Query = {
      ...rule.query,
      measure: { kind: 'count', atLeast: 1 },
      filter:
        filter === undefined ? rule.query.filter : { kind: 'all', of: [filter, rule.query.filter] },
    };
    for await (const page of readCandidates(store, query, arrival, pages)) {
      const fresh = page.filter((candidate) => !seen.has(entityKey(candidate.entity)));
      for (const candidate of fresh) seen.add(entityKey(candidate.entity));
      if (fresh.length > 0) yield await withAlerts(store, rule, fresh, pages, onLimit);
    }
  }
}

/** Alerts that further events may belong to, though they are too few for the rule; at most one page. */
async function liveAlerts(
  store: Store,
  rule: Rule,
  arrival: ArrivalRange,
  pages: PageSizes,
): Promise<readonly AlertSpan[]> {
  const { measure } = rule.query;
  if (measure.kind === 'count' && measure.atLeast <= 1) return [];
  const anyNew: Query = { ...rule.query, groupBy: [], measure: { kind: 'count', atLeast: 1 } };
  let range: TimeRange | undefined;
  for await (const page of readCandidates(store, anyNew, arrival, pages))
    range = reachOf(rule, page);
  return range === undefined
    ? []
    : store.searchAlertSpans({ ruleId: rule.id, touching: range, size: pages.alerts });
}

async function* readCandidates(
  store: Store,
  query: Query,
  arrival: ArrivalRange,
  pages: PageSizes,
): AsyncGenerator<readonly Candidate[]> {
  let after: string | undefined;
  do {
    const page = await store.selectCandidates({
      query,
      arrivedAfter: arrival.after,
      arrivedUpTo: arrival.upTo,
      pageSize: pages.candidates,
      after,
    });
    if (page.candidates.length > 0) yield page.candidates;
    after = page.next;
  } while (after !== undefined);
}

/** How far the new events of these candidates reach: an episode in this range may be theirs. */
function reachOf(rule: Rule, candidates: readonly Candidate[]): TimeRange {
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    fromMs = Math.min(fromMs, candidate.firstNewMs);
    toMs = Math.max(toMs, candidate.lastNewMs);
  }
  return { fromMs: fromMs - rule.suppressMs, toMs: toMs + rule.suppressMs + 1 };
}

async function withAlerts(
  store: Store,
  rule: Rule,
  candidates: readonly Candidate[],
  pages: PageSizes,
  onLimit: LimitListener,
): Promise<readonly EntityWork[]> {
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0)
    return [{ ...only, alerts: await readAlerts(store, rule, only, onLimit) }];
  const all = await store.searchAlerts({
    ruleId: rule.id,
    entities: candidates.map((candidate) => candidate.entity),
    touching: reachOf(rule, candidates),
    size: pages.alerts,
  });
  if (all.length < pages.alerts) {
    const byEntity = groupByEntity(all.filter(({ alert }) => isInUse(alert)));
    return candidates.map((candidate) => ({
      ...candidate,
      alerts: byEntity.get(entityKey(candidate.entity)) ?? [],
    }));
  }
  // More than one answer holds: half of the entities have fewer.
  const middle = Math.ceil(candidates.length / 2);
  return [
    ...(await withAlerts(store, rule, candidates.slice(0, middle), pages, onLimit)),
    ...(await withAlerts(store, rule, candidates.slice(middle), pages, onLimit)),
  ];
}

/** Alerts by the key of their entity. */
export function groupByEntity(
  alerts: readonly VersionedAlert[],
): ReadonlyMap<string, readonly VersionedAlert[]> {
  const groups = new Map<string, VersionedAlert[]>();
  for (const versioned of alerts) {
    const key = entityKey(versioned.alert.entity);
    const others = groups.get(key);
    if (others === undefined) groups.set(key, [versioned]);
    else others.push(versioned);
  }
  return groups;
}

/** Alerts of one entity that may touch the new events. */
export async function readAlerts(
  store: Store,
  rule: Rule,
  candidate: Candidate,
  onLimit: LimitListener,
): Promise<readonly VersionedAlert[]> {
  const found = await store.searchAlerts({
    ruleId: rule.id,
    entities: [candidate.entity],
    touching: reachOf(rule, [candidate]),
    size: ENTITY_ALERTS,
  });
  if (found.length === ENTITY_ALERTS) onLimit('entity_alerts');
  return found.filter(({ alert }) => isInUse(alert));
}

function isInUse(alert: Alert): boolean {
  return alert.details.merged_into === undefined;
}

function entityFilter(entities: readonly Entity[]): Filter {
  return {
    kind: 'any',
    of: entities.map((entity): Filter => ({
      kind: 'all',
      of: Object.entries(entity).map(([field, value]): Filter => ({
        kind: 'equals',
        field,
        value,
        cased: true,
      })),
    })),
  };
}

function chunk<Value>(values: readonly Value[], size: number): readonly (readonly Value[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
