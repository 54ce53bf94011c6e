/** Chooses the firewall that really works here, by trying; or says in one sentence why none does. */
import { UsageError } from '@mini-soc/model';
import type { Blocker } from './blocker.ts';
import { createIptablesBlocker, probeIptables } from './iptables.ts';
import { createNftablesBlocker, probeNftables } from './nftables.ts';
import { createResidentRunner } from './resident-runner.ts';
import { CommandError, runCommand, type RunCommand } from './run-command.ts';
import { createUfwBlocker, probeUfw } from './ufw.ts';

/** What RESPONSE_FIREWALL may say. */
export type FirewallWish = 'auto' | 'nftables' | 'iptables' | 'ufw';

interface Candidate {
  readonly name: Exclude<FirewallWish, 'auto'>;
  /** Throws CommandError when it cannot be used. */
  readonly open: (run: RunCommand) => Promise<Blocker>;
}

/** In the order in which `auto` tries them. */
const CANDIDATES: readonly Candidate[] = [
  {
    name: 'nftables',
    async open(run) {
      await probeNftables(run);
      return createNftablesBlocker(run, run === runCommand ? createResidentRunner({ run }) : run);
    },
  },
  {
    name: 'iptables',
    open: async (run) => createIptablesBlocker(run, await probeIptables(run)),
  },
  {
    name: 'ufw',
    async open(run) {
      await probeUfw(run);
      return createUfwBlocker(run);
    },
  },
];

const RIGHT =
  'the process needs the capability NET_ADMIN (root, cap_add in Compose, AmbientCapabilities in systemd)';

/** Throws UsageError. */
export async function openFirewall(
  wish: FirewallWish,
  run: RunCommand = runCommand,
): Promise<Blocker> {
  const refusals: CommandError[] = [];
  for (const candidate of CANDIDATES.filter((one) => wish === 'auto' || one.name === wish)) {
    try {
      return await candidate.open(run);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      refusals.push(error);
    }
  }
  const denied = refusals.find((error) => error.failure === 'denied');
  const why =
    denied === undefined
      ? refusals.map((error) => error.said).join('; ')
      : `${RIGHT}: ${denied.said}`;
  throw new UsageError(
    `Cannot enforce blocks (RESPONSE_MODE=enforce, RESPONSE_FIREWALL=${wish}): ${why}`,
  );
}
