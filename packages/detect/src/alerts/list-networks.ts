/** The networks behind many addresses: whole networks say who a campaign is, single addresses do not. */
import { networkOf } from '@mini-soc/model';
import type { NameList } from '../evaluate/name-list.ts';

const SHOWN = 5;
const SHOWN_WIDTH = { ipv4: 24, ipv6: 48 } as const;

/** "198.51.100.0/24 (12 addresses), 203.0.113.7": networks of several addresses by how many, then single addresses. */
export function listNetworks(addresses: NameList): string {
  const byNetwork = new Map<string, string[]>();
  for (const address of addresses.names) {
    const network = networkOf(address, SHOWN_WIDTH) ?? address;
    const known = byNetwork.get(network);
    if (known === undefined) byNetwork.set(network, [address]);
    else known.push(address);
  }
  const texts = [...byNetwork]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([network, [first = '', ...others]]) =>
      others.length === 0 ? first : `${network} (${others.length + 1} addresses)`,
    );
  if (texts.length === 0) return 'unknown addresses';
  const hasMore = texts.length > SHOWN || addresses.more > 0;
  return `${texts.slice(0, SHOWN).join(', ')}${hasMore ? ' and others' : ''}`;
}
