/**
 * Blocks with iptables and ip6tables: a chain of our own at the top of INPUT and FORWARD. Where ipset
 * works the addresses are in a set and the kernel ends blocks by itself; else each has a rule, and the
 * clock of the service ends it.
 */
import type { IpAddress } from '@mini-soc/model';
import type { Blocker, Reconciled, WantedBlock } from './blocker.ts';
import { addElement, createSet, deleteElement, readSet } from './ipset-script.ts';
import {
  addressOfRule,
  addressRule,
  CHAIN,
  chainInput,
  FAMILIES,
  isOfFamily,
  readRules,
  removalInput,
  setRule,
  type Family,
  type PresentRules,
} from './iptables-rules.ts';
import { timeoutSeconds } from './nftables-script.ts';
import type { LocalPoint } from './point.ts';
import { CommandError, type RunCommand } from './run-command.ts';

/** Seconds to wait for another program that changes the same rules. */
const WAIT = ['-w', '5'] as const;
/** A time left that differs by less is right. */
const TOLERANCE_S = 3;

export const IPTABLES: LocalPoint = {
  kind: 'local',
  name: 'iptables',
  open: async ({ run }) => createIptablesBlocker(run, await probeIptables(run)),
};

/** One family's part of the work. */
interface Side {
  readonly block: (blocks: readonly WantedBlock[]) => Promise<void>;
  readonly unblock: (addresses: readonly IpAddress[]) => Promise<void>;
  readonly reconcile: (wanted: readonly WantedBlock[]) => Promise<Reconciled>;
}

const UNCHANGED: Reconciled = { applied: 0, removed: 0, rebuilt: false };

export function createIptablesBlocker(run: RunCommand, hasSets: boolean): Blocker {
  const sides = FAMILIES.map((family) => ({
    family,
    ...(hasSets ? createSetSide(run, family) : createRuleSide(run, family)),
  }));
  const action = (verb: '-A' | '-D', address: IpAddress): string => {
    const family = FAMILIES.find((one) => isOfFamily(one, address)) as Family;
    return hasSets
      ? `ipset ${verb === '-A' ? 'add' : 'del'} ${family.set} ${address}`
      : `${family.program} ${verb} ${CHAIN} ${addressRule(family, address)}`;
  };
  const blockAll = async (blocks: readonly WantedBlock[]): Promise<readonly string[]> => {
    for (const side of sides) {
      const own = blocks.filter((block) => isOfFamily(side.family, block.address));
      if (own.length > 0) await side.block(own);
    }
    return blocks.map(({ address, msLeft }) => {
      const timeout = hasSets ? ` timeout ${timeoutSeconds(msLeft)}` : '';
      return `[ENFORCED] ${action('-A', address)}${timeout}`;
    });
  };
  return {
    name: hasSets ? 'iptables with ipset' : 'iptables',
    isSimulated: false,
    block: async (address, durationMs) =>
      (await blockAll([{ address, msLeft: durationMs }]))[0] as string,
    blockAll,
    async unblock(addresses) {
      for (const side of sides) {
        const own = addresses.filter((address) => isOfFamily(side.family, address));
        if (own.length > 0) await side.unblock(own);
      }
      return addresses.map((address) => `[ENFORCED] ${action('-D', address)}`);
    },
    async reconcile(wanted) {
      let total = UNCHANGED;
      for (const side of sides) {
        const own = wanted.filter((block) => isOfFamily(side.family, block.address));
        const done = await side.reconcile(own);
        total = {
          applied: total.applied + done.applied,
          removed: total.removed + done.removed,
          rebuilt: total.rebuilt || done.rebuilt,
        };
      }
      return total;
    },
    async clear() {
      for (const family of FAMILIES) {
        const present = await readFamily(run, family);
        if (present.hasChain)
          await run(family.restore, [...WAIT, '--noflush'], removalInput(present));
        if (hasSets) await destroySet(run, family.set);
      }
      return `[ENFORCED] chain ${CHAIN} was removed from iptables and ip6tables`;
    },
  };
}

async function readFamily(run: RunCommand, family: Family): Promise<PresentRules> {
  return readRules(await run(family.program, [...WAIT, '-S']));
}

async function destroySet(run: RunCommand, name: string): Promise<void> {
  await run('ipset', ['destroy', name]).catch((error: unknown) => {
    if (!isUnknownSet(error)) throw error;
  });
}

function isUnknownSet(error: unknown): boolean {
  return error instanceof CommandError && error.said.includes('does not exist');
}

