/**
 * Blocks with nftables: a table of our own (`inet mini_soc`), changed by transactions that the kernel
 * takes whole or not at all. Elements carry their time left, so the kernel ends a block also when
 * nobody is there to end it.
 */
import { LIMITS } from '@mini-soc/model';
import type { Blocker, WantedBlock } from './blocker.ts';
import {
  additions,
  creation,
  deletions,
  describeElement,
  readTable,
  removal,
  structure,
  TABLE,
  timeoutSeconds,
  toArguments,
  type PresentTable,
} from './nftables-script.ts';
import type { LocalPoint } from './point.ts';
import { createResidentRunner } from './resident-runner.ts';
import { CommandError, runCommand, type RunCommand } from './run-command.ts';

/** Elements of one transaction. */
const BATCH = LIMITS.firewall_batch.value;
/** A time left that differs by less is right. */
const TOLERANCE_S = 3;

export const NFTABLES: LocalPoint = {
  kind: 'local',
  name: 'nftables',
  async open({ run }) {
    await probeNftables(run);
    return createNftablesBlocker(run, run === runCommand ? createResidentRunner({ run }) : run);
  },
};

/** `runNow` starts what a block waits for; its output is not looked at. */
export function createNftablesBlocker(run: RunCommand, runNow: RunCommand = run): Blocker {
  const apply = async (commands: readonly Readonly<Record<string, unknown>>[]): Promise<void> => {
    await runNow('nft', toArguments(commands));
  };
  const list = async (): Promise<PresentTable | undefined> => {
    const text = await run('nft', ['-j', 'list', 'table', 'inet', TABLE]).catch(
      (error: unknown) => {
        if (error instanceof CommandError && error.said.includes('No such file or directory'))
          return undefined;
        throw error;
      },
    );
    if (text === undefined) return undefined;
    try {
      return readTable(text);
    } catch {
      return { isIntact: false, elements: new Map() }; // a table nobody can read is built anew
    }
  };
  return {
    name: 'nftables',
    isSimulated: false,
    async block(address, durationMs) {
      const block = { address, msLeft: durationMs };
      // A new element alone takes a tenth of the time: the kernel waits for nobody who uses what is
      // replaced. It is refused when the address is there already, or the table is not.
      await apply([creation(block)]).catch(() => apply([...structure(), ...additions([block])]));
      return `[ENFORCED] ${describeElement('add', address, durationMs)}`;
    },
    async blockAll(blocks) {
      for (const part of batches(blocks)) await apply([...structure(), ...additions(part)]);
      return blocks.map(
        ({ address, msLeft }) => `[ENFORCED] ${describeElement('add', address, msLeft)}`,
      );
    },
    async unblock(addresses) {
      for (const part of batches(addresses)) await apply([...structure(), ...deletions(part)]);
      return addresses.map((address) => `[ENFORCED] ${describeElement('delete', address)}`);
    },
    async reconcile(wanted) {
      const present = await list();
      if (present === undefined && wanted.length === 0)
        return { applied: 0, removed: 0, rebuilt: false };
      if (present === undefined || !present.isIntact) {
        const [first = [], ...rest] = batches(wanted);
        await apply([...removal(), ...structure(), ...additions(first)]);
        for (const part of rest) await apply(additions(part));
        return { applied: wanted.length, removed: 0, rebuilt: true };
      }
      const missing = wanted.filter((block) => !isPresent(present, block));
      const addresses = new Set(wanted.map((block) => block.address));
      const foreign = [...present.elements.keys()].filter((address) => !addresses.has(address));
      for (const part of batches(missing)) await apply([...structure(), ...additions(part)]);
      for (const part of batches(foreign)) await apply([...structure(), ...deletions(part)]);
      return { applied: missing.length, removed: foreign.length, rebuilt: false };
    },
    async clear() {
      await apply(removal());
      return `[ENFORCED] nft delete table inet ${TABLE}`;
    },
  };
}

/** Throws CommandError when nftables cannot be used here. Leaves nothing behind. */
export async function probeNftables(run: RunCommand): Promise<void> {
  const table = `${TABLE}_probe`;
  await run('nft', toArguments([...structure(table), ...removal(table)]));
}

function isPresent(present: PresentTable, block: WantedBlock): boolean {
  const left = present.elements.get(block.address);
  return left !== undefined && Math.abs(left - timeoutSeconds(block.msLeft)) <= TOLERANCE_S;
}

function batches<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_none, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );
}
