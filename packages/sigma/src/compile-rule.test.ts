import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { SocEvent } from '@mini-soc/model';
import { matchesFilter, type Filter } from '@mini-soc/query';
import { describe, expect, it } from 'vitest';
import { parseRuleFile } from './compile-rule.ts';
import { RuleError } from './rule-error.ts';

const INVALID = path.join(import.meta.dirname, '../test/invalid');

function event(fields: Partial<SocEvent> & Record<string, unknown> = {}): SocEvent {
  return {
    '@timestamp': '2026-11-21T03:40:00.000Z',
    event_id: 'e1',
    message: 'a line',
    log_type: 'auth',
    action: 'ssh_login',
    status: 'failure',
    ...fields,
  };
}

function filterOf(detection: string): Filter {
  const rule = parseRuleFile(`title: T\ndetection: ${detection}\n`, 't.yml')[0];
  if (rule === undefined) throw new TypeError('No rule');
  return rule.query.filter;
}

const matches = (detection: string, fields: Record<string, unknown>): boolean =>
  matchesFilter(filterOf(detection), event(fields));

describe('parseRuleFile() refuses', () => {
  for (const file of readdirSync(INVALID))
    it(`parseRuleFile() refuses ${file} with its exact sentence`, () => {
      const text = readFileSync(path.join(INVALID, file), 'utf8');
      const wants = /^# wants: (.*)\n/.exec(text)?.[1];
      let said: unknown;
      try {
        parseRuleFile(text, file);
      } catch (error) {
        said = error;
      }
      expect(said).toBeInstanceOf(RuleError);
      expect((said as RuleError).message).toBe(wants);
    });

  it('parseRuleFile() refuses file names that could leave the folder', () => {
    for (const name of ['../x.yml', 'a\nb.yml', '.yml', '-rf.yml', 'a/b.yml'])
      expect(() => parseRuleFile('title: T', name)).toThrow(RuleError);
  });

  it('parseRuleFile() refuses a condition of 64 KiB and 10,000 parentheses in one sentence', () => {
    const detection = (condition: string) =>
      `title: T\ndetection: { a: { action: x }, condition: "${condition}" }`;
    expect(() => parseRuleFile(detection('a or '.repeat(13_000) + 'a'), 't.yml')).toThrow(
      'condition must be at most 4096 characters',
    );
    expect(() => parseRuleFile(detection('('.repeat(4000)), 't.yml')).toThrow('may nest 50 deep');
    expect(() => parseRuleFile(detection(`${'not '.repeat(1000)}a`), 't.yml')).toThrow(
      'may nest 50 deep',
    );
  });

  it('parseRuleFile() refuses 200,000 brackets without a crash', () => {
    expect(() => parseRuleFile(`title: ${'['.repeat(200_000)}`, 't.yml')).toThrow(RuleError);
  });

  it('parseRuleFile() refuses a chain of 11 correlations and shows it', () => {
    const link = (index: number) =>
      `title: C${index}\nname: c${index}\ncorrelation: { type: temporal_ordered, rules: [c${index + 1}, c${index + 1}], group-by: [source_ip], timespan: 60s }`;
    const text = [
      ...Array.from({ length: 11 }, (_, index) => link(index)),
      'title: D\nname: c11\ndetection: { a: { action: x }, condition: a }',
    ].join('\n---\n');
    expect(() => parseRuleFile(text, 't.yml')).toThrow('c0 → c1 → c2');
  });
});

