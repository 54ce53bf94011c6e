/**
 * What is ours in iptables, as text: a chain, a jump to it at the top of INPUT and of FORWARD, and in it
 * one rule for a set of addresses (ipset), or one rule for each address where there are no sets.
 */
import { parseIpAddress, type IpAddress } from '@mini-soc/model';

export const CHAIN = 'MINI_SOC';
const ENTRANCES = ['INPUT', 'FORWARD'] as const;

export interface Family {
  readonly program: 'iptables' | 'ip6tables';
  readonly restore: 'iptables-restore' | 'ip6tables-restore';
  readonly set: string;
  /** ipset's name of the family. */
  readonly inet: 'inet' | 'inet6';
  readonly hostPrefix: '/32' | '/128';
  readonly isV6: boolean;
}

export const FAMILIES: readonly Family[] = [
  {
    program: 'iptables',
    restore: 'iptables-restore',
    set: 'mini-soc-4',
    inet: 'inet',
    hostPrefix: '/32',
    isV6: false,
  },
  {
    program: 'ip6tables',
    restore: 'ip6tables-restore',
    set: 'mini-soc-6',
    inet: 'inet6',
    hostPrefix: '/128',
    isV6: true,
  },
];

export function isOfFamily(family: Family, address: IpAddress): boolean {
  return address.includes(':') === family.isV6;
}

export interface PresentRules {
  readonly hasChain: boolean;
  /** Jumps to our chain there are, for each entrance. */
  readonly jumps: Readonly<Record<(typeof ENTRANCES)[number], number>>;
  /** True when each entrance begins with the one jump. */
  readonly isEntered: boolean;
  /** Rules of our chain, as `iptables -S` prints them without the chain. */
  readonly rules: readonly string[];
}

/** Ours in the answer of `iptables -S`. */
export function readRules(text: string): PresentRules {
  const lines = text.split('\n').map((line) => line.trim());
  const inside = (chain: string) =>
    lines.flatMap((line) =>
      line.startsWith(`-A ${chain} `) ? [line.slice(chain.length + 4)] : [],
    );
  const jump = `-j ${CHAIN}`;
  const count = (chain: string) => inside(chain).filter((rule) => rule === jump).length;
  return {
    hasChain: lines.includes(`-N ${CHAIN}`),
    jumps: { INPUT: count('INPUT'), FORWARD: count('FORWARD') },
    isEntered: ENTRANCES.every((chain) => count(chain) === 1 && inside(chain)[0] === jump),
    rules: inside(CHAIN),
  };
}

/** The one rule that drops what comes from the set. */
export function setRule(family: Family): string {
  return `-m set --match-set ${family.set} src -j DROP`;
}

/** The rule that drops what comes from one address. */
export function addressRule(family: Family, address: IpAddress): string {
  return `-s ${address}${family.hostPrefix} -j DROP`;
}

/** The address of such a rule; undefined for a rule that is not one. */
export function addressOfRule(family: Family, rule: string): IpAddress | undefined {
  const match = /^-s ([0-9a-f:.]{2,45})(\/\d{1,3}) -j DROP$/.exec(rule);
  if (match === null || match[2] !== family.hostPrefix) return undefined;
  const address = parseIpAddress(match[1] ?? '');
  return address !== undefined && isOfFamily(family, address) ? address : undefined;
}

/**
 * Input of `iptables-restore --noflush` that leaves our chain with these rules, and one jump to it at
 * the top of each entrance. The kernel takes it whole or not at all.
 */
export function chainInput(present: PresentRules, rules: readonly string[]): string {
  return restoreInput([
    `:${CHAIN} - [0:0]`,
    ...rules.map((rule) => `-A ${CHAIN} ${rule}`),
    ...(present.isEntered
      ? []
      : [...leave(present), ...ENTRANCES.map((chain) => `-I ${chain} 1 -j ${CHAIN}`)]),
  ]);
}

/** Input that removes the jumps and the chain. */
export function removalInput(present: PresentRules): string {
  return restoreInput([`:${CHAIN} - [0:0]`, ...leave(present), `-X ${CHAIN}`]);
}

function leave(present: PresentRules): readonly string[] {
  return ENTRANCES.flatMap((chain) =>
    Array.from({ length: present.jumps[chain] }, () => `-D ${chain} -j ${CHAIN}`),
  );
}

function restoreInput(lines: readonly string[]): string {
  return ['*filter', ...lines, 'COMMIT', ''].join('\n');
}
