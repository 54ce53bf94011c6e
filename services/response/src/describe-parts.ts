/** What /ready says of the parts, a sentence for each. */
import type { Readiness } from '@mini-soc/service-kit';
import type { Core } from './core.ts';
import type { FollowerState } from './enforce/follow-ledger.ts';
import type { WatchedBlocker } from './enforce/watch-blocker.ts';

export interface PartsFacts {
  readonly core: Core | undefined;
  readonly blocker: Pick<WatchedBlocker, 'name' | 'isSimulated' | 'failure'>;
  /** Of several processes, where the one that acts is reached. */
  readonly holderUrl: string | undefined;
  readonly isReplica: boolean;
}

export function describeParts(facts: PartsFacts): Readiness {
  const { core, blocker, holderUrl } = facts;
  if (core === undefined)
    return {
      ready: holderUrl !== undefined,
      parts: {
        lease:
          holderUrl === undefined
            ? 'Nobody holds the lease yet: requests are refused until somebody does'
            : `Stands by: ${holderUrl} holds the lease and gets the requests`,
      },
    };
  const ledgerFailure = core.ledger.failure();
  const damaged = core.ledger.problems.length;
  const waiting = core.ledger.auditCount();
  const firewallFailure = blocker.failure();
  const followers = core.followers();
  // Answers do not wait for remote points, so these make nobody unready.
  const degraded = followers.filter((one) => !one.ok).map(partOf);
  return {
    ready: ledgerFailure === undefined && firewallFailure === undefined,
    parts: {
      ledger:
        ledgerFailure ??
        [
          damaged === 0
            ? 'Ledger is sound'
            : `Ledger had ${damaged} damaged ${damaged === 1 ? 'entry' : 'entries'} at the start`,
          ...core.differences(),
        ].join('. '),
      audit:
        waiting === 0 ? 'Audit trail is written' : `${waiting} audit documents wait for the store`,
      firewall:
        firewallFailure ??
        (blocker.isSimulated
          ? 'Blocking is simulated (RESPONSE_MODE=simulate)'
          : `Blocks are in force in ${blocker.name}`),
      ...Object.fromEntries(followers.map((one) => [partOf(one), one.state])),
      ...(facts.isReplica ? { lease: 'This process holds the lease' } : {}),
    },
    ...(degraded.length === 0 ? {} : { degraded }),
  };
}

function partOf({ name }: FollowerState): string {
  return `point ${name}`;
}
