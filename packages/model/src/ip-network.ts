/** The network around an address, for saying who belongs together. */
import { parseIpAddress, parseIpRange } from './ip-address.ts';

export interface NetworkWidth {
  /** Bits of the prefix of an IPv4 address: 8, 16 or 24. */
  readonly ipv4: 8 | 16 | 24;
  /** Bits of the prefix of an IPv6 address: a multiple of 16. */
  readonly ipv6: 16 | 32 | 48 | 64;
}

/** Canonical text such as 198.51.100.0/24 or 2001:db8:1::/48; undefined when the text is no address. */
export function networkOf(text: string, width: NetworkWidth): string | undefined {
  const address = parseIpAddress(text);
  const range = address === undefined ? undefined : parseIpRange(address);
  if (range === undefined) return undefined;
  if (range.family === 4) {
    const kept = range.parts.map((part, index) => (index * 8 < width.ipv4 ? part : 0));
    return `${kept.join('.')}/${width.ipv4}`;
  }
  const kept = range.parts.map((part, index) => (index * 16 < width.ipv6 ? part : 0));
  const start = parseIpAddress(kept.map((part) => part.toString(16)).join(':'));
  return start === undefined ? undefined : `${start}/${width.ipv6}`;
}
