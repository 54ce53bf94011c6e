/**
 * Prefixes by which this network reaches IPv4 hosts over IPv6, other than the well-known one. They are found
 * by asking for a name that has IPv4 addresses only (RFC 7050): an answer in IPv6 was made by the translator of
 * the network, and has its prefix around them (RFC 6052, 2.2). Whoever answers for names is believed as for the
 * hosts of our own settings.
 */
import { parseIpAddress, parseIpRange, type IpAddress } from '@mini-soc/model';

/** Has 192.0.0.170 and 192.0.0.171, in every network. */
export const IPV4_ONLY_NAME = 'ipv4only.arpa';
const KNOWN: readonly string[] = ['192.0.0.170', '192.0.0.171'];

/** By the length of the prefix, where the bytes of the IPv4 address stand; byte 8 is never one of them. */
const PLACES = [
  [96, [12, 13, 14, 15]],
  [64, [9, 10, 11, 12]],
  [56, [7, 9, 10, 11]],
  [48, [6, 7, 9, 10]],
  [40, [5, 6, 7, 9]],
  [32, [4, 5, 6, 7]],
] as const;

export interface Nat64Prefix {
  /** Bits: 32, 40, 48, 56, 64 or 96. */
  readonly length: number;
  /** The first bytes of an address, as many as the prefix has. */
  readonly bytes: readonly number[];
}

/** The prefix in an answer for the name; undefined when it is not one of a translator. */
export function readNat64Prefix(answer: IpAddress): Nat64Prefix | undefined {
  const bytes = bytesOf(answer);
  if (bytes === undefined) return undefined;
  for (const [length, places] of PLACES)
    if (KNOWN.includes(at(bytes, places))) return { length, bytes: bytes.slice(0, length / 8) };
  return undefined;
}

/** The IPv4 address that an address of such a prefix stands for. */
export function behindNat64(
  address: IpAddress,
  prefixes: readonly Nat64Prefix[],
): readonly IpAddress[] {
  const bytes = prefixes.length === 0 ? undefined : bytesOf(address);
  if (bytes === undefined) return [];
  return prefixes.flatMap((prefix) => {
    if (!prefix.bytes.every((byte, index) => bytes[index] === byte)) return [];
    const places = PLACES.find(([length]) => length === prefix.length)?.[1];
    return places === undefined ? [] : (parseIpAddress(at(bytes, places)) ?? []);
  });
}

function at(bytes: readonly number[], places: readonly number[]): string {
  return places.map((place) => bytes[place]).join('.');
}

/** 16 bytes; undefined for IPv4. */
function bytesOf(address: IpAddress): readonly number[] | undefined {
  const range = parseIpRange(address);
  return range?.family === 6 ? range.parts.flatMap((part) => [part >> 8, part & 255]) : undefined;
}
