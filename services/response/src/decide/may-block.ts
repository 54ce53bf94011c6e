/**
 * The last pure step before a blocker: may this address be blocked at all? It trusts nobody, whoever
 * asked. Every refusal has a code for counting and says why in one plain sentence.
 */
import {
  isInRange,
  LIMITS,
  parseIpAddress,
  parseIpRange,
  readIpAddress,
  type IpAddress,
  type IpRange,
} from '@mini-soc/model';
import { embeddedIpv4 } from './embedded-ipv4.ts';
import { behindNat64 } from './nat64.ts';
import type { Guarded, GuardedCode } from './surroundings.ts';

export interface BlockPolicy {
  /** Ranges that are never blocked: the administrator's. */
  readonly allowlist: readonly IpRange[];
  readonly blockPrivate: boolean;
  /** Addresses of this machine, its gateways and its name servers. */
  readonly ownAddresses: readonly IpAddress[];
  /** Whom this machine lives with; absent when that is not known. */
  readonly guarded?: Guarded;
  readonly blocksPerMinute: number;
}

export type RefusalCode =
  | 'not_an_address'
  | 'scoped'
  | 'loopback'
  | 'unspecified'
  | 'multicast'
  | 'broadcast'
  | 'link_local'
  | 'self_test'
  | 'own'
  | 'allow_listed'
  | 'private'
  | 'on_link'
  | GuardedCode
  | 'breaker'
  | 'collateral'
  | 'full';

export type BlockVerdict =
  | { readonly allowed: true; readonly address: IpAddress }
  | { readonly allowed: false; readonly code: RefusalCode; readonly reason: string };

/** What is in force already. */
export interface BlockCounts {
  /** True when the address is blocked now: no new block is counted. */
  readonly isBlocked: boolean;
  /** Until there is room for one more, milliseconds; absent means that there is. */
  readonly waitMs?: number;
  readonly total: number;
  /** Why this rule blocks nobody at present; absent means that it may. */
  readonly heldBack?: string | undefined;
  /** Earlier blocks of the address that still count; absent means none. */
  readonly earlier?: number;
}

/** Blocks in force at the same time: more would be a list no firewall and no person can use. */
export const MAX_BLOCKS = LIMITS.blocks_in_force.value;

function ranges(...texts: readonly string[]): readonly IpRange[] {
  return texts.map((text) => {
    const range = parseIpRange(text);
    if (range === undefined) throw new TypeError(`Not a range: ${text}`);
    return range;
  });
}

/** Never an attacker on the network: RFC 1122, 919, 3927, 4291, 5771, 5737, 6666. */
const NEVER: readonly (readonly [readonly IpRange[], RefusalCode, string])[] = [
  [ranges('127.0.0.0/8', '::1/128'), 'loopback', 'it is a loopback address'],
  [ranges('0.0.0.0/8', '::/96', '100::/64'), 'unspecified', 'it is not the address of a host'],
  [ranges('224.0.0.0/4', 'ff00::/8'), 'multicast', 'it is a multicast address'],
  [ranges('240.0.0.0/4'), 'broadcast', 'it is a reserved or broadcast address'],
  [ranges('169.254.0.0/16', 'fe80::/10'), 'link_local', 'it is a link-local address'],
  [ranges('192.0.2.0/24'), 'self_test', 'it is reserved for the self-test'],
];

/** RFC 1918, 6598, 6890, 4193, 3879, 8215. */
const PRIVATE = ranges(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '192.0.0.0/24',
  'fc00::/7',
  'fec0::/10',
  '64:ff9b:1::/48',
);

