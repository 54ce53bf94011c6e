/**
 * Answers an alert: decide, block, write down. The order keeps promises over a crash: the blocker is
 * told first and idempotently, tickets and the ledger are durable before the answer goes out, the
 * audit trail follows from the ledger. Whatever fails is repeated by the sender, and the ledger
 * remembers what was answered.
 */
import { parseIpAddress, type Alert, type Decision, type IpAddress } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import { toBlock, toDecision, toEnd } from './audit-documents.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { StandingBlock } from './block-table.ts';
import type { Blocker, Reconciled, WantedBlock } from './blocker.ts';
import { decide, type ResponsePolicy, type Verdict } from './decide.ts';
import type { Ledger } from './ledger.ts';
import { refusalOf } from './may-block.ts';
import type { ResponseMetrics } from './metrics.ts';
import type { RotatingLog } from './rotating-log.ts';

export interface ResponderOptions {
  readonly ledger: Ledger;
  readonly blocker: Blocker;
  readonly auditTrail: AuditTrail;
  readonly policy: () => ResponsePolicy;
  readonly alertLog: RotatingLog;
  readonly ticketLog: RotatingLog;
  readonly metrics: ResponseMetrics;
  readonly now: () => Date;
  readonly logger: Logger;
  /** Throws AppError, retryable, when another process acts in our place by now. */
  readonly assertHeld: () => Promise<void>;
}

/** `kept`: the decision is withdrawn, another one still blocks the address. */
export type Unblocked = 'absent' | 'lifted' | 'kept';

/** One call after the other: a second request for the same alert sees the first one's answer. */
export interface Responder {
  /** Throws AppError, retryable, when the answer could not be made durable. */
  readonly respond: (alert: Alert) => Promise<Decision>;
  /** Ends all decisions on an address, or one of them. */
  readonly unblock: (address: IpAddress, why: string, decisionId?: string) => Promise<Unblocked>;
  /** Lifts what has expired; returns the number. */
  readonly liftExpired: (why: string) => Promise<number>;
  /** Lifts blocks on addresses that are protected by now; returns the addresses. */
  readonly liftProtected: () => Promise<readonly IpAddress[]>;
  /** Ends all blocks and removes what is ours from the firewall; returns the number of blocks. */
  readonly unblockAll: (why: string) => Promise<number>;
  /** Makes the firewall equal to the ledger. */
  readonly reconcile: () => Promise<Reconciled>;
  /** Resolves when the calls so far are done, and in the log of alerts. */
  readonly settle: () => Promise<void>;
}

/** Answers that could not be recorded and are remembered for the log; the oldest go first. */
const UNRECORDED = 10_000;

