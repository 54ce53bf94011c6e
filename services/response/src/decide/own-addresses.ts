/**
 * Addresses that a block would turn against ourselves: of this machine with the broadcast addresses of
 * its networks, of its gateways (Linux: /proc/net/route, /proc/net/ipv6_route) and of its name servers
 * (/etc/resolv.conf, and those that systemd-resolved and NetworkManager ask). They change while we run, so
 * they are remembered for seconds only.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { LIMITS, parseIpAddress, type IpAddress } from '@mini-soc/model';

export interface OwnAddresses {
  /** As they were a few seconds ago at most. */
  readonly present: () => readonly IpAddress[];
  /** As they are now. */
  readonly again: () => readonly IpAddress[];
}

/** /etc/resolv.conf may name a resolver of this machine only: these name whom that one asks. */
const RESOLVER_FILES = [
  '/etc/resolv.conf',
  '/run/systemd/resolve/resolv.conf',
  '/run/NetworkManager/resolv.conf',
  '/run/NetworkManager/no-stub-resolv.conf',
];
const REMEMBERED_MS = LIMITS.own_addresses_ms.value;

/** Reading them for each of many alerts took longer than the answers. */
export function rememberOwnAddresses(
  readNow: () => readonly IpAddress[],
  monotonicMs: () => number,
): OwnAddresses {
  let known: readonly IpAddress[] = [];
  let knownAtMs = Number.NEGATIVE_INFINITY;
  const again = (): readonly IpAddress[] => {
    known = readNow();
    knownAtMs = monotonicMs();
    return known;
  };
  return {
    again,
    present: () => (monotonicMs() - knownAtMs < REMEMBERED_MS ? known : again()),
  };
}

export function readOwnAddresses(): readonly IpAddress[] {
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap((entry) => [
      entry.address.split('%')[0] ?? '',
      ...broadcastOf(entry.address, entry.netmask),
    ]),
  );
  return [
    ...new Set(
      [
        ...own,
        ...gateways4(read('/proc/net/route')),
        ...gateways6(read('/proc/net/ipv6_route')),
        ...RESOLVER_FILES.flatMap((file) => nameServers(read(file))),
      ].flatMap((text) => parseIpAddress(text) ?? []),
    ),
  ];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(0, 1_048_576);
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

/** Name servers of a resolver configuration, without their zones. */
export function nameServers(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*nameserver\s+([0-9A-Fa-f:.]{2,45})/.exec(line);
    return match === null ? [] : [match[1] as string];
  });
}

/** The directed broadcast address of an IPv4 network; none for IPv6 and point-to-point links. */
export function broadcastOf(address: string, netmask: string): readonly string[] {
  if (address.includes(':') || netmask === '255.255.255.255') return [];
  const mask = netmask.split('.').map(Number);
  return [
    address
      .split('.')
      .map((part, index) => Number(part) | (~(mask[index] ?? 255) & 255))
      .join('.'),
  ];
}
