/** Chooses the firewall that really works here, by trying; or says in one sentence why none does. */
import { UsageError, type Settings } from '@mini-soc/model';
import type { Blocker } from './blocker.ts';
import type { Point } from './point.ts';
import { POINTS } from './points.ts';
import { CommandError, runCommand, type RunCommand } from './run-command.ts';

/** What RESPONSE_FIREWALL may say. */
export type FirewallWish = Settings['RESPONSE_FIREWALL'];

const RIGHT =
  'the process needs the capability NET_ADMIN (root, cap_add in Compose, AmbientCapabilities in systemd)';

/** Throws UsageError. */
export async function openFirewall(
  wish: FirewallWish,
  run: RunCommand = runCommand,
  points: readonly Point[] = POINTS,
): Promise<Blocker> {
  const refusals: CommandError[] = [];
  for (const point of points) {
    if (point.kind !== 'local' || (wish !== 'auto' && point.name !== wish)) continue;
    try {
      return await point.open({ run });
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
