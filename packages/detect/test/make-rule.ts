/** Rules and events for tests. */
import type { SocEvent } from '@mini-soc/model';
import type { Filter, Measure } from '@mini-soc/query';
import { parseRuleFile, type Rule } from '@mini-soc/sigma';

export const equals = (field: string, value: string): Filter => ({
  kind: 'equals',
  field,
  value,
  cased: false,
});

export const FAILURE = equals('status', 'failure');
export const SUCCESS = equals('status', 'success');

export const COUNT_5: Measure = { kind: 'count', atLeast: 5 };
export const DISTINCT_4: Measure = { kind: 'distinct', field: 'username', atLeast: 4 };
export const SEQUENCE_3: Measure = {
  kind: 'sequence',
  steps: [
    { name: 'failures', filter: FAILURE, atLeast: 3 },
    { name: 'success', filter: SUCCESS, atLeast: 1 },
  ],
};

export function makeRule(
  measure: Measure,
  changes: Partial<Rule> & { windowMs?: number } = {},
): Rule {
  const filter: Filter =
    measure.kind === 'sequence'
      ? { kind: 'any', of: measure.steps.map((step) => step.filter) }
      : FAILURE;
  return {
    id: 'test-rule',
    name: 'TestRule',
    title: 'TestRule',
    description: '',
    file: 'test-rule.yml',
    level: 'medium',
    tags: ['attack.t1110.001'],
    query: { filter, groupBy: ['source_ip'], windowMs: changes.windowMs ?? 60_000, measure },
    members: [{ name: 'failures', title: 'Failures', filter, level: undefined, tags: [] }],
    severityBy: 'count',
    severitySteps: [
      { gte: 20, level: 'critical' },
      { gte: 10, level: 'high' },
    ],
    suppressMs: 300_000,
    response: 'block',
    proof: undefined,
    spoofable: false,
    summary: undefined,
    enabled: true,
    tests: [],
    warnings: [],
    ...changes,
  };
}

export const START_MS = Date.parse('2026-11-21T03:40:00.000Z');
let serial = 0;

/** A failed login `afterMs` after the tests' start; ids are unique and sort by creation. */
export function makeEvent(afterMs: number, fields: Partial<SocEvent> = {}): SocEvent {
  serial += 1;
  return {
    '@timestamp': new Date(START_MS + afterMs).toISOString(),
    event_id: `e${String(serial).padStart(9, '0')}`,
    message: `line ${serial}`,
    log_type: 'auth',
    action: 'ssh_login',
    status: 'failure',
    source_ip: '198.51.100.7',
    username: 'root',
    hostname: 'web01',
    ...fields,
  };
}

/** Three failed logins within ten minutes, high from the sixth on; `unless` as a rule file says it. */
export function guessingRule(unless: string): Rule {
  const [rule] = parseRuleFile(
    `title: Failures
name: failures
detection: { a: { action: ssh_login, status: failure }, condition: a }
---
title: Logins
name: logins
detection: { a: { action: ssh_login, status: success }, condition: a }
---
title: GuessingRule
level: medium
correlation:
  { type: event_count, rules: [failures], group-by: [source_ip], timespan: 10m, condition: { gte: 3 } }
mini-soc:
  severity: [{ gte: 6, level: high }]
  suppress: 10m
  unless: ${unless}
`,
    'guessing.yml',
  );
  return rule as Rule;
}
