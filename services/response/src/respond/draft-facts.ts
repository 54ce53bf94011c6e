/** What follows from a decision that is about to be written down. */
import type { IpAddress } from '@mini-soc/model';
import type { Draft } from '../decide/decide-batch.ts';

/** What was done for it: by the firewall for a block, else what was decided. */
export function actionOf({ verdict }: Draft, actions: ReadonlyMap<IpAddress, string>): string {
  return verdict.outcome === 'blocked' ? (actions.get(verdict.address) ?? '') : verdict.reason;
}

/** An answer that comes out the same when it is asked again may be lost with the machine's power. */
export function needsSync({ verdict }: Draft): boolean {
  if (verdict.outcome === 'refused') return verdict.code !== 'too_old';
  return verdict.outcome !== 'ignored';
}
