/**
 * IPv6 addresses that stand for an IPv4 address: whoever blocks one blocks the other, so both are
 * judged. One table of all forms (RFC 4291 2.5.5.1, 2765, 3056, 4380, 5214, 6052). IPv4-mapped
 * addresses need no entry: they are IPv4 from the moment they are parsed.
 */
import { parseIpAddress, parseIpRange, type IpAddress } from '@mini-soc/model';

type Groups = readonly number[];

interface EmbeddedForm {
  readonly name: string;
  /** Eight groups of 16 bits → the upper and lower half of the IPv4 address, when it is this form. */
  readonly read: (groups: Groups) => readonly [number, number] | undefined;
}

const startsWith = (groups: Groups, ...wanted: readonly number[]): boolean =>
  wanted.every((group, index) => groups[index] === group);
const last = (groups: Groups): readonly [number, number] => [groups[6] ?? 0, groups[7] ?? 0];

export const EMBEDDED_FORMS: readonly EmbeddedForm[] = [
  {
    name: 'IPv4-compatible',
    read: (groups) => (startsWith(groups, 0, 0, 0, 0, 0, 0) ? last(groups) : undefined),
  },
  {
    name: 'SIIT',
    read: (groups) => (startsWith(groups, 0, 0, 0, 0, 0xffff, 0) ? last(groups) : undefined),
  },
  {
    name: '6to4',
    read: (groups) => (startsWith(groups, 0x2002) ? [groups[1] ?? 0, groups[2] ?? 0] : undefined),
  },
  {
    // The client's address is written with all bits turned.
    name: 'Teredo',
    read: (groups) => {
      const [high, low] = last(groups);
      return startsWith(groups, 0x2001, 0) ? [high ^ 0xffff, low ^ 0xffff] : undefined;
    },
  },
  {
    name: 'ISATAP',
    read: (groups) =>
      (groups[4] === 0 || groups[4] === 0x0200) && groups[5] === 0x5efe ? last(groups) : undefined,
  },
  {
    name: 'NAT64',
    read: (groups) =>
      startsWith(groups, 0x64, 0xff9b, 0, 0, 0, 0) || startsWith(groups, 0x64, 0xff9b, 1) // for local use (RFC 8215), the /96 form
        ? last(groups)
        : undefined,
  },
];

export interface EmbeddedIpv4 {
  readonly form: string;
  readonly address: IpAddress;
}

/** The IPv4 addresses an IPv6 address may stand for; none for most. */
export function embeddedIpv4(address: IpAddress): readonly EmbeddedIpv4[] {
  if (!address.includes(':')) return [];
  const groups = parseIpRange(address)?.parts ?? [];
  return EMBEDDED_FORMS.flatMap(({ name, read }) => {
    const halves = read(groups);
    if (halves === undefined) return [];
    const [high, low] = halves;
    const meant = parseIpAddress([high >> 8, high & 255, low >> 8, low & 255].join('.'));
    return meant === undefined ? [] : [{ form: name, address: meant }];
  });
}