function createSetSide(run: RunCommand, family: Family): Side {
  const restoreSet = (lines: readonly string[]) =>
    run('ipset', ['restore', '-exist'], `${[createSet(family), ...lines].join('\n')}\n`);
  /** True when the chain was not as it must be. */
  const enter = async (): Promise<boolean> => {
    const present = await readFamily(run, family);
    const isRight =
      present.isEntered && present.rules.length === 1 && present.rules[0] === setRule(family);
    if (!isRight)
      await run(family.restore, [...WAIT, '--noflush'], chainInput(present, [setRule(family)]));
    return !isRight;
  };
  const readElements = () =>
    run('ipset', ['save', family.set]).then(readSet, (error: unknown) => {
      if (isUnknownSet(error)) return undefined;
      throw error;
    });
  /** A set that somebody made otherwise under our name. */
  const replaceSet = async (): Promise<void> => {
    const present = await readFamily(run, family);
    if (present.hasChain) await run(family.restore, [...WAIT, '--noflush'], removalInput(present));
    await destroySet(run, family.set);
    await restoreSet([]);
  };
  return {
    async block(blocks) {
      await restoreSet(blocks.map((block) => addElement(family, block)));
      await enter();
    },
    async unblock(addresses) {
      await restoreSet(addresses.map((address) => deleteElement(family, address)));
    },
    async reconcile(wanted) {
      const before = await readElements();
      if (before === undefined && wanted.length === 0) return UNCHANGED;
      await restoreSet([]).catch(replaceSet);
      const present = (await readElements()) ?? new Map<IpAddress, number | undefined>();
      const missing = wanted.filter((block) => {
        const left = present.get(block.address);
        return left === undefined || Math.abs(left - timeoutSeconds(block.msLeft)) > TOLERANCE_S;
      });
      const addresses = new Set(wanted.map((block) => block.address));
      const foreign = [...present.keys()].filter((address) => !addresses.has(address));
      const lines = [
        ...missing.map((block) => addElement(family, block)),
        ...foreign.map((address) => deleteElement(family, address)),
      ];
      if (lines.length > 0) await restoreSet(lines);
      const isRebuilt = await enter();
      return {
        applied: missing.length,
        removed: foreign.length,
        rebuilt: isRebuilt || before === undefined,
      };
    },
  };
}

function createRuleSide(run: RunCommand, family: Family): Side {
  const write = (present: PresentRules, addresses: Iterable<IpAddress>) =>
    run(
      family.restore,
      [...WAIT, '--noflush'],
      chainInput(
        present,
        [...addresses].map((address) => addressRule(family, address)),
      ),
    );
  const blockedIn = (present: PresentRules) =>
    new Set(present.rules.flatMap((rule) => addressOfRule(family, rule) ?? []));
  return {
    async block(blocks) {
      const present = await readFamily(run, family);
      const blocked = blockedIn(present);
      const missing = blocks.map(({ address }) => address).filter((one) => !blocked.has(one));
      const [first] = missing;
      if (present.isEntered && first === undefined) return;
      if (present.isEntered && first !== undefined && missing.length === 1)
        await run(family.program, [...WAIT, '-A', CHAIN, ...addressRule(family, first).split(' ')]);
      else await write(present, new Set([...blocked, ...missing]));
    },
    async unblock(addresses) {
      const present = await readFamily(run, family);
      const blocked = blockedIn(present);
      const gone = addresses.filter((address) => blocked.delete(address));
      if (gone.length > 0) await write(present, blocked);
    },
    async reconcile(wanted) {
      const present = await readFamily(run, family);
      if (!present.hasChain && wanted.length === 0) return UNCHANGED;
      const blocked = blockedIn(present);
      const addresses = new Set(wanted.map((block) => block.address));
      const applied = [...addresses].filter((address) => !blocked.has(address)).length;
      const removed = present.rules.length - (addresses.size - applied);
      if (applied > 0 || removed > 0 || !present.isEntered) await write(present, addresses);
      return { applied, removed, rebuilt: !present.isEntered };
    },
  };
}

const PROBE_CHAIN = `${CHAIN}_PROBE`;
const PROBE_SET = 'mini-soc-probe';

/**
 * True when sets work, false when each address needs a rule. Throws CommandError when iptables cannot be
 * used here. Leaves nothing behind.
 */
export async function probeIptables(run: RunCommand): Promise<boolean> {
  const attempt = async (family: Family, rule: string): Promise<void> => {
    const input = ['*filter', `:${PROBE_CHAIN} - [0:0]`, `-A ${PROBE_CHAIN} ${rule}`, 'COMMIT', ''];
    await run(family.restore, [...WAIT, '--noflush'], input.join('\n'));
    await run(family.program, [...WAIT, '-F', PROBE_CHAIN]);
    await run(family.program, [...WAIT, '-X', PROBE_CHAIN]);
  };
  for (const family of FAMILIES) {
    await run(family.program, [...WAIT, '-S']);
    await attempt(family, '-j DROP');
  }
  try {
    for (const family of FAMILIES) {
      await run('ipset', ['restore', '-exist'], `${createSet(family, PROBE_SET)}\n`);
      try {
        await attempt(family, `-m set --match-set ${PROBE_SET} src -j DROP`);
      } finally {
        await destroySet(run, PROBE_SET);
      }
    }
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
