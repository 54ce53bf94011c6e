/** Addresses that belong to this machine and its gateways (Linux: /proc/net/route and ipv6_route). */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { parseIpAddress, type IpAddress } from '@mini-soc/model';

export function readOwnAddresses(): readonly IpAddress[] {
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map((entry) => entry.address.split('%')[0] ?? ''),
  );
  return [
    ...new Set(
      [
        ...own,
        ...gateways4(read('/proc/net/route')),
        ...gateways6(read('/proc/net/ipv6_route')),
      ].flatMap((text) => parseIpAddress(text) ?? []),
    ),
  ];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // another system: its interfaces must do
  }
}

/** Gateways of the kernel's IPv4 table: hexadecimal, the lowest byte first. */
export function gateways4(table: string): readonly string[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const hex = line.split('\t')[2] ?? '';
      if (!/^[0-9A-F]{8}$/.test(hex) || hex === '00000000') return [];
      return [[6, 4, 2, 0].map((at) => parseInt(hex.slice(at, at + 2), 16)).join('.')];
    });
}

/** Next hops of the kernel's IPv6 table: the fifth word, 32 hexadecimal digits. */
export function gateways6(table: string): readonly string[] {
  return table.split('\n').flatMap((line) => {
    const hex = line.split(' ')[4] ?? '';
    return /^[0-9a-f]{32}$/.test(hex) && !/^0+$/.test(hex)
      ? [(hex.match(/.{4}/g) ?? []).join(':')]
      : [];
  });
}
