/** What an episode is, written down as slowly and plainly as possible: every window is looked at anew. */
import { compareSeverity, type Severity, type SocEvent } from '@mini-soc/model';
import { matchesFilter, type Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';

export interface OracleEpisode {
  readonly startMs: number;
  readonly lastMs: number;
  readonly eventCount: number;
  readonly peak: number;
  readonly severity: Severity;
  /** Each climb of severity: when, to what, and how many events the episode had by then. */
  readonly history: readonly {
    readonly atMs: number;
    readonly severity: Severity;
    readonly eventCount: number;
  }[];
}

const timeOf = (event: SocEvent): number => Date.parse(event['@timestamp']);
const weightOf = (event: SocEvent): number => event.repeat_count ?? 1;
const total = (events: readonly SocEvent[]): number =>
  events.reduce((sum, event) => sum + weightOf(event), 0);

/** The part of the window that counts when it fires; undefined when it does not. */
function firing(
  rule: Rule,
  window: readonly SocEvent[],
): { members: readonly SocEvent[]; value: number } | undefined {
  const { measure } = rule.query;
  switch (measure.kind) {
    case 'count': {
      const value = total(window);
      return value >= measure.atLeast ? { members: window, value } : undefined;
    }
    case 'distinct': {
      const value = new Set(
        window.map((event) => event.username?.toLowerCase()).filter((name) => name !== undefined),
      ).size;
      return value >= measure.atLeast ? { members: window, value } : undefined;
    }
    case 'sequence': {
      let doneMs = Number.NEGATIVE_INFINITY;
      for (const step of measure.steps) {
        const after = doneMs;
        let weight = 0;
        let reached = false;
        for (const event of window) {
          if (timeOf(event) <= after || !matchesFilter(step.filter, event)) continue;
          weight += weightOf(event);
          if (weight >= step.atLeast) {
            doneMs = timeOf(event);
            reached = true;
            break;
          }
        }
        if (!reached) return undefined;
      }
      const first = window.find((event) =>
        matchesFilter((measure.steps[0] as { filter: typeof rule.query.filter }).filter, event),
      ) as SocEvent;
      const members = window.filter((event) => timeOf(event) >= timeOf(first));
      return { members, value: total(members) };
    }
    default:
      return measure satisfies never;
  }
}

/** A window of a sequence is measured where its last step happens. */
function isMeasured(rule: Rule, event: SocEvent): boolean {
  const { measure } = rule.query;
  if (measure.kind !== 'sequence') return true;
  const last = measure.steps.at(-1);
  return last !== undefined && matchesFilter(last.filter, event);
}

function severityOf(rule: Rule, peak: number): Severity {
  return rule.severitySteps
    .filter((step) => peak >= step.gte)
    .map((step) => step.level)
    .reduce((worst, level) => (compareSeverity(level, worst) > 0 ? level : worst), rule.level);
}

export function oracleEpisodes(
  rule: Rule,
  unordered: readonly SocEvent[],
): readonly OracleEpisode[] {
  const events = unordered
    .filter((event) => matchesFilter(rule.query.filter, event))
    .toSorted((a, b) => timeOf(a) - timeOf(b) || (a.event_id < b.event_id ? -1 : 1));
  const episodes: OracleEpisode[] = [];
  for (let index = 0; index < events.length; index += 1) {
    const windowAt = (at: number): readonly SocEvent[] =>
      events
        .slice(0, at + 1)
        .filter((event) => timeOf(events[at] as SocEvent) - timeOf(event) < rule.query.windowMs);
    const first = firing(rule, windowAt(index));
    if (first === undefined) continue;
    const startMs = timeOf(first.members[0] as SocEvent);
    let eventCount = total(first.members);
    let peak = isMeasured(rule, events[index] as SocEvent) ? first.value : 0;
    let lastMs = timeOf(events[index] as SocEvent);
    const history = [{ atMs: lastMs, severity: severityOf(rule, peak), eventCount }];
    for (let next = index + 1; next < events.length; next += 1) {
      const event = events[next] as SocEvent;
      if (timeOf(event) - lastMs >= rule.suppressMs) break;
      index = next;
      lastMs = timeOf(event);
      eventCount += weightOf(event);
      const window = firing(rule, windowAt(next));
      if (window !== undefined && isMeasured(rule, event)) peak = Math.max(peak, window.value);
      const severity = severityOf(rule, peak);
      if (severity !== history.at(-1)?.severity)
        history.push({ atMs: lastMs, severity, eventCount });
    }
    const severity = severityOf(rule, peak);
    episodes.push({ startMs, lastMs, eventCount, peak, severity, history });
  }
  return episodes;
}

/** Episodes of every entity among these events, whatever order they are in. */
export function oracleEpisodesByEntity(
  rule: Rule,
  events: readonly SocEvent[],
): readonly { readonly entity: Entity; readonly episode: OracleEpisode }[] {
  const { groupBy } = rule.query;
  const groups = new Map<string, SocEvent[]>();
  for (const event of events) {
    const values = groupBy.map((field) => event[field as 'source_ip' | 'username' | 'hostname']);
    if (values.includes(undefined)) continue;
    const key = JSON.stringify(values);
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return [...groups].flatMap(([key, group]) => {
    const values = JSON.parse(key) as string[];
    const entity = Object.fromEntries(groupBy.map((field, index) => [field, values[index] ?? '']));
    return oracleEpisodes(rule, group).map((episode) => ({ entity, episode }));
  });
}