export function createResponder(options: ResponderOptions): Responder {
  const { ledger, blocker, now, logger, metrics } = options;
  let queue: Promise<unknown> = Promise.resolve();
  let logged: Promise<void> = Promise.resolve();
  /** In the log of alerts and not in the ledger: what is repeated for them is not logged again. */
  const unrecorded = new Set<string>();
  const inOrder = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = queue.then(options.assertHeld).then(work);
    queue = next.catch(() => undefined);
    return next;
  };

  const answer = async (alert: Alert): Promise<Decision> => {
    const earlier = ledger.answerTo(alert.alert_id, alert.severity);
    if (earlier !== undefined) return earlier;
    const key = `${alert.severity} ${alert.alert_id}`;
    const at = now();
    const address = parseIpAddress(alert.source_ip ?? '');
    const present = address === undefined ? undefined : ledger.blocks.find(address);
    const counts = {
      isBlocked: present !== undefined,
      recent: ledger.recentBlocks(),
      total: ledger.blocks.count(),
      earlier: address === undefined ? 0 : ledger.earlierBlocks(address),
    };
    const verdict = decide(alert, options.policy(), counts, at);
    const decision = toDecision(alert, verdict, at, blocker.isSimulated);
    const action =
      verdict.outcome === 'blocked' ? await block(verdict, present, at) : verdict.reason;
    if (!unrecorded.delete(key)) logged = logAlert(alert, decision);
    try {
      if (decision.outcome === 'ticketed') await writeTicket(alert, decision);
      const audit =
        decision.outcome === 'ignored' ? undefined : toBlock(alert, decision, action, present);
      await ledger.record(decision, audit);
    } catch (error) {
      unrecorded.add(key);
      if (unrecorded.size > UNRECORDED)
        unrecorded.delete(unrecorded.values().next().value as string);
      // Nobody may be blocked without the ledger knowing it; whoever acts by now sees to that himself.
      const isHeld = await options.assertHeld().then(
        () => true,
        () => false,
      );
      if (verdict.outcome === 'blocked' && present === undefined && isHeld)
        await blocker.unblock([verdict.address]).catch((err: unknown) => {
          logger.error({ err }, 'A block that could not be recorded was not lifted');
        });
      throw error;
    }
    metrics.observeDecision(decision, verdict.outcome === 'refused' ? verdict.code : undefined);
    logger.info(
      { alertId: alert.alert_id, rule: decision.rule_name, outcome: decision.outcome },
      'Alert answered',
    );
    void options.auditTrail.flush();
    return decision;
  };

  /** A new decision never shortens a block. */
  const block = (
    verdict: Verdict & { readonly outcome: 'blocked' },
    present: StandingBlock | undefined,
    at: Date,
  ): Promise<string> =>
    enforce(verdict.address, Math.max(verdict.untilMs - at.getTime(), present?.msLeft ?? 0));

  /** A block that was decided while blocking was simulated stays one: nobody agreed to more. */
  const wanted = (): readonly WantedBlock[] =>
    ledger.blocks
      .inForce()
      .filter(({ decisions }) => decisions.some((decision) => !decision.simulated))
      .map(({ address, msLeft }) => ({ address, msLeft }));

  /** When the firewall refuses because somebody changed what is ours, that is put right first. */
  const enforce = async (address: IpAddress, durationMs: number): Promise<string> => {
    try {
      return await blocker.block(address, durationMs);
    } catch (err) {
      logger.warn({ err }, 'The firewall refused a block; it is compared with the ledger');
      await blocker.reconcile(wanted());
      return blocker.block(address, durationMs);
    }
  };

  /** The log of alerts must not hold up a block: it is written beside the ledger. */
  const logAlert = (alert: Alert, decision: Decision): Promise<void> =>
    options.alertLog.append({ ...alert, decision }).catch((err: unknown) => {
      metrics.observeLogFailure();
      logger.error({ err }, 'The alert log could not be written');
    });

  /** A ticket is the answer, so it must be written. */
  const writeTicket = (alert: Alert, decision: Decision): Promise<void> => {
    const { summary, evidence, usernames, hostnames, commands } = alert.details;
    return options.ticketLog.append({
      ...decision,
      details: { summary, usernames, hostnames, commands, evidence },
    });
  };

  const lift = async (
    blocks: readonly StandingBlock[],
    kind: 'unblocked' | 'expired',
    why: string,
  ): Promise<void> => {
    if (blocks.length === 0) return;
    const actions = await blocker.unblock(blocks.map((present) => present.address));
    for (const [index, present] of blocks.entries()) {
      const document = toEnd(present.decision, kind, actions[index] ?? '', why, now());
      await ledger.end(present.address, document);
      metrics.observeLifted(kind);
    }
    void options.auditTrail.flush();
  };

  /** Ends one of several decisions: the block goes on as long as the longest of the others. */
  const withdraw = async (
    present: StandingBlock,
    decision: Decision,
    why: string,
  ): Promise<Unblocked> => {
    const rest = present.decisions.filter((one) => one !== decision);
    if (rest.length === 0) {
      await lift([present], 'unblocked', why);
      return 'lifted';
    }
    const audit = (action: string) => toEnd(decision, 'unblocked', action, why, now());
    await ledger.end(
      present.address,
      audit('One decision was withdrawn, another one still blocks the address'),
      decision.decision_id,
    );
    const left = ledger.blocks.find(present.address);
    if (left === undefined) await blocker.unblock([present.address]);
    else await enforce(left.address, left.msLeft);
    void options.auditTrail.flush();
    return left === undefined ? 'lifted' : 'kept';
  };

  return {
    respond: (alert) => inOrder(() => answer(alert)),
    unblock: (address, why, decisionId) =>
      inOrder(async () => {
        const present = ledger.blocks.find(address);
        if (present === undefined) return 'absent';
        if (decisionId !== undefined) {
          const decision = present.decisions.find((one) => one.decision_id === decisionId);
          return decision === undefined ? 'absent' : withdraw(present, decision, why);
        }
        await lift([present], 'unblocked', why);
        return 'lifted';
      }),
    liftExpired: (why) =>
      inOrder(async () => {
        const due = ledger.blocks.due();
        await lift(due, 'expired', why);
        return due.length;
      }),
    liftProtected: () =>
      inOrder(async () => {
        const policy = options.policy();
        const lifted: IpAddress[] = [];
        for (const present of ledger.blocks.inForce()) {
          const refusal = refusalOf(present.address, policy);
          if (refusal === undefined) continue;
          await lift([present], 'unblocked', `No longer to be blocked: ${refusal.reason}`);
          lifted.push(present.address);
        }
        return lifted;
      }),
    unblockAll: (why) =>
      inOrder(async () => {
        const blocks = [...ledger.blocks.inForce(), ...ledger.blocks.due()];
        await lift(blocks, 'unblocked', why);
        await blocker.clear();
        return blocks.length;
      }),
    reconcile: () => inOrder(() => blocker.reconcile(wanted())),
    settle: () => queue.then(() => logged),
  };
}