/** The address as it may be given to a blocker, or why it may not. */
export function mayBlock(text: string, policy: BlockPolicy, counts: BlockCounts): BlockVerdict {
  const parsed = readIpAddress(text);
  if (parsed === undefined) return refuse('not_an_address', 'it is not an address');
  if (parsed.zone !== undefined)
    return refuse('scoped', 'it is an address of one network interface only');
  const { address } = parsed;
  const refusal = refusalOf(address, policy);
  if (refusal !== undefined) return refusal;
  if (counts.heldBack !== undefined) return refuse('collateral', counts.heldBack);
  if (counts.isBlocked) return { allowed: true, address };
  if ((counts.waitMs ?? 0) > 0)
    return refuse(
      'breaker',
      `the limit of ${policy.blocksPerMinute} new blocks a minute is reached`,
    );
  if (counts.total >= MAX_BLOCKS)
    return refuse('full', `${MAX_BLOCKS} addresses are blocked already`);
  return { allowed: true, address };
}

type Refusal = BlockVerdict & { readonly allowed: false };

/**
 * Why an address is protected from blocks, whatever it did; undefined when it is not. IPv4 inside IPv6 is
 * judged as well.
 */
export function refusalOf(address: IpAddress, policy: BlockPolicy): Refusal | undefined {
  const refusal = refusalOfItself(address, policy);
  if (refusal !== undefined) return refusal;
  const local = behindNat64(address, policy.guarded?.nat64 ?? []);
  for (const { form, address: meant } of [
    ...embeddedIpv4(address),
    ...local.map((inner) => ({ form: 'NAT64 of this network', address: inner })),
  ]) {
    const inner = refusalOfItself(meant, policy);
    if (inner !== undefined)
      return refuse(inner.code, `it stands for ${meant} (${form}), and ${inner.reason}`);
  }
  return undefined;
}

function refusalOfItself(address: IpAddress, policy: BlockPolicy): Refusal | undefined {
  for (const [never, code, reason] of NEVER)
    if (never.some((range) => isInRange(address, range))) return refuse(code, reason);
  if (policy.ownAddresses.includes(address))
    return refuse('own', 'it belongs to this machine, its gateway or its name server');
  const guarded = policy.guarded?.addresses.get(address);
  if (guarded !== undefined) return refuse(guarded.code, guarded.reason);
  const allowed = policy.allowlist.find((range) => isInRange(address, range));
  if (allowed !== undefined)
    return refuse('allow_listed', `it is on the allow list (${allowed.text})`);
  return policy.blockPrivate ? undefined : refusalOfNeighbour(address, policy);
}

const BLOCK_THOSE_TOO = 'set RESPONSE_BLOCK_PRIVATE=true to block those too';

/** Private addresses, and those of the networks this machine is part of. */
function refusalOfNeighbour(address: IpAddress, policy: BlockPolicy): Refusal | undefined {
  if (PRIVATE.some((range) => isInRange(address, range)))
    return refuse('private', `it is a private address (${BLOCK_THOSE_TOO})`);
  const link = policy.guarded?.onLink.find((range) => isInRange(address, range));
  return link === undefined
    ? undefined
    : refuse('on_link', `it is in a network of this machine, ${link.text} (${BLOCK_THOSE_TOO})`);
}

function refuse(code: RefusalCode, reason: string) {
  return { allowed: false as const, code, reason };
}

/** Prefixes that would protect a large part of the world: an allow list entry must be narrower. */
const WIDEST_PREFIX = { 4: 8, 6: 32 } as const;

/** Why a range cannot be put on the allow list; undefined when it can. */
export function refusedAllowRange(range: IpRange): string | undefined {
  const widest = WIDEST_PREFIX[range.family];
  return range.prefix < widest && !isWithinPrivate(range)
    ? `Cannot allow ${range.text}: a range must be /${widest} or narrower, or attackers could not be blocked`
    : undefined;
}

/** Private and link-local networks hold no strangers, however wide. */
function isWithinPrivate(range: IpRange): boolean {
  const first = parseIpAddress(range.text.slice(0, range.text.indexOf('/')));
  const wide = [...PRIVATE, ...NEVER.flatMap(([never]) => never)];
  return (
    first !== undefined &&
    wide.some((outer) => range.prefix >= outer.prefix && isInRange(first, outer))
  );
}
