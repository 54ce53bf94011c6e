import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  formatIpAddress,
  isInRange,
  parseIpAddress,
  parseIpRange,
  readIpAddress,
  type IpAddress,
} from './ip-address.ts';

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new TypeError(`Not an address: ${text}`);
  return parsed;
}

function within(text: string, range: string): boolean {
  const parsed = parseIpRange(range);
  if (parsed === undefined) throw new TypeError(`Not a range: ${range}`);
  return isInRange(address(text), parsed);
}

describe('parseIpAddress()', () => {
  it.each([
    '::ffff:198.51.100.7',
    '::ffff:c633:6407',
    '::FFFF:198.51.100.7',
    '0:0:0:0:0:ffff:c633:6407',
  ])('parseIpAddress() takes the mapped %s as the IPv4 address it is (D01)', (text) => {
    expect(readIpAddress(text)).toEqual({ address: '198.51.100.7', family: 4 });
  });

  it.each([
    ['::198.51.100.7', '::c633:6407'],
    ['::ffff:0:198.51.100.7', '::ffff:0:c633:6407'],
    ['64:ff9b::198.51.100.7', '64:ff9b::c633:6407'],
  ])('parseIpAddress() keeps %s IPv6 (D02)', (text, canonical) => {
    expect(readIpAddress(text)).toEqual({ address: canonical, family: 6 });
  });

  it.each(['2001:DB8::0:1', '2001:db8:0:0:0:0:0:1', '2001:db8::1', '2001:0db8::0001'])(
    'parseIpAddress() writes %s as RFC 5952 says (D03)',
    (text) => {
      expect(parseIpAddress(text)).toBe('2001:db8::1');
    },
  );

  it.each([
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('parseIpAddress() shortens %s to %s, the longest and first run only', (text, canonical) => {
    expect(parseIpAddress(text)).toBe(canonical);
  });

  it('readIpAddress() keeps the zone apart from the address (D04)', () => {
    expect(readIpAddress('fe80::1%eth0')).toEqual({ address: 'fe80::1', family: 6, zone: 'eth0' });
    expect(readIpAddress('::1%lo')).toEqual({ address: '::1', family: 6, zone: 'lo' });
    expect(parseIpAddress('fe80::1%eth0')).toBe('fe80::1');
  });

  it.each([
    'fe80::1%',
    'fe80::1%a b',
    'fe80::1%;rm',
    'fe80::1%a%b',
    '192.0.2.1%eth0',
    `fe80::1%${'z'.repeat(33)}`,
  ])('readIpAddress() refuses the zone of %j', (text) => {
    expect(readIpAddress(text)).toBeUndefined();
  });

  it.each([
    ['D05', '[2001:db8::1]:22'],
    ['D05', '[2001:db8::1]'],
    ['D05', '198.51.100.7:22'],
    ['D05', '198.51.100.7.22'],
    ['D06', '010.0.0.1'],
    ['D06', '10.0.0.01'],
    ['D07', '127.1'],
    ['D07', '0x7f000001'],
    ['D07', '2130706433'],
    ['D07', '0x7f.0.0.1'],
    ['D08', '1.2.3'],
    ['D08', '1.2.3.4.5'],
    ['D08', '1.2.3.256'],
    ['D08', '1.2.3.04'],
    ['D08', '1.2.3.4-evil'],
    ['D08', 'v1.2.3.4'],
    ['D08', '1..2.3'],
    ['D08', '.1.2.3.4'],
    ['D09', '198.51.100.７'],
    ['D09', '١.٢.٣.٤'],
    ['D09', '２001:db8::1'],
    ['D10', '198.51.100.7 '],
    ['D10', '198.51.100.7\n'],
    ['D10', '\t198.51.100.7'],
    ['D10', ' 2001:db8::1'],
    ['D10', '2001:db8::1\u0000'],
    ['D12', 'UNKNOWN'],
    ['D12', '-'],
    ['D12', 'localhost'],
    ['D12', 'web01'],
    ['D12', ''],
    ['D12', '1.2.3.4/32'],
    ['IPv6', ':'],
    ['IPv6', ':::'],
    ['IPv6', '1::2::3'],
    ['IPv6', '1:2:3:4:5:6:7'],
    ['IPv6', '1:2:3:4:5:6:7:8:9'],
    ['IPv6', '1:2:3:4:5:6:7:8::'],
    ['IPv6', ':1:2:3:4:5:6:7'],
    ['IPv6', '1:2:3:4:5:6:7:'],
    ['IPv6', '12345::'],
    ['IPv6', 'g::'],
    ['IPv6', '::1.2.3'],
    ['IPv6', '::1.2.3.4:5'],
    ['IPv6', '1.2.3.4::'],
    ['IPv6', '::ffff:010.0.0.1'],
  ])('parseIpAddress() refuses %s %j, as the system does', (_row, text) => {
    expect(parseIpAddress(text)).toBeUndefined();
    expect(isIP(text)).toBe(0);
  });

  it.each(['0.0.0.0', '::', '255.255.255.255', '224.0.0.1', 'ff02::1', '169.254.1.1'])(
    'parseIpAddress() reads %s: refusing to block it is up to response (D11)',
    (text) => {
      expect(parseIpAddress(text)).toBe(text);
    },
  );

  it('formatIpAddress() gives the canonical text', () => {
    expect(formatIpAddress(address('2001:DB8::1'))).toBe('2001:db8::1');
  });
});

describe('parseIpRange()', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:192.0.2.1', '192.0.2.1/32'],
  ])('parseIpRange() reads %s', (text, canonical) => {
    expect(parseIpRange(text)?.text).toBe(canonical);
  });

  it.each([
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0 /8',
    '10/8',
    '2001:db8::1/64',
    '2001:db8::/129',
    'fe80::%eth0/64',
    '/8',
    '',
    'localhost',
  ])('parseIpRange() refuses %j', (text) => {
    expect(parseIpRange(text)).toBeUndefined();
  });
});

describe('isInRange()', () => {
  it.each([
    ['10.255.255.255', '10.0.0.0/8', true],
    ['11.0.0.0', '10.0.0.0/8', false],
    ['192.0.2.129', '192.0.2.128/25', true],
    ['192.0.2.127', '192.0.2.128/25', false],
    ['203.0.113.7', '0.0.0.0/0', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['fd00::1', 'fc00::/7', true],
    ['fe80::1', 'fc00::/7', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '::/0', false],
    ['2001:db8::1', '0.0.0.0/0', false],
  ])('isInRange() says of %s in %s: %s', (text, range, answer) => {
    expect(within(text, range)).toBe(answer);
  });
});
