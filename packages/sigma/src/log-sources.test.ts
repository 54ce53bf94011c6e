import type { SocEvent } from '@mini-soc/model';
import { matchesFilter } from '@mini-soc/query';
import { describe, expect, it } from 'vitest';
import { parseRuleFile } from './compile-rule.ts';
import { LOG_SOURCE_NAMES } from './log-sources.ts';

const BASE: SocEvent = {
  '@timestamp': '2026-11-21T03:40:00.000Z',
  event_id: 'e',
  message: 'line',
  log_type: 'auth',
  action: 'session',
  status: 'info',
};
const LINUX: SocEvent = {
  ...BASE,
  log_type: 'command',
  action: 'command_execution',
  program: 'sudo',
  command: '/usr/bin/nc -l 9000',
};
const WINDOWS: SocEvent = {
  ...LINUX,
  log_type: 'windows',
  program: 'nc.exe',
  extra: { event_code: 4688, channel: 'Security' },
};

const ruleOf = (logsource: string) => {
  const [rule] = parseRuleFile(
    `title: T\nlogsource: ${logsource}\ndetection: { a: { '@timestamp|exists': true }, condition: a }\n`,
    't.yml',
  );
  if (rule === undefined) throw new Error('no rule');
  return rule;
};
const sees = (logsource: string, event: SocEvent): boolean =>
  matchesFilter(ruleOf(logsource).query.filter, event);

describe('a log source', () => {
  it.each([
    ['{ product: linux }', true, false],
    ['{ product: windows }', false, true],
    ['{ product: Windows, category: process_creation }', false, true],
    ['{ product: linux, category: process_creation }', true, false],
    ['{ category: process_creation }', true, true],
    ['{ product: linux, service: sudo }', true, false],
    ['{ product: windows, service: security }', false, true],
    ['{ product: windows, service: sysmon }', false, false],
    ['{ product: windows, category: image_load }', false, false],
    ['{ category: webserver }', false, false],
    ['{ product: linux, service: sshd }', false, false],
    ['{}', true, true],
  ])('%s sees Linux: %s, Windows: %s', (logsource, linux, windows) => {
    expect([sees(logsource, LINUX), sees(logsource, WINDOWS)]).toEqual([linux, windows]);
    expect(ruleOf(logsource).cannotFire).toBeUndefined();
  });

  it.each([
    ['{ product: linux, service: sshd }', { program: 'sshd-session' }],
    ['{ product: linux, service: sshd }', { action: 'ssh_login' }],
    ['{ service: dropbear }', { program: 'dropbear' }],
    ['{ product: linux, service: iptables }', { log_type: 'firewall', action: 'firewall_drop' }],
    ['{ category: webserver }', { log_type: 'web', action: 'http_request' }],
    ['{ product: linux, service: cron }', { action: 'cron_command' }],
    [
      '{ product: windows, service: sysmon }',
      { log_type: 'windows', extra: { Channel: 'Microsoft-Windows-Sysmon/Operational' } },
    ],
    ['{ product: windows, category: image_load }', { log_type: 'windows', extra: { EventID: 7 } }],
  ] as const)('%s sees %o', (logsource, change) => {
    expect(sees(logsource, { ...BASE, ...change })).toBe(true);
  });

  it.each([
    ['{ product: aws, service: cloudtrail }', 'product "aws"'],
    ['{ category: antivirus }', 'category "antivirus"'],
    ['{ product: linux, service: toString }', 'service "toString"'],
  ])('%s is one we read no logs of: the rule says so and never fires', (logsource, part) => {
    const rule = ruleOf(logsource);
    expect(rule.cannotFire).toContain(`no log that we read is of ${part}`);
    expect([BASE, LINUX, WINDOWS].some((event) => sees(logsource, event))).toBe(false);
  });

  it('of one detection of several leaves the others', () => {
    const text = (type: string) => `title: A
name: a
logsource: { product: aws }
detection: { x: { action: ssh_login }, condition: x }
---
title: B
name: b
logsource: { product: linux }
detection: { x: { action: session }, condition: x }
---
title: C
correlation: { type: ${type}, rules: [a, b], timespan: 1m${type === 'event_count' ? ', condition: { gte: 1 }' : ''} }
`;
    const [count] = parseRuleFile(text('event_count'), 't.yml');
    expect(count?.cannotFire).toBeUndefined();
    expect(count && matchesFilter(count.query.filter, BASE)).toBe(true);
    const [sequence] = parseRuleFile(text('temporal_ordered'), 't.yml');
    expect(sequence?.cannotFire).toContain('"aws"');
  });

  it('names are lower case, as they are compared', () => {
    for (const names of Object.values(LOG_SOURCE_NAMES).slice(0, 2))
      expect(names.map((name) => name.toLowerCase())).toEqual(names);
  });
});