describe('parseRuleFile() compiles', () => {
  it('parseRuleFile() compiles the proof of a block, which is no rule of its own', () => {
    const [rule, ...others] = parseRuleFile(
      `title: A
name: a
detection: { s: { status: failure }, condition: s }
---
title: B
name: b
detection: { s: { status: failure, username: root }, condition: s }
---
title: C
correlation: { type: event_count, rules: [a], group-by: [source_ip], timespan: 60s, condition: { gte: 5 } }
mini-soc: { response: block, proof: { rule: b, gte: 3 } }
`,
      't.yml',
    );
    expect(others).toEqual([]);
    expect(rule?.members.map(({ name }) => name)).toEqual(['a']);
    expect(rule?.proof?.atLeast).toBe(3);
    expect(matchesFilter(rule?.proof?.filter as Filter, event({ username: 'root' }))).toBe(true);
    expect(matchesFilter(rule?.proof?.filter as Filter, event({ username: 'bob' }))).toBe(false);
  });

  it('parseRuleFile() makes a detection and its correlation one rule', () => {
    const rules = parseRuleFile(
      `title: SSH password failures
name: ssh_password_failure
detection: { failure: { event.action: ssh_login, status: failure }, condition: failure }
---
title: BruteForceRule
tags: [attack.t1110.001]
level: medium
correlation: { type: event_count, rules: [ssh_password_failure], group-by: [source.ip], timespan: 60s, condition: { gt: 4 } }
mini-soc:
  severity: [{ gte: 10, level: high }, { gte: 20, level: critical }]
  suppress: 5m
  response: block
`,
      'ssh-brute-force.yml',
    );
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({
      id: 'ssh-brute-force',
      name: 'BruteForceRule',
      level: 'medium',
      suppressMs: 300_000,
      response: 'block',
      spoofable: false,
      severitySteps: [
        { gte: 20, level: 'critical' },
        { gte: 10, level: 'high' },
      ],
      query: {
        groupBy: ['source_ip'],
        windowMs: 60_000,
        measure: { kind: 'count', atLeast: 5 },
        filter: {
          kind: 'all',
          of: [
            { kind: 'equals', field: 'action', value: 'ssh_login', cased: false },
            { kind: 'equals', field: 'status', value: 'failure', cased: false },
          ],
        },
      },
    });
    expect(Object.isFrozen(rules[0]?.query.filter)).toBe(true);
  });

  it('parseRuleFile() makes temporal_ordered a sequence with the counts of its members', () => {
    const [rule] = parseRuleFile(
      `title: F
name: failure
detection: { a: { status: failure }, condition: a }
---
title: S
name: success
detection: { a: { status: success }, condition: a }
---
title: Three
name: three
correlation: { type: event_count, rules: [failure], group-by: [source_ip], timespan: 5m, condition: { gte: 3 } }
---
title: Rule
correlation: { type: temporal_ordered, rules: [three, success], group-by: [source_ip], timespan: 5m }
`,
      't.yml',
    );
    expect(rule?.query.measure).toMatchObject({
      kind: 'sequence',
      steps: [
        { name: 'three', atLeast: 3 },
        { name: 'success', atLeast: 1 },
      ],
    });
    expect(rule?.members.map((member) => member.name)).toEqual(['failure', 'success']);
  });

  it('parseRuleFile() lets a foreign rule open tickets only', () => {
    expect(
      parseRuleFile('title: T\ndetection: { a: { action: x }, condition: a }', 't.yml')[0],
    ).toMatchObject({
      response: 'ticket',
      query: { groupBy: [], measure: { kind: 'count', atLeast: 1 } },
    });
  });

  it('parseRuleFile() keeps unknown fields under extra', () => {
    expect(filterOf('{ a: { IntegrityLevel: x }, condition: a }')).toEqual({
      kind: 'equals',
      field: 'extra.IntegrityLevel',
      value: 'x',
      cased: false,
    });
  });

  it('parseRuleFile() counts only events of the time that a rule says', () => {
    const counts = (when: string, at: string) => {
      const [rule] = parseRuleFile(
        `title: T\ndetection: { a: { action: ssh_login }, condition: a }\nmini-soc: { when: ${when} }`,
        't.yml',
      );
      return rule && matchesFilter(rule.query.filter, event({ '@timestamp': at }));
    };
    const office =
      "zone: Europe/Berlin, days: [mon, tue, wed, thu, fri], from: '08:00', to: '18:00'";
    expect(counts(`{ ${office} }`, '2026-11-23T07:00:00Z')).toBe(true);
    expect(counts(`{ ${office} }`, '2026-11-23T06:59:00Z')).toBe(false);
    expect(counts(`{ ${office}, outside: true }`, '2026-11-23T06:59:00Z')).toBe(true);
    expect(counts(`{ ${office}, outside: true }`, '2026-11-22T10:00:00Z')).toBe(true);
    expect(() => counts("{ zone: Mars/Base, from: '08:00', to: '18:00' }", '')).toThrow(
      'expected a time zone such as Europe/Berlin: current value is "Mars/Base"',
    );
  });

  it('parseRuleFile() warns of a value that matches everything', () => {
    const [rule] = parseRuleFile(
      "title: T\ndetection: { a: { command|contains: '', source_ip|cidr: 0.0.0.0/0 }, condition: a }",
      't.yml',
    );
    expect(rule?.warnings).toEqual([
      'command: "" matches every value',
      'source_ip: 0.0.0.0/0 is every address',
    ]);
  });
});

