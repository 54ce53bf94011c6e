/**
 * Blocks with ufw: a deny rule of ours for each address, before all others, known by its comment. ufw
 * takes one rule a call and about half a second for it, has no time-outs, and filters only what is
 * meant for this machine. A deny rule that a person wrote for the same address is left alone: it blocks.
 */
import { LIMITS, parseIpAddress, type IpAddress } from '@mini-soc/model';
import type { Blocker } from './blocker.ts';
import type { LocalPoint } from './point.ts';
import { CommandError, type RunCommand } from './run-command.ts';

const COMMENT = 'mini-soc';
/** Rules changed in one comparison; blocks wait while it lasts. */
const CHANGES = LIMITS.ufw_changes.value;

export const UFW: LocalPoint = {
  kind: 'local',
  name: 'ufw',
  async open({ run }) {
    await probeUfw(run);
    return createUfwBlocker(run);
  },
};

interface PresentRules {
  readonly ours: ReadonlySet<IpAddress>;
  readonly others: ReadonlySet<IpAddress>;
}

/** Deny rules for single addresses in the answer of `ufw show added`. */
export function readDenied(text: string): PresentRules {
  const ours = new Set<IpAddress>();
  const others = new Set<IpAddress>();
  for (const line of text.split('\n')) {
    const match = /^ufw deny from ([0-9A-Fa-f:.]{2,45})(?: comment '([^']*)')?$/.exec(line.trim());
    const address = match === null ? undefined : parseIpAddress(match[1] ?? '');
    if (address !== undefined) (match?.[2] === COMMENT ? ours : others).add(address);
  }
  return { ours, others };
}

export function createUfwBlocker(run: RunCommand): Blocker {
  const list = async () => readDenied(await run('ufw', ['show', 'added']));
  const deny = (address: IpAddress) =>
    run('ufw', ['prepend', 'deny', 'from', address, 'comment', COMMENT]);
  const free = (address: IpAddress) => run('ufw', ['delete', 'deny', 'from', address]);
  const denyAll = async (addresses: readonly IpAddress[]): Promise<readonly string[]> => {
    await probeUfw(run);
    const { ours, others } = await list();
    for (const address of new Set(addresses))
      if (!ours.has(address) && !others.has(address)) await deny(address);
    return addresses.map((address) => `[ENFORCED] ufw prepend deny from ${address}`);
  };
  return {
    name: 'ufw',
    isSimulated: false,
    block: async (address) => (await denyAll([address]))[0] as string,
    blockAll: (blocks) => denyAll(blocks.map(({ address }) => address)),
    async unblock(addresses) {
      const { ours } = await list();
      for (const address of addresses) if (ours.has(address)) await free(address);
      return addresses.map((address) => `[ENFORCED] ufw delete deny from ${address}`);
    },
    async reconcile(wanted) {
      await probeUfw(run);
      const { ours, others } = await list();
      const addresses = wanted.map((block) => block.address);
      const missing = addresses.filter((address) => !ours.has(address) && !others.has(address));
      const foreign = [...ours].filter((address) => !addresses.includes(address));
      const applied = missing.slice(0, CHANGES);
      const removed = foreign.slice(0, CHANGES - applied.length);
      for (const address of applied) await deny(address);
      for (const address of removed) await free(address);
      return { applied: applied.length, removed: removed.length, rebuilt: false };
    },
    async clear() {
      for (const address of (await list()).ours) await free(address);
      return '[ENFORCED] our rules were removed from ufw';
    },
  };
}

/** Throws CommandError when ufw is not there, not allowed or not active. */
export async function probeUfw(run: RunCommand): Promise<void> {
  const status = await run('ufw', ['status']);
  if (!/^Status: active$/m.test(status))
    throw new CommandError('ufw', 'failed', 'is not active (`ufw enable` turns it on)');
}
