/**
 * Runs a test that stands in a rule file: its events go through a store and a whole detection cycle,
 * and the alerts are compared with what the test expects. Format: rules/README.md.
 */
import {
  ignoreLimits,
  eventFieldName,
  eventSchema,
  parseDuration,
  type Alert,
  type SocEvent,
} from '@mini-soc/model';
import { entityKey } from '@mini-soc/query';
import { describeCommand } from '@mini-soc/shell';
import type { Rule, RuleTest } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import type { Log } from '../log.ts';
import { convert, exampleFields } from './example-event.ts';
import { createCycle } from '../cycle/run-cycle.ts';

export interface RuleTestResult {
  readonly passed: boolean;
  /** One sentence for each difference; empty when the test passed. */
  readonly faults: readonly string[];
  /** Alerts that were raised, by first event. */
  readonly alerts: readonly Alert[];
}

export interface RuleTestsOptions {
  readonly rule: Rule;
  /** When each starts; further apart than whatever the rule looks at, and the last one last. */
  readonly tests: readonly { readonly test: RuleTest; readonly startMs: number }[];
  /** A store without events from a year before the first start on. */
  readonly store: Store;
  readonly logger: Log;
}

export interface RuleTestOptions extends Omit<RuleTestsOptions, 'tests'> {
  readonly test: RuleTest;
  /** When the test starts; default: a Monday, 2026-01-05 09:00 UTC. */
  readonly startMs?: number;
}

/** Monday morning: tests of rules for some hours count from it. */
export const TEST_START_MS = Date.parse('2026-01-05T09:00:00.000Z');
const MAX_EVENTS = 200_000;
const DEFAULT_EVERY_MS = 1000;

export async function runRuleTest(options: RuleTestOptions): Promise<RuleTestResult> {
  const { test, startMs = TEST_START_MS } = options;
  const [result] = await runRuleTests({ ...options, tests: [{ test, startMs }] });
  return result as RuleTestResult;
}

/** Several tests of a rule in one cycle, a result for each in their order: on a database that is ten times faster. */
export async function runRuleTests(options: RuleTestsOptions): Promise<readonly RuleTestResult[]> {
  const { rule, store } = options;
  const built = options.tests.map(({ test, startMs }) => {
    const made = buildTestEvents(rule, test, startMs);
    if ('fault' in made) return { test, startMs, lastMs: startMs, ...made };
    const lastMs = Math.max(...made.events.map((event) => Date.parse(event['@timestamp'])));
    return { test, startMs, lastMs, ...made };
  });
  await store.appendEvents(built.flatMap((one) => ('fault' in one ? [] : one.events)));
  const lastMs = Math.max(...built.map((one) => one.lastMs));
  const cycle = createCycle({
    store,
    rules: [{ ...rule, enabled: true }],
    latenessMs: 120_000,
    now: () => new Date(lastMs + 1000),
    logger: options.logger,
    lanesFor: () => [],
    onAlert: () => undefined,
    onLimit: ignoreLimits,
  });
  const report = await cycle.run();
  const error = report.rules[0]?.error;
  const results: RuleTestResult[] = [];
  for (const one of built) {
    if ('fault' in one) {
      results.push({ passed: false, faults: [one.fault], alerts: [] });
      continue;
    }
    const touching = { fromMs: one.startMs, toMs: one.lastMs + 1 };
    const alerts = (await store.searchAlerts({ size: 1000, touching }))
      .map(({ alert }) => alert)
      .filter((alert) => alert.details.merged_into === undefined)
      .toSorted(byStart);
    const faults =
      error === undefined ? compareAlerts(alerts, one.test.expect, one.startMs) : [error];
    results.push({ passed: faults.length === 0, faults, alerts });
  }
  return results;
}

