/** What /ready says of the parts, a sentence for each. */
import type { Readiness } from '@mini-soc/service-kit';
import type { ActiveResponse } from './active-response.ts';
import type { OpenBreaker } from './decide/breaker.ts';
import type { FollowerState } from './enforce/follow-ledger.ts';
import type { WatchedBlocker } from './enforce/watch-blocker.ts';

export interface PartsFacts {
  readonly active: ActiveResponse | undefined;
  readonly blocker: Pick<WatchedBlocker, 'name' | 'isSimulated' | 'failure'>;
  /** Of several processes, where the one that acts is reached. */
  readonly holderUrl: string | undefined;
  readonly isReplica: boolean;
}

export function describeParts(facts: PartsFacts): Readiness {
  const { active, blocker, holderUrl } = facts;
  if (active === undefined)
    return {
      ready: holderUrl !== undefined,
      parts: {
        lease:
          holderUrl === undefined
            ? 'Nobody holds the lease yet: requests are refused until somebody does'
            : `Stands by: ${holderUrl} holds the lease and gets the requests`,
      },
    };
  const ledgerFailure = active.ledger.failure();
  const damaged = active.ledger.problems.length;
  const waiting = active.ledger.auditCount();
  const firewallFailure = blocker.failure();
  const followers = active.followers();
  const heldBack = active.breaker.open();
  // Answers do not wait for remote points, so these make nobody unready.
  const degraded = [
    ...followers.filter((one) => !one.ok).map(partOf),
    ...(heldBack.length === 0 ? [] : ['breaker']),
  ];
  return {
    ready: ledgerFailure === undefined && firewallFailure === undefined,
    parts: {
      ledger:
        ledgerFailure ??
        [
          damaged === 0
            ? (active.ledger.openedBreak ?? 'Ledger is sound')
            : `Ledger had ${damaged} damaged ${damaged === 1 ? 'entry' : 'entries'} at the start`,
          ...active.differences(),
        ].join('. '),
      audit:
        waiting === 0 ? 'Audit trail is written' : `${waiting} audit documents wait for the store`,
      firewall:
        firewallFailure ??
        (blocker.isSimulated
          ? 'Blocking is simulated (RESPONSE_MODE=simulate)'
          : `Blocks are in force in ${blocker.name}`),
      ...(heldBack.length === 0 ? {} : { breaker: describeBreaker(heldBack) }),
      ...Object.fromEntries(followers.map((one) => [partOf(one), one.state])),
      ...(facts.isReplica ? { lease: 'This process holds the lease' } : {}),
    },
    ...(degraded.length === 0 ? {} : { degraded }),
  };
}

function describeBreaker(open: readonly OpenBreaker[]): string {
  const rules = open.map(({ rule_name: rule, since }) => `${rule} since ${since}`).join(', ');
  return `Held back, because they asked to block those we live with: ${rules}. It ends by itself when they are quiet, or with "soc blocked --close-breaker"`;
}

function partOf({ name }: FollowerState): string {
  return `point ${name}`;
}
