/** What a rule asks besides its window: times of day and week, what was seen before, what is usual. */
import { formatDuration, RULE_EXTENSION_KEY, WEEKDAYS } from '@mini-soc/model';
import { isTimeZone, type Filter, type Query } from '@mini-soc/query';
import { resolveField } from './compile-detection.ts';
import { narrowRule } from './narrow-rule.ts';
import { showValue } from './rule-error.ts';
import type { RuleDocument } from './rule-document.ts';
import type { Rule } from './rule.ts';

const DEFAULT_FACTOR = 6;
const MAX_LEARN_MS = 90 * 86_400_000;
const MAX_PAST_WINDOWS = 10_000;

type FailAt = (path: readonly PropertyKey[], sentence: string) => Error;

/** What the rule asks of the past, besides its window. */
export function readPast(
  document: RuleDocument,
  query: Query,
  failAt: FailAt,
  filterOf: (name: string) => Filter,
): Pick<Rule, 'firstSeen' | 'baseline' | 'unless' | 'notWithinMs'> {
  const notWithinMs = document.content[RULE_EXTENSION_KEY]?.['not-within'];
  if (
    notWithinMs !== undefined &&
    (document.kind !== 'correlation' || notWithinMs >= query.windowMs)
  )
    throw failAt(
      ['not-within'],
      `not-within stands in a correlation and is shorter than its timespan, ${formatDuration(query.windowMs)}: current value is ${formatDuration(notWithinMs)}`,
    );
  return {
    ...(notWithinMs === undefined ? {} : { notWithinMs }),
    ...readHabits(document, query, failAt),
    ...readUnless(document, query, failAt, filterOf),
  };
}

function readUnless(
  document: RuleDocument,
  query: Query,
  failAt: FailAt,
  filterOf: (name: string) => Filter,
): Pick<Rule, 'unless'> {
  const { unless, 'first-seen': first, baseline } = document.content[RULE_EXTENSION_KEY] ?? {};
  if (unless === undefined) return {};
  if (first !== undefined || baseline !== undefined)
    throw failAt(['unless'], 'unless stands without first-seen and baseline');
  for (const key of ['within', 'learn'] as const)
    if ((unless[key] ?? 0) > MAX_LEARN_MS)
      throw failAt(
        ['unless', key],
        `${key} must be at most ${formatDuration(MAX_LEARN_MS)}: current value is ${formatDuration(unless[key] ?? 0)}`,
      );
  const same = unless.same.map((name, index) => {
    const field = resolveField(name, (sentence) => failAt(['unless', 'same', index], sentence));
    if (!query.groupBy.includes(field))
      throw failAt(
        ['unless', 'same', index],
        `expected a field of the entity (${query.groupBy.join(', ')}): current value is "${name}"`,
      );
    return field;
  });
  return {
    unless: {
      name: unless.rule,
      filter: filterOf(unless.rule),
      same,
      withinMs: unless.within,
      atLeast: unless.gte ?? 1,
      withMoment: query.measure.kind !== 'sequence',
      learnMs: unless.learn ?? 0,
      below: unless.below,
      slowerThanMs: unless['slower-than'] ?? 0,
    },
  };
}

function readHabits(
  document: RuleDocument,
  query: Query,
  failAt: FailAt,
): Pick<Rule, 'firstSeen' | 'baseline'> {
  const { 'first-seen': first, baseline } = document.content[RULE_EXTENSION_KEY] ?? {};
  const learnMs = first?.learn ?? baseline?.learn ?? 0;
  const key = first === undefined ? 'baseline' : 'first-seen';
  if (learnMs > MAX_LEARN_MS)
    throw failAt(
      [key, 'learn'],
      `learn must be at most ${formatDuration(MAX_LEARN_MS)}: current value is ${formatDuration(learnMs)}`,
    );
  if (first !== undefined) {
    if (document.kind === 'correlation' || baseline !== undefined)
      throw failAt(
        [key],
        'first-seen stands in a plain detection, without a correlation or baseline',
      );
    return { firstSeen: { learnMs } };
  }
  if (baseline === undefined) return {};
  if (document.kind !== 'correlation' || query.measure.kind !== 'count')
    throw failAt([key], 'baseline stands in an event_count correlation');
  if (learnMs < 4 * query.windowMs || learnMs > MAX_PAST_WINDOWS * query.windowMs)
    throw failAt(
      [key, 'learn'],
      `learn must be 4 to ${MAX_PAST_WINDOWS} times the timespan, ${formatDuration(query.windowMs)}: current value is ${formatDuration(learnMs)}`,
    );
  return { baseline: { learnMs, factor: baseline.factor ?? DEFAULT_FACTOR } };
}

/** Only events of the time of day and week that the rule says. */
export function withClock(document: RuleDocument, rule: Rule): Rule {
  const when = document.content[RULE_EXTENSION_KEY]?.when;
  if (when === undefined) return rule;
  const { zone = 'UTC', days = WEEKDAYS, from, to, outside = false } = when;
  if (!isTimeZone(zone))
    throw document.source.errorAt(
      [RULE_EXTENSION_KEY, 'when', 'zone'],
      `expected a time zone such as Europe/Berlin: current value is ${showValue(zone)}`,
    );
  const clock: Filter = {
    kind: 'clock',
    zone,
    days: days.map((day) => WEEKDAYS.indexOf(day)),
    from: minutesOf(from),
    to: minutesOf(to),
  };
  return narrowRule(rule, outside ? { kind: 'not', of: clock } : clock);
}

function minutesOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number);
  return hours * 60 + minutes;
}