describe('detections', () => {
  const cases: readonly [string, string, Record<string, unknown>, boolean][] = [
    ['equals ignores case', '{ a: { username: Root }, condition: a }', { username: 'rOOT' }, true],
    [
      'cased does not',
      '{ a: { username|cased: Root }, condition: a }',
      { username: 'root' },
      false,
    ],
    [
      'a number is its text',
      '{ a: { destination_port: 22 }, condition: a }',
      { destination_port: 22 },
      true,
    ],
    [
      '* is any run',
      "{ a: { command: 'nc *-e*' }, condition: a }",
      { command: 'nc host -e sh' },
      true,
    ],
    ['? is one character', "{ a: { command: 'n?' }, condition: a }", { command: 'n' }, false],
    [
      '\\* is a star',
      String.raw`{ a: { command: 'a\*b' }, condition: a }`,
      { command: 'axb' },
      false,
    ],
    [
      '\\* matches a star',
      String.raw`{ a: { command: 'a\*b' }, condition: a }`,
      { command: 'a*b' },
      true,
    ],
    [
      '\\\\* is a backslash and any run',
      String.raw`{ a: { command: 'a\\*' }, condition: a }`,
      { command: String.raw`a\b` },
      true,
    ],
    [
      'a lone backslash is itself',
      String.raw`{ a: { command: 'C:\temp' }, condition: a }`,
      { command: String.raw`c:\temp` },
      true,
    ],
    [
      'contains',
      '{ a: { command|contains: shadow }, condition: a }',
      { command: 'cat /etc/shadow' },
      true,
    ],
    ['startswith', '{ a: { command|startswith: cat }, condition: a }', { command: 'xcat' }, false],
    ['endswith', '{ a: { command|endswith: .sh }, condition: a }', { command: 'a.sh' }, true],
    [
      'a list is any',
      '{ a: { username: [root, admin] }, condition: a }',
      { username: 'admin' },
      true,
    ],
    [
      'all is every',
      '{ a: { command|contains|all: [curl, sh] }, condition: a }',
      { command: 'curl x' },
      false,
    ],
    ['re is cased', '{ a: { command|re: ^nc }, condition: a }', { command: 'NC -e' }, false],
    ['re|i is not', '{ a: { command|re|i: ^nc }, condition: a }', { command: 'NC -e' }, true],
    [
      'cidr',
      '{ a: { source_ip|cidr: 198.51.100.0/24 }, condition: a }',
      { source_ip: '198.51.100.7' },
      true,
    ],
    ['exists false', '{ a: { source_ip|exists: false }, condition: a }', {}, true],
    [
      'null is absence',
      '{ a: { source_ip: null }, condition: a }',
      { source_ip: '192.0.2.1' },
      false,
    ],
    ['gte', '{ a: { http_status|gte: 400 }, condition: a }', { http_status: 400 }, true],
    ['gt', '{ a: { http_status|gt: 400 }, condition: a }', { http_status: 400 }, false],
    ['neq', '{ a: { username|neq: root }, condition: a }', { username: 'root' }, false],
    ['neq of a missing field', '{ a: { username|neq: root }, condition: a }', {}, true],
    [
      'keywords search the line',
      '{ k: [reboot, shutdown], condition: k }',
      { message: 'now Shutdown!' },
      true,
    ],
    ['all keywords', "{ k: { '|all': [a, zz] }, condition: k }", { message: 'a line' }, false],
    [
      'a list of maps is any',
      '{ a: [{ username: x }, { action: ssh_login }], condition: a }',
      {},
      true,
    ],
    [
      'and binds before or',
      '{ a: { action: ssh_login }, b: { action: x }, condition: a or a and b }',
      {},
      true,
    ],
    ['not', '{ a: { action: ssh_login }, condition: not a }', {}, false],
    [
      'parentheses',
      '{ a: { action: ssh_login }, b: { action: x }, condition: (a or a) and b }',
      {},
      false,
    ],
    [
      '1 of',
      '{ sel_a: { action: x }, sel_b: { action: ssh_login }, condition: 1 of sel_* }',
      {},
      true,
    ],
    [
      'all of',
      '{ sel_a: { action: x }, sel_b: { action: ssh_login }, condition: all of sel_* }',
      {},
      false,
    ],
    [
      '1 of them leaves _names out',
      '{ _a: { action: ssh_login }, b: { action: x }, condition: 1 of them }',
      {},
      false,
    ],
    [
      'a list of conditions is any',
      '{ a: { action: ssh_login }, b: { action: x }, condition: [b, a] }',
      {},
      true,
    ],
  ];
  for (const [claim, detection, fields, wanted] of cases)
    it(`compileDetection() ${claim}`, () => {
      expect(matches(detection, fields)).toBe(wanted);
    });
});
