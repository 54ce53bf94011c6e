/**
 * Addresses, parsed once and strictly (RFC 4291 text, RFC 5952 output). Only what inet_pton accepts is
 * an address: no leading zeros, no short forms, no blanks, no other digits than 0-9. IPv4-mapped
 * IPv6 becomes IPv4, because that is who it is. This file is bundled for Filebeat's ES5 engine:
 * no lookbehind, no named groups, no BigInt.
 */

/** Canonical text of a valid address. Only parseIpAddress makes one. */
export type IpAddress = string & { readonly __brand: 'IpAddress' };

export interface ParsedIpAddress {
  readonly address: IpAddress;
  readonly family: 4 | 6;
  /** Zone id of a scoped address, without the percent sign. */
  readonly zone?: string;
}

export interface IpRange {
  readonly family: 4 | 6;
  /** 16-bit groups for IPv6, bytes for IPv4. */
  readonly parts: readonly number[];
  readonly prefix: number;
  /** Canonical text, such as 10.0.0.0/8. */
  readonly text: string;
}

/** The address with its family and zone; undefined when the text is not exactly one address. */
export function readIpAddress(text: string): ParsedIpAddress | undefined {
  if (text.indexOf(':') < 0) {
    return readIpv4(text) === undefined ? undefined : { address: text as IpAddress, family: 4 };
  }
  let body = text;
  let zone: string | undefined;
  const percent = text.indexOf('%');
  if (percent >= 0) {
    body = text.slice(0, percent);
    zone = text.slice(percent + 1);
    if (!/^[A-Za-z0-9_.-]{1,32}$/.test(zone)) return undefined;
  }
  const groups = readIpv6(body);
  if (groups === undefined) return undefined;
  const mapped = mappedIpv4(groups);
  if (mapped !== undefined) return { address: mapped as IpAddress, family: 4 };
  const address = formatIpv6(groups) as IpAddress;
  return zone === undefined
    ? { address: address, family: 6 }
    : { address: address, family: 6, zone: zone };
}

/** The canonical address (zone dropped); undefined when the text is not exactly one address. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const parsed = readIpAddress(text);
  return parsed === undefined ? undefined : parsed.address;
}

/** The text of an address. */
export function formatIpAddress(address: IpAddress): string {
  return address;
}

/** An address or CIDR range; undefined when it is neither or has bits set beyond its prefix. */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const body = slash < 0 ? text : text.slice(0, slash);
  const v4 = body.indexOf(':') < 0 ? readIpv4(body) : undefined;
  const parts = v4 !== undefined ? v4 : body.indexOf(':') < 0 ? undefined : readIpv6(body);
  if (parts === undefined) return undefined;
  const family = v4 !== undefined ? 4 : 6;
  const bits = family === 4 ? 32 : 128;
  let prefix = bits;
  if (slash >= 0) {
    const digits = text.slice(slash + 1);
    if (!/^(0|[1-9][0-9]{0,2})$/.test(digits)) return undefined;
    prefix = Number(digits);
    if (prefix > bits) return undefined;
  }
  const mapped = family === 6 && prefix >= 96 ? mappedIpv4(parts) : undefined;
  if (mapped !== undefined) return parseIpRange(mapped + '/' + String(prefix - 96));
  const width = family === 4 ? 8 : 16;
  for (let i = 0; i < parts.length; i++) {
    const inside = Math.max(0, Math.min(width, prefix - i * width));
    const hostMask = (1 << (width - inside)) - 1;
    if (((parts[i] as number) & hostMask) !== 0) return undefined;
  }
  const address = family === 4 ? body : formatIpv6(parts);
  return { family: family, parts: parts, prefix: prefix, text: address + '/' + String(prefix) };
}

/** True when the address lies in the range; families never match across. */
export function isInRange(address: IpAddress, range: IpRange): boolean {
  const v4 = address.indexOf(':') < 0;
  if (v4 !== (range.family === 4)) return false;
  const parts = v4 ? readIpv4(address) : readIpv6(address);
  if (parts === undefined) return false;
  const width = v4 ? 8 : 16;
  for (let i = 0; i < parts.length && i * width < range.prefix; i++) {
    const inside = Math.min(width, range.prefix - i * width);
    const shift = width - inside;
    if ((parts[i] as number) >> shift !== (range.parts[i] as number) >> shift) return false;
  }
  return true;
}

function readIpv4(text: string): number[] | undefined {
  const length = text.length;
  if (length < 7 || length > 15) return undefined;
  const parts: number[] = [];
  let value = -1;
  for (let i = 0; i <= length; i++) {
    const code = i === length ? 46 : text.charCodeAt(i);
    if (code === 46) {
      if (value < 0 || parts.length === 4) return undefined;
      parts.push(value);
      value = -1;
    } else if (code >= 48 && code <= 57) {
      if (value === 0) return undefined; // leading zero
      value = (value < 0 ? 0 : value * 10) + (code - 48);
      if (value > 255) return undefined;
    } else {
      return undefined;
    }
  }
  return parts.length === 4 ? parts : undefined;
}

function readIpv6(text: string): number[] | undefined {
  if (text.length < 2 || text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = readGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? readGroups(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = head.slice();
  for (let i = 0; i < missing; i++) groups.push(0);
  return groups.concat(tail);
}

function readGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const pieces = text.split(':');
  const groups: number[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as string;
    if (piece.indexOf('.') >= 0) {
      const v4 = mayEndInIpv4 && i === pieces.length - 1 ? readIpv4(piece) : undefined;
      if (v4 === undefined) return undefined;
      groups.push(
        (v4[0] as number) * 256 + (v4[1] as number),
        (v4[2] as number) * 256 + (v4[3] as number),
      );
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(piece)) return undefined;
      groups.push(parseInt(piece, 16));
    }
  }
  return groups.length > 8 ? undefined : groups;
}

function mappedIpv4(groups: readonly number[]): string | undefined {
  for (let i = 0; i < 5; i++) if (groups[i] !== 0) return undefined;
  if (groups[5] !== 0xffff) return undefined;
  const high = groups[6] as number;
  const low = groups[7] as number;
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function formatIpv6(groups: readonly number[]): string {
  let bestStart = -1;
  let bestLength = 1; // a single zero group is not shortened (RFC 5952, 4.2.2)
  let start = -1;
  for (let i = 0; i <= 8; i++) {
    if (i < 8 && groups[i] === 0) {
      if (start < 0) start = i;
    } else {
      if (start >= 0 && i - start > bestLength) {
        bestStart = start;
        bestLength = i - start;
      }
      start = -1;
    }
  }
  const hex = (from: number, to: number) => {
    const words: string[] = [];
    for (let i = from; i < to; i++) words.push((groups[i] as number).toString(16));
    return words.join(':');
  };
  if (bestStart < 0) return hex(0, 8);
  return hex(0, bestStart) + '::' + hex(bestStart + bestLength, 8);
}