function byStart(a: Alert, b: Alert): number {
  const keyOf = (alert: Alert): string => alert.first_seen + entityKey(alert.entity);
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

/** Events of a test in order of time, or why they are none. */
export function buildTestEvents(
  rule: Rule,
  test: RuleTest,
  startMs = TEST_START_MS,
): { readonly events: readonly SocEvent[] } | { readonly fault: string } {
  const events: SocEvent[] = [];
  let atMs = 0;
  for (const [index, step] of [test.given].flat().entries()) {
    const named = [...rule.members, ...(rule.unless === undefined ? [] : [rule.unless])];
    const member = named.find(({ name }) => name === step.of) ?? rule.members[0];
    const base = member === undefined ? {} : exampleFields(member.filter);
    const everyMs = step.every ?? DEFAULT_EVERY_MS;
    atMs = step.at ?? (index === 0 ? 0 : atMs + (step.after ?? DEFAULT_EVERY_MS));
    for (let number = 1; number <= (step.repeat ?? 1); number += 1) {
      if (number > 1) atMs += everyMs;
      const fields = { ...base, ...fillNumbers(step.event ?? {}, number) };
      const parsed = eventSchema.safeParse(toDocument(fields, events.length + 1, startMs, atMs));
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        return {
          fault: `Step ${index + 1} is no event: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
        };
      }
      events.push(parsed.data);
      if (events.length > MAX_EVENTS)
        return { fault: `A test may have ${MAX_EVENTS} events: current value is more` };
    }
  }
  return { events };
}

function toDocument(
  fields: Readonly<Record<string, unknown>>,
  serial: number,
  startMs: number,
  atMs: number,
): Readonly<Record<string, unknown>> {
  const document: Record<string, unknown> = {
    message: 'test event',
    log_type: 'system',
    action: 'test',
    status: 'info',
  };
  const extra: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) delete document[name];
    else if (name.startsWith('extra.')) extra[name.slice(6)] = value;
    else document[name] = value;
  }
  return {
    ...document,
    ...commandFacts(document),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
    '@timestamp': new Date(startMs + atMs).toISOString(),
    event_id: `test-${startMs / 1000}-${String(serial).padStart(7, '0')}`,
  };
}

/** What the parsers say of a command, for events that have one. */
function commandFacts(
  document: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { command, log_type } = document;
  // The example of a detection says one value where the event has a list.
  const none = { command_programs: undefined, command_traits: undefined };
  if (typeof command !== 'string' || log_type === 'windows') return none;
  const { programs, traits } = describeCommand(command);
  return {
    command_programs: programs.length > 0 ? programs : undefined,
    command_traits: traits.length > 0 ? traits : undefined,
  };
}

/** Puts the number of the repeat for {n}, and fields under their flat names. */
function fillNumbers(
  fields: Readonly<Record<string, unknown>>,
  number: number,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const field = eventFieldName(name) ?? (name.startsWith('extra.') ? name : `extra.${name}`);
      if (typeof value !== 'string' || !value.includes('{n}')) return [field, value];
      return [field, convert(field, value.replaceAll('{n}', String(number)))];
    }),
  );
}

function compareAlerts(
  alerts: readonly Alert[],
  expected: readonly Readonly<Record<string, unknown>>[],
  startMs: number,
): readonly string[] {
  const faults: string[] = [];
  if (alerts.length !== expected.length)
    faults.push(
      `Expected ${expected.length} alerts: current value is ${alerts.length} (${alerts.map((alert) => alert.details.summary).join('; ')})`,
    );
  for (const [index, wanted] of expected.entries()) {
    const alert = alerts[index];
    if (alert === undefined) continue;
    for (const [key, value] of Object.entries(wanted)) {
      const fault = compareField(alert, key, value, startMs);
      if (fault !== undefined) faults.push(`Alert ${index + 1}: ${fault}`);
    }
  }
  return faults;
}

/** A key is a field of the alert or of its details; times are written as time since the test's start. */
function compareField(
  alert: Alert,
  key: string,
  wanted: unknown,
  startMs: number,
): string | undefined {
  const present = readAlertField(alert, key);
  const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
  const fault = `expected ${key} ${show(wanted)}: current value is ${show(present)}`;
  if (key === 'summary')
    return String(present).includes(String(wanted))
      ? undefined
      : fault.replace('expected', 'expected in');
  if (key === 'first_seen' || key === 'last_seen') {
    const sinceMs = Date.parse(String(present)) - startMs;
    return parseDuration(String(wanted)) === sinceMs
      ? undefined
      : `expected ${key} ${show(wanted)} after the start: current value is ${sinceMs} ms`;
  }
  if (key === 'tags')
    return [wanted].flat().every((tag) => alert.details.rule_tags.includes(String(tag)))
      ? undefined
      : fault;
  if (wanted === null) return present === undefined ? undefined : fault;
  return show(present) === show(wanted) ? undefined : fault;
}

function readAlertField(alert: Alert, key: string): unknown {
  if (key === 'tags') return alert.details.rule_tags;
  if (Object.hasOwn(alert, key)) return alert[key as keyof Alert];
  if (Object.hasOwn(alert.details, key)) return alert.details[key as keyof Alert['details']];
  return Object.hasOwn(alert.entity, key) ? alert.entity[key] : undefined;
}
