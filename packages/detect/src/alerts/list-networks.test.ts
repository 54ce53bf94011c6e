import { describe, expect, it } from 'vitest';
import { createNameList } from '../evaluate/name-list.ts';
import { listNetworks } from './list-networks.ts';

function listOf(addresses: readonly string[]): string {
  const list = createNameList();
  for (const address of addresses) list.add(address);
  return listNetworks(list.read());
}

describe('listNetworks()', () => {
  it('listNetworks() puts networks of many addresses first, single addresses as they are', () => {
    expect(
      listOf(['203.0.113.7', '198.51.100.1', '198.51.100.2', '2001:db8:1::1', '2001:db8:1:2::9']),
    ).toBe('198.51.100.0/24 (2 addresses), 2001:db8:1::/48 (2 addresses), 203.0.113.7');
  });

  it('listNetworks() says that there are more, and when there are none', () => {
    expect(listOf(Array.from({ length: 30 }, (_, index) => `192.0.2.${index}`))).toBe(
      '192.0.2.0/24 (20 addresses) and others',
    );
    expect(listOf([])).toBe('unknown addresses');
  });
});
