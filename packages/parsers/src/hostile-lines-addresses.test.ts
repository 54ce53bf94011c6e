import { describe, expect, it } from 'vitest';
import { ATTACKER, P, parse } from '../test/hostile-line.ts';

describe('parseLine() of addresses', () => {
  const peer = (text: string) => parse(`${P}Failed password for root from ${text} port 4 ssh2`);
  it.each([
    ['D01', '::ffff:198.51.100.7', ATTACKER],
    ['D01', '::FFFF:c633:6407', ATTACKER],
    ['D02', '::198.51.100.7', '::c633:6407'],
    ['D02', '64:ff9b::198.51.100.7', '64:ff9b::c633:6407'],
    ['D03', '2001:DB8::0:1', '2001:db8::1'],
    ['D03', '2001:db8:0:0:0:0:0:1', '2001:db8::1'],
  ])('%s: %s is %s', (_id, text, address) => {
    expect(peer(text)?.source_ip).toBe(address);
  });

  it('D04: keeps the zone apart', () => {
    expect(peer('fe80::1%eth0')).toMatchObject({ source_ip: 'fe80::1', source_zone: 'eth0' });
  });

  it.each([
    '010.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '1.2.3.4-evil',
    'v1.2.3.4',
    '198.51.100.\uff17',
    'UNKNOWN',
    '-',
    'localhost',
    '1.2.3.4/32',
  ])('D06 to D12: %s is no address', (text) => {
    expect(peer(text)?.source_ip).toBeUndefined();
  });

  it.each([' 198.51.100.7', '198.51.100.7 ', '\t198.51.100.7', '198.51.100.7\u00a0'])(
    'D10: %j is not trimmed into an address',
    (text) => {
      expect(
        parse(JSON.stringify({ action: 'ssh_login', source_ip: text }))?.source_ip,
      ).toBeUndefined();
    },
  );

  it.each(['0.0.0.0', '::', '255.255.255.255', '224.0.0.1', 'ff02::1', '169.254.1.1'])(
    'D11: %s is an address like others here; whoever blocks refuses it',
    (text) => {
      expect(peer(text)?.source_ip).toBe(text);
    },
  );

  it('D02: ::ffff:0:198.51.100.7 stays IPv6', () => {
    expect(peer('::ffff:0:198.51.100.7')?.source_ip).toBe('::ffff:0:c633:6407');
  });
});
