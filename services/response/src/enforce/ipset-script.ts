/** Sets of addresses with time-outs for iptables (ipset), as lines of `ipset restore`. */
import { LIMITS, parseIpAddress, type IpAddress } from '@mini-soc/model';
import type { WantedBlock } from './blocker.ts';
import type { Family } from './iptables-rules.ts';
import { timeoutSeconds } from './nftables-script.ts';

export function createSet(family: Family, name: string = family.set): string {
  return `create ${name} hash:ip family ${family.inet} timeout 0 maxelem ${2 * LIMITS.blocks_in_force.value}`;
}

/** With -exist also sets the time-out of one that is there. */
export function addElement(family: Family, block: WantedBlock): string {
  return `add ${family.set} ${block.address} timeout ${timeoutSeconds(block.msLeft)}`;
}

export function deleteElement(family: Family, address: IpAddress): string {
  return `del ${family.set} ${address}`;
}

/** Addresses in the answer of `ipset save` with their seconds left; undefined for one without an end. */
export function readSet(text: string): ReadonlyMap<IpAddress, number | undefined> {
  const found = new Map<IpAddress, number | undefined>();
  for (const line of text.split('\n')) {
    const match = /^add \S+ (\S+)(?: timeout (\d{1,10}))?/.exec(line);
    const address = match === null ? undefined : parseIpAddress(match[1] ?? '');
    if (match === null || address === undefined) continue;
    const seconds = Number(match[2] ?? '0');
    found.set(address, seconds === 0 ? undefined : seconds);
  }
  return found;
}
