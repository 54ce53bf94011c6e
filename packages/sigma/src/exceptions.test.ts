import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SocEvent } from '@mini-soc/model';
import { matchesFilter } from '@mini-soc/query';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRuleSet } from './load-rule-set.ts';

let root = '';
const write = (name: string, text: string): void => writeFileSync(path.join(root, name), text);
const RULE = `title: OneRule
detection: { a: { action: ssh_login }, condition: a }
`;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'soc-words-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const load = async () => {
  const ours = mkdtempSync(path.join(root, 'ours-'));
  writeFileSync(path.join(ours, 'one.yml'), RULE);
  return loadRuleSet({ directory: ours, ownDirectory: root, overrides: [] });
};
const event = (fields: Partial<SocEvent>, at = '2026-11-21T03:40:00.000Z'): SocEvent => ({
  '@timestamp': at,
  event_id: 'e',
  message: 'line',
  log_type: 'auth',
  action: 'ssh_login',
  status: 'failure',
  ...fields,
});

describe('exceptions.yml', () => {
  it('keeps events of networks, users and lists from counting, until its end', async () => {
    write('lists.yml', 'admins: [alice, "b*b"]\n');
    write(
      'exceptions.yml',
      `- { rule: OneRule, reason: office, when: { source_ip: 198.51.100.0/24 } }
- { rule: one, reason: audit, until: 2026-12-01, when: { username|expand: '%admins%', hostname: web01 } }
`,
    );
    const { rules, faults } = await load();
    expect(faults).toEqual([]);
    const counts = (one: SocEvent) => rules[0] && matchesFilter(rules[0].query.filter, one);
    expect(counts(event({ source_ip: '203.0.113.7' }))).toBe(true);
    expect(counts(event({ source_ip: '198.51.100.7' }))).toBe(false);
    expect(counts(event({ username: 'Alice', hostname: 'web01' }))).toBe(false);
    expect(counts(event({ username: 'bob', hostname: 'web01' }))).toBe(true);
    expect(counts(event({ username: 'b*b', hostname: 'web01' }))).toBe(false);
    expect(counts(event({ username: 'alice', hostname: 'db01' }))).toBe(true);
    const later = '2026-12-01T00:00:00.000Z';
    expect(counts(event({ username: 'alice', hostname: 'web01' }, later))).toBe(true);
  });

  it('leaves out what is wrong, by line, and keeps the others', async () => {
    write(
      'exceptions.yml',
      `- { rule: OneRule, reason: office, when: { source_ip: 198.51.100.0/24 } }
- { rule: OneRule, when: { username: x } }
- { rule: OneRule, reason: r, when: {} }
- { rule: OneRule, reason: r, when: { username|expand: '%nobody%' } }
- { rule: NoRule, reason: r, when: { username: x } }
- { rule: OneRule, reason: r, until: tomorrow, when: { username: x } }
`,
    );
    const { exceptions, faults } = await load();
    expect(exceptions.map(({ reason, rule }) => [rule, reason])).toEqual([
      ['OneRule', 'office'],
      ['NoRule', 'r'],
    ]);
    expect(faults.map(({ reason }) => reason.slice(0, 60))).toEqual([
      expect.stringMatching(/^line 2: expected rule, reason, when/),
      expect.stringMatching(/^line 3: an exception without a condition/),
      expect.stringMatching(/^line 4: no list is called so/),
      expect.stringMatching(/^line 6: expected rule, reason, when/),
      expect.stringMatching(/^no rule in force is called so/),
    ]);
  });

  it('of a sequence concerns every step', async () => {
    write('exceptions.yml', "- { rule: '*', reason: r, when: { username: backup } }\n");
    write(
      'seq.yml',
      `title: F
name: f
detection: { a: { status: failure }, condition: a }
---
title: S
name: s
detection: { a: { status: success }, condition: a }
---
title: SeqRule
correlation: { type: temporal_ordered, rules: [f, s], group-by: [source_ip], timespan: 1m }
`,
    );
    const { rules } = await load();
    const measure = rules.find(({ id }) => id === 'seq')?.query.measure;
    if (measure?.kind !== 'sequence') throw new Error('no sequence');
    expect(
      measure.steps.map(({ filter }) => matchesFilter(filter, event({ username: 'backup' }))),
    ).toEqual([false, false]);
    expect(measure.steps.map(({ filter }) => matchesFilter(filter, event({})))).toEqual([
      true,
      false,
    ]);
  });
});

describe('lists.yml', () => {
  it('gives values to rules; an empty list matches nothing, an unknown one leaves the rule out', async () => {
    write('lists.yml', 'nets: [192.0.2.0/24, 2001:db8::/32]\nnone: []\n');
    write('nets.yml', RULE.replace('action: ssh_login', "source_ip|cidr|expand: '%nets%'"));
    write('none.yml', RULE.replace('action: ssh_login', "username|expand: '%none%'"));
    write('unknown.yml', RULE.replace('action: ssh_login', "username|expand: '%what%'"));
    const { rules, faults } = await load();
    const counts = (id: string, one: SocEvent) =>
      rules.some((rule) => rule.id === id && matchesFilter(rule.query.filter, one));
    expect(counts('nets', event({ source_ip: '192.0.2.9' }))).toBe(true);
    expect(counts('nets', event({ source_ip: '2001:db8::9' }))).toBe(true);
    expect(counts('nets', event({ source_ip: '203.0.113.9' }))).toBe(false);
    expect(counts('none', event({ username: '' }))).toBe(false);
    expect(faults).toEqual([
      { file: 'unknown.yml', reason: expect.stringContaining('there are nets, none') },
    ]);
  });
});
