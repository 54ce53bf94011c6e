import { describe, expect, it } from 'vitest';
import { makeEvent, makeRule } from '../../test/make-rule.ts';
import { evaluateRule } from '../evaluate/evaluate-rule.ts';
import { describeAlert } from './describe-alert.ts';

function sentenceOf(summary: string, count: number, username = 'root'): string {
  const rule = makeRule({ kind: 'count', atLeast: 1 }, { summary });
  const [episode] = evaluateRule(
    rule,
    Array.from({ length: count }, (_, index) => makeEvent(index * 1000, { username })),
  );
  if (episode === undefined) throw new TypeError('No episode');
  return describeAlert(rule, { source_ip: '198.51.100.7' }, episode, '198.51.100.7');
}

describe('describeAlert()', () => {
  it.each([
    ['{source_ip} sent {count} requests', 'sent 1 request', 'sent 2 requests'],
    ['it failed {count} times', 'failed 1 time', 'failed 2 times'],
    ['with {count} meaningless queries', 'with 1 meaningless query', 'with 2 meaningless queries'],
    ['SQL in {count} web requests', 'in 1 web request', 'in 2 web requests'],
    ['{count} addresses guess', '1 address guess', '2 addresses guess'],
  ])('says "%s" of one and of many', (summary, one, two) => {
    expect(sentenceOf(summary, 1)).toContain(one);
    expect(sentenceOf(summary, 2)).toContain(two);
  });

  it.each([
    [
      '{source_ip} sent {count} requests within {span}',
      ' sent 1 request',
      ' sent 2 requests within 1 s',
    ],
    ['asked {count} times in {span} for it', 'asked 1 time for it', 'asked 2 times in 1 s for it'],
  ])('says "%s" without a time where there is one event', (summary, one, two) => {
    expect(sentenceOf(summary, 1).endsWith(one)).toBe(true);
    expect(sentenceOf(summary, 2).endsWith(two)).toBe(true);
  });

  it('leaves what an attacker wrote as it is', () => {
    expect(sentenceOf('as {usernames}', 1, '{count} requests')).toBe('as {count} requests');
  });
});
