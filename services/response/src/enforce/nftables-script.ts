/**
 * Our table in nftables, as libnftables-json(5): two named sets of addresses with time-outs, and one
 * chain that drops what comes from them. The chain hooks into prerouting at the priority of raw
 * (-300): before connection tracking, before the filters of others, before the translation of
 * published ports, and both for what is meant for this machine and for what it forwards.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseIpAddress, type IpAddress } from '@mini-soc/model';
import { z } from 'zod';
import type { WantedBlock } from './blocker.ts';

const FAMILY = 'inet';
export const TABLE = 'mini_soc';
const CHAIN = 'prerouting';
const HOOK = { type: 'filter', hook: 'prerouting', prio: -300, policy: 'accept' } as const;
const SETS = [
  { name: 'blocked4', type: 'ipv4_addr', protocol: 'ip' },
  { name: 'blocked6', type: 'ipv6_addr', protocol: 'ip6' },
] as const;

/** Time-outs above this are set to it, and renewed by the reconciler: 24 days (ipset cannot do 25). */
export const LONGEST_TIMEOUT_S = 24 * 86_400;

/** Seconds a kernel is told for a block that lasts so long. */
export function timeoutSeconds(ms: number): number {
  return Math.min(LONGEST_TIMEOUT_S, Math.max(1, Math.ceil(ms / 1000)));
}

const at = { family: FAMILY, table: TABLE };
const setOf = (address: IpAddress) => (address.includes(':') ? SETS[1].name : SETS[0].name);

type Command = Readonly<Record<string, unknown>>;

/** What a person would type, for the audit trail. */
export function describeElement(
  verb: 'add' | 'delete',
  address: IpAddress,
  durationMs?: number,
): string {
  const timeout = durationMs === undefined ? '' : ` timeout ${timeoutSeconds(durationMs)}s`;
  return `nft ${verb} element ${FAMILY} ${TABLE} ${setOf(address)} { ${address}${timeout} }`;
}

const dropRule = (set: (typeof SETS)[number]) => [
  {
    match: {
      op: '==',
      left: { payload: { protocol: set.protocol, field: 'saddr' } },
      right: `@${set.name}`,
    },
  },
  { drop: null },
];

/** Makes table, sets and chain, or leaves them; the rules are written anew. One transaction with what follows. */
export function structure(table: string = TABLE): readonly Command[] {
  const here = { family: FAMILY, table };
  return [
    { add: { table: { family: FAMILY, name: table } } },
    ...SETS.map((set) => ({
      add: { set: { ...here, name: set.name, type: set.type, flags: ['timeout'] } },
    })),
    { add: { chain: { ...here, name: CHAIN, ...HOOK } } },
    { flush: { chain: { ...here, name: CHAIN } } },
    ...SETS.map((set) => ({ add: { rule: { ...here, chain: CHAIN, expr: dropRule(set) } } })),
  ];
}

/** Removes the table whether it is there or not. */
export function removal(table: string = TABLE): readonly Command[] {
  const target = { table: { family: FAMILY, name: table } };
  return [{ add: target }, { delete: target }];
}

/** A new element; refused when it is there already. */
export function creation(block: WantedBlock): Command {
  const elem = [{ elem: { val: block.address, timeout: timeoutSeconds(block.msLeft) } }];
  return { create: { element: { ...at, name: setOf(block.address), elem } } };
}

/** Elements with their time left, whether they were there with another one or not. */
export function additions(blocks: readonly WantedBlock[]): readonly Command[] {
  const timed = (wanted: readonly WantedBlock[]) =>
    elements('add', wanted, (block) => ({
      elem: { val: block.address, timeout: timeoutSeconds(block.msLeft) },
    }));
  // Kernels before 6.12 leave the time-out of an element that exists: it must go first.
  return [
    ...timed(blocks),
    ...elements('delete', blocks, (block) => block.address),
    ...timed(blocks),
  ];
}

/** Removes elements whether they are there or not. */
export function deletions(addresses: readonly IpAddress[]): readonly Command[] {
  const gone = addresses.map((address) => ({ address, msLeft: 60_000 }));
  return [
    ...elements('add', gone, (block) => ({ elem: { val: block.address, timeout: 60 } })),
    ...elements('delete', gone, (block) => block.address),
  ];
}

function elements(
  verb: 'add' | 'delete',
  blocks: readonly WantedBlock[],
  toElement: (block: WantedBlock) => unknown,
): readonly Command[] {
  return SETS.flatMap((set) => {
    const elem = blocks.filter((block) => setOf(block.address) === set.name).map(toElement);
    return elem.length === 0 ? [] : [{ [verb]: { element: { ...at, name: set.name, elem } } }];
  });
}

const elementSchema = z.union([
  z.string(),
  z.looseObject({ elem: z.looseObject({ val: z.string(), expires: z.number().optional() }) }),
]);
const objectSchema = z.looseObject({
  table: z.looseObject({ name: z.string() }).optional(),
  set: z
    .looseObject({
      name: z.string(),
      type: z.unknown(),
      flags: z.union([z.string(), z.array(z.string())]).optional(),
      elem: z.array(elementSchema).optional(),
    })
    .optional(),
  chain: z.looseObject({ name: z.string() }).optional(),
  rule: z.looseObject({ chain: z.string(), expr: z.unknown() }).optional(),
});
const rulesetSchema = z.looseObject({ nftables: z.array(objectSchema) });

export interface PresentTable {
  /** True when it is built as we build it and holds nothing else. */
  readonly isIntact: boolean;
  /** Seconds left; undefined for an element without an end. */
  readonly elements: ReadonlyMap<IpAddress, number | undefined>;
}

/** Our table in the answer of `nft -j list table`. Throws when it is not such an answer. */
export function readTable(text: string): PresentTable {
  const objects = rulesetSchema.parse(JSON.parse(text)).nftables;
  const found = new Map<IpAddress, number | undefined>();
  let isReadable = true;
  const sets = objects.flatMap((object) => object.set ?? []);
  for (const element of sets.flatMap((set) => set.elem ?? [])) {
    const value = typeof element === 'string' ? element : element.elem.val;
    const address = parseIpAddress(value);
    if (address === undefined) isReadable = false;
    else found.set(address, typeof element === 'string' ? undefined : element.elem.expires);
  }
  const chains = objects.flatMap((object) => object.chain ?? []);
  const rules = objects.flatMap((object) => object.rule ?? []);
  const known = objects.every((object) =>
    ['metainfo', 'table', 'set', 'chain', 'rule'].some((kind) => kind in object),
  );
  const hasSets =
    sets.length === SETS.length &&
    SETS.every((wanted) =>
      sets.some(
        (set) =>
          set.name === wanted.name &&
          set.type === wanted.type &&
          [set.flags].flat().join(',') === 'timeout',
      ),
    );
  const hasChain =
    chains.length === 1 &&
    chains.every(
      (chain) =>
        chain.name === CHAIN && Object.entries(HOOK).every(([key, value]) => chain[key] === value),
    );
  const hasRules = isDeepStrictEqual(
    rules.map((rule) => rule.expr),
    SETS.map(dropRule),
  );
  return { isIntact: isReadable && known && hasSets && hasChain && hasRules, elements: found };
}

/**
 * One transaction as arguments of nft. Not on standard input: nft opens /dev/stdin, which fails on the
 * sockets that Node gives its children. A batch fits into the 128 KiB that Linux allows an argument.
 */
export function toArguments(commands: readonly Command[]): readonly string[] {
  return ['-j', JSON.stringify({ nftables: commands })];
}
