/**
 * Decides about several alerts in their order, as if each were answered before the next: what one of them
 * adds to the blocks in force counts for those after it.
 */
import {
  compareProof,
  parseIpAddress,
  type Alert,
  type Decision,
  type IpAddress,
} from '@mini-soc/model';
import { toDecision } from '../respond/audit-documents.ts';
import { decide, type ResponsePolicy, type Verdict } from './decide.ts';
import type { Breaker } from './breaker.ts';
import { createRoom } from './room.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** An answer that is not given yet. */
export interface Draft {
  readonly alert: Alert;
  readonly verdict: Verdict;
  readonly decision: Decision;
  /** True when the address was blocked before. */
  readonly isExtended: boolean;
}

export interface BatchFacts {
  readonly ledger: Pick<Ledger, 'answerTo' | 'blocks' | 'beginnings' | 'earlierBlocks'>;
  readonly policy: ResponsePolicy;
  readonly breaker: Pick<Breaker, 'note' | 'reasonOf'>;
  readonly at: Date;
  readonly isSimulated: boolean;
}

export interface DecidedBatch {
  /** One for each alert. */
  readonly answers: readonly Decision[];
  /** What is new of them, to be carried out and written down. */
  readonly drafts: readonly Draft[];
  /** What there is no room for at present: nothing is done about it. */
  readonly deferred: readonly Draft[];
}

/** When to ask again for a place in the list, or when somebody is logged in. */
const LATEST_MS = 60_000;
/** Asking sooner than this helps nobody. */
const SOONEST_MS = 250;

export function decideBatch(alerts: readonly Alert[], facts: BatchFacts): DecidedBatch {
  const { ledger, policy, breaker, at, isSimulated } = facts;
  const room = createRoom(policy.blocksPerMinute, ledger.beginnings());
  const total = ledger.blocks.count();
  const drafts = new Map<string, Draft>();
  /** Asked again as if nothing had been said: an alert that is here twice is decided about twice. */
  const deferred: Draft[] = [];
  /** Addresses that these alerts block first. */
  const begun = new Set<IpAddress>();
  const retryAt = (code: string, waitMs: number): Date =>
    new Date(at.getTime() + (code === 'breaker' ? Math.max(SOONEST_MS, waitMs) : LATEST_MS));
  const draft = (alert: Alert): Draft => {
    const address = parseIpAddress(alert.source_ip ?? '');
    const isExtended =
      address !== undefined && (begun.has(address) || ledger.blocks.find(address) !== undefined);
    const waitMs = address === undefined || isExtended ? 0 : room.waitMs(address, alert.severity);
    const verdict = decide(
      alert,
      policy,
      {
        isBlocked: isExtended,
        waitMs,
        heldBack: breaker.reasonOf(alert.rule_id),
        total: total + begun.size,
        earlier: address === undefined ? 0 : ledger.earlierBlocks(address),
      },
      at,
    );
    if (address !== undefined && (verdict.outcome === 'refused' || verdict.outcome === 'deferred'))
      breaker.note({ id: alert.rule_id, name: alert.rule_name }, address, verdict.code);
    if (verdict.outcome === 'blocked' && !isExtended) {
      begun.add(verdict.address);
      room.take(verdict.address);
    }
    const wait = verdict.outcome === 'deferred' ? retryAt(verdict.code, waitMs) : at;
    return {
      alert,
      verdict,
      decision: toDecision(alert, verdict, at, isSimulated, wait),
      isExtended,
    };
  };
  const answers = alerts.map((alert) => {
    const earlier = ledger.answerTo(alert.alert_id, alert.severity);
    if (earlier !== undefined && !isBetterProven(alert, earlier)) return earlier;
    const key = JSON.stringify([alert.alert_id, alert.severity, alert.details.proof]);
    const known = drafts.get(key);
    if (known !== undefined) return known.decision;
    const fresh = draft(alert);
    if (fresh.verdict.outcome === 'deferred') deferred.push(fresh);
    else drafts.set(key, fresh);
    return fresh.decision;
  });
  return { answers, drafts: [...drafts.values()], deferred };
}

/** A ticket that was written for want of proof is no answer to the same alert when it has one. */
function isBetterProven({ details: { proof } }: Alert, earlier: Decision): boolean {
  return (
    earlier.outcome !== 'blocked' &&
    earlier.proof !== undefined &&
    proof !== undefined &&
    compareProof(proof, earlier.proof) > 0
  );
}
