/**
 * The last pure step before a blocker: may this address be blocked at all? It trusts nobody, whoever
 * asked. Every refusal says why in one plain sentence.
 */
import {
  isInRange,
  parseIpAddress,
  parseIpRange,
  type IpAddress,
  type IpRange,
} from '@mini-soc/model';

export interface BlockPolicy {
  /** Ranges that are never blocked: the administrator's. */
  readonly allowlist: readonly IpRange[];
  readonly blockPrivate: boolean;
  /** Addresses of this machine and its gateways. */
  readonly ownAddresses: readonly IpAddress[];
  readonly blocksPerMinute: number;
}

export type BlockVerdict =
  | { readonly allowed: true; readonly address: IpAddress }
  | { readonly allowed: false; readonly reason: string };

function ranges(...texts: readonly string[]): readonly IpRange[] {
  return texts.map((text) => {
    const range = parseIpRange(text);
    if (range === undefined) throw new TypeError(`Not a range: ${text}`);
    return range;
  });
}

/** Never an attacker on the network: RFC 1122, 3927, 4291, 5771, 919. */
const NEVER: readonly (readonly [readonly IpRange[], string])[] = [
  [ranges('127.0.0.0/8', '::1/128'), 'it is a loopback address'],
  [ranges('0.0.0.0/8', '::/128'), 'it is not the address of a host'],
  [ranges('224.0.0.0/4', 'ff00::/8'), 'it is a multicast address'],
  [ranges('240.0.0.0/4'), 'it is a reserved or broadcast address'],
  [ranges('169.254.0.0/16', 'fe80::/10'), 'it is a link-local address'],
  [ranges('192.0.2.0/24'), 'it is reserved for the self-test'],
];

/** RFC 1918, 6598, 4193. */
const PRIVATE = ranges(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
);

/** `recentBlocks` is the number of new blocks in the last minute. */
export function mayBlock(
  text: string | undefined,
  policy: BlockPolicy,
  recentBlocks: number,
): BlockVerdict {
  if (text === undefined) return refuse('the address of the attacker is not known');
  const address = parseIpAddress(text);
  if (address === undefined || address !== text) return refuse('it is not an address');
  for (const [never, reason] of NEVER)
    if (never.some((range) => isInRange(address, range))) return refuse(reason);
  if (policy.ownAddresses.includes(address))
    return refuse('it is an address of this machine or its gateway');
  const allowed = policy.allowlist.find((range) => isInRange(address, range));
  if (allowed !== undefined) return refuse(`it is on the allow list (${allowed.text})`);
  if (!policy.blockPrivate && PRIVATE.some((range) => isInRange(address, range))) {
    return refuse('it is a private address (set RESPONSE_BLOCK_PRIVATE=true to block those too)');
  }
  if (recentBlocks >= policy.blocksPerMinute)
    return refuse(`the limit of ${policy.blocksPerMinute} new blocks a minute is reached`);
  return { allowed: true, address };
}

function refuse(reason: string): BlockVerdict {
  return { allowed: false, reason };
}

/** Prefixes that would protect half the world: an allow list entry must be narrower. */
const WIDEST_PREFIX = { 4: 8, 6: 32 } as const;

/** Why a range cannot be put on the allow list; undefined when it can. */
export function refusedAllowRange(range: IpRange): string | undefined {
  const widest = WIDEST_PREFIX[range.family];
  return range.prefix < widest
    ? `Cannot allow ${range.text}: a range must be /${widest} or narrower, or nobody would ever be blocked`
    : undefined;
}
