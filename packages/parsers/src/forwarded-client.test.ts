import { parseIpRange, type IpRange } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { parseLine } from './parse-line.ts';

const PROXIES = ['10.0.0.0/8', '2001:db8:1::/48'].map((text) => parseIpRange(text) as IpRange);
const REST = '- - [21/Nov/2026:03:40:00 +0000] "GET / HTTP/1.1" 404 1 "-"';
const sourceOf = (line: string, trustedProxies: readonly IpRange[] = PROXIES) =>
  parseLine(line, { arrivalMs: 0, zoneOffsetMinutes: () => 0, format: 'access', trustedProxies })
    ?.source_ip;

describe('TRUSTED_PROXIES', () => {
  it.each([
    ['the hop before our proxies', '192.0.2.66, 198.51.100.7, 10.0.0.9, 10.0.0.2', '198.51.100.7'],
    ['not what the client wrote in front', '203.0.113.9, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    [
      'the peer, where it is no proxy of ours',
      '10.0.0.2, 203.0.113.9, 198.51.100.7',
      '198.51.100.7',
    ],
    ['with IPv6', '198.51.100.7, 2001:db8:1::5', '198.51.100.7'],
    ['a proxy, where all are ours', '10.1.1.1, 10.0.0.2', '10.0.0.2'],
    ['a proxy, where a hop is no address', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['a proxy, where nothing is said', '10.0.0.2', '10.0.0.2'],
  ])('B16, B17: the client is %s', (_what, hops, client) => {
    expect(sourceOf(`${hops} ${REST} "curl/8"`)).toBe(client);
    const behind = hops.split(', ').slice(0, -1).join(', ') || '-';
    const peer = hops.split(', ').at(-1) ?? '';
    expect(sourceOf(`${peer} ${REST} "curl/8" "${behind}"`)).toBe(client);
  });

  it('never takes the user agent for hops, which the client writes', () => {
    expect(sourceOf(`10.0.0.2 ${REST} "203.0.113.9"`)).toBe('10.0.0.2');
    expect(sourceOf(`10.0.0.2 ${REST} "a\\" \\"203.0.113.9"`)).toBe('10.0.0.2');
    expect(sourceOf(`10.0.0.2 ${REST} "a" "b" "203.0.113.9"`)).toBe('10.0.0.2');
  });

  it('takes nothing from headers where no proxy is named', () => {
    expect(sourceOf(`198.51.100.7 ${REST} "curl/8" "203.0.113.9"`, [])).toBe('198.51.100.7');
    expect(sourceOf(`10.0.0.2 ${REST} "curl/8" "203.0.113.9"`, [])).toBe('10.0.0.2');
  });
});
