import { describe, expect, it } from 'vitest';
import { networkOf } from './ip-network.ts';

describe('networkOf()', () => {
  it.each([
    ['198.51.100.7', '198.51.0.0/16'],
    ['::ffff:198.51.100.7', '198.51.0.0/16'],
    ['2001:db8::1', '2001:db8::/32'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8::/32'],
    ['::1', '::/32'],
    ['fe80::1%eth0', 'fe80::/32'],
  ])('says in which wide network %s is', (address, network) => {
    expect(networkOf(address, { ipv4: 16, ipv6: 32 })).toBe(network);
  });

  it('keeps the groups of a narrow one', () => {
    expect(networkOf('2001:db8:1:2::9', { ipv4: 24, ipv6: 48 })).toBe('2001:db8:1::/48');
    expect(networkOf('2001:db8::9', { ipv4: 24, ipv6: 48 })).toBe('2001:db8::/48');
    expect(networkOf('203.0.113.9', { ipv4: 24, ipv6: 48 })).toBe('203.0.113.0/24');
  });

  it.each(['', 'web01', '198.51.100', '198.51.100.7/24'])('knows none for "%s"', (text) => {
    expect(networkOf(text, { ipv4: 16, ipv6: 32 })).toBeUndefined();
  });
});
