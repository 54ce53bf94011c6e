import { EVENT_FIELDS, GROUND_TRUTH_FIELDS, type SocEvent } from '@mini-soc/model';
import { matchesFilter } from '@mini-soc/query';
import { describe, expect, it } from 'vitest';
import { parseRuleFile } from './compile-rule.ts';
import { eventFieldsOf, SIGMA_FIELDS } from './sigma-fields.ts';

const WINDOWS = '{ product: windows }';
const matches = (logsource: string, selection: string, fields: Partial<SocEvent>): boolean => {
  const [rule] = parseRuleFile(
    `title: T\nlogsource: ${logsource}\ndetection: { a: ${selection}, condition: a }\n`,
    't.yml',
  );
  if (rule === undefined) throw new Error('no rule');
  return matchesFilter(rule.query.filter, {
    '@timestamp': '2026-11-21T03:40:00.000Z',
    event_id: 'e',
    message: 'line',
    log_type: logsource === WINDOWS ? 'windows' : 'web',
    action: 'http_request',
    status: 'info',
    ...fields,
  });
};

describe('names of fields', () => {
  it.each([
    ['{ category: webserver }', "{ c-uri|contains: '/x' }", { url_original: '/x?y' }],
    [
      '{ category: webserver }',
      '{ sc-status: 404, cs-method: GET }',
      { http_status: 404, http_method: 'GET' },
    ],
    ['{ category: webserver }', '{ cs-user-agent|contains: bot }', { user_agent: 'A Bot' }],
    [
      '{ product: linux }',
      '{ Image|endswith: /nc, User: root }',
      { executable: '/bin/nc', username: 'root' },
    ],
    ['{}', '{ source.ip: 203.0.113.7 }', { source_ip: '203.0.113.7' }],
    ['{}', '{ client.ip|cidr: 203.0.113.0/24 }', { source_ip: '203.0.113.7' }],
    ['{}', '{ process.parent.name: sh }', { extra: { process: { parent: { name: 'sh' } } } }],
    ['{}', '{ process.parent.name: sh }', { extra: { 'process.parent.name': 'sh' } }],
    [WINDOWS, '{ winlog.event_data.TargetUserName: bob }', { extra: { TargetUserName: 'Bob' } }],
    [WINDOWS, "{ Image|endswith: '\\\\cmd.exe' }", { executable: 'C:\\cmd.exe' }],
    [WINDOWS, "{ Image|endswith: '\\\\cmd.exe' }", { extra: { Image: 'C:\\cmd.exe' } }],
    [WINDOWS, '{ EventID: 4625 }', { extra: { event_code: 4625 } }],
    [WINDOWS, '{ EventID: 4625 }', { extra: { EventID: '4625' } }],
    [WINDOWS, '{ IpAddress: 203.0.113.7 }', { source_ip: '203.0.113.7' }],
  ] as const)('of %s: %s matches', (logsource, selection, fields) => {
    expect(matches(logsource, selection, fields as Partial<SocEvent>)).toBe(true);
  });

  it('that stand for several fields are missing only when all are', () => {
    const present = { extra: { Image: 'a' } };
    expect(matches(WINDOWS, '{ Image: null }', {})).toBe(true);
    expect(matches(WINDOWS, '{ Image: null }', present)).toBe(false);
    expect(matches(WINDOWS, '{ Image|exists: false }', present)).toBe(false);
    expect(matches(WINDOWS, '{ Image|exists: true }', present)).toBe(true);
    expect(matches(WINDOWS, '{ Image|neq: a }', present)).toBe(false);
    expect(matches(WINDOWS, '{ Image|neq: b }', present)).toBe(true);
  });

  it('of one log source mean nothing in another', () => {
    expect(eventFieldsOf('query', { category: 'webserver' })).toEqual(['extra.query']);
    expect(eventFieldsOf('query', { category: 'dns' })).toEqual(['dns_question_name']);
    expect(eventFieldsOf('Image', { product: 'linux' })).toEqual(['executable']);
    expect(eventFieldsOf('CommandLine', {})).toEqual(['command', 'extra.CommandLine']);
    expect(eventFieldsOf('constructor', {})).toEqual(['extra.constructor']);
  });

  it('lead to fields that events have, none of them ground truth', () => {
    const known = EVENT_FIELDS.map(({ name }) => name);
    for (const table of Object.values(SIGMA_FIELDS))
      for (const field of Object.values(table).flat()) {
        if (!field.startsWith('extra.')) expect(known).toContain(field);
        expect(GROUND_TRUTH_FIELDS).not.toContain(field);
      }
  });
});
