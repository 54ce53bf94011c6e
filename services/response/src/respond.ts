/**
 * Answers an alert: decide, block, write down. The order keeps promises over a crash: the blocker is
 * told first and idempotently, the ledger is durable before the answer goes out, the audit trail follows
 * and is retried.
 */
import { createHash } from 'node:crypto';
import { type Alert, type Block, type Decision, type IpAddress } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import type { Blocker } from './blocker.ts';
import { decide, type ResponsePolicy, type Verdict } from './decide.ts';
import type { Ledger } from './ledger.ts';
import type { RotatingLog } from './rotating-log.ts';

export interface ResponderOptions {
  readonly ledger: Ledger;
  readonly blocker: Blocker;
  readonly store: Pick<Store, 'appendBlock'>;
  readonly policy: () => ResponsePolicy;
  readonly alertLog: RotatingLog;
  readonly ticketLog: RotatingLog;
  readonly now: () => Date;
  readonly logger: Logger;
}

export interface Responder {
  readonly respond: (alert: Alert) => Promise<Decision>;
  /** False when the address was not blocked. */
  readonly unblock: (address: IpAddress, why: string) => Promise<boolean>;
  /** Lifts what has expired; returns the number. */
  readonly liftExpired: () => Promise<number>;
  /** Writes audit documents that the store did not take before; returns how many are left. */
  readonly flushAudit: () => Promise<number>;
}

/** Audit documents held while the store is away; beyond this the oldest are dropped and logged. */
const MAX_PENDING_AUDIT = 10_000;

export function createResponder(options: ResponderOptions): Responder {
  const { ledger, blocker, now } = options;
  const pending: Block[] = [];
  let queue: Promise<unknown> = Promise.resolve();
  /** One request after the other: a second request for the same alert sees the first one's answer. */
  const inOrder = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = queue.then(work);
    queue = next.catch(() => undefined);
    return next;
  };

  const audit = async (block: Block): Promise<void> => {
    pending.push(block);
    if (pending.length > MAX_PENDING_AUDIT) {
      pending.shift();
      options.logger.error(
        { kept: MAX_PENDING_AUDIT },
        'Audit documents were dropped: the store has been away too long',
      );
    }
    await flushAudit();
  };

  const flushAudit = async (): Promise<number> => {
    while (pending.length > 0) {
      try {
        await options.store.appendBlock(pending[0] as Block);
      } catch (err) {
        options.logger.warn({ err, pending: pending.length }, 'Audit document waits for the store');
        break;
      }
      pending.shift();
    }
    return pending.length;
  };

  const answer = async (alert: Alert): Promise<Decision> => {
    const at = now();
    const earlier = ledger.answerTo(alert.alert_id, alert.severity);
    if (earlier !== undefined) return earlier;
    const policy = options.policy();
    const present = alert.source_ip === undefined ? undefined : ledger.find(alert.source_ip, at);
    const recent = present === undefined ? ledger.blocksSince(new Date(at.getTime() - 60_000)) : 0;
    const verdict = decide(alert, policy, recent, at);
    const decision = toDecision(alert, verdict, at, blocker.isSimulated);
    const action = await carryOut(verdict, decision);
    await ledger.record(decision);
    await options.alertLog.append({ ...decision, summary: alert.details.summary });
    if (decision.outcome === 'ticketed')
      await options.ticketLog.append({
        ...decision,
        summary: alert.details.summary,
        evidence: alert.details.evidence,
      });
    if (decision.outcome !== 'ignored')
      await audit(toBlock(alert, decision, action, present !== undefined));
    options.logger.info(
      { alertId: alert.alert_id, rule: alert.rule_name, outcome: decision.outcome },
      'Alert answered',
    );
    return decision;
  };

  const carryOut = async (verdict: Verdict, decision: Decision): Promise<string> => {
    if (verdict.outcome !== 'blocked') return decision.reason;
    return blocker.block(verdict.address, verdict.untilMs - now().getTime());
  };

  const lift = async (
    decision: Decision,
    kind: 'unblocked' | 'expired',
    why: string,
  ): Promise<void> => {
    const address = decision.source_ip as IpAddress;
    const action = await blocker.unblock(address);
    const at = now();
    await ledger.end(address, at);
    await audit({
      '@timestamp': at.toISOString(),
      block_id: idOf(decision.decision_id, kind, at.toISOString()),
      kind,
      alert_id: decision.alert_id,
      source_ip: address,
      rule_name: decision.rule_name,
      severity: decision.severity,
      action_taken: action,
      details: { reason: why },
    });
  };

  return {
    respond: (alert) => inOrder(() => answer(alert)),
    unblock: (address, why) =>
      inOrder(async () => {
        const decision = ledger.find(address, now());
        if (decision !== undefined) await lift(decision, 'unblocked', why);
        return decision !== undefined;
      }),
    liftExpired: () =>
      inOrder(async () => {
        const due = ledger.due(now());
        for (const decision of due) await lift(decision, 'expired', 'Its time was over');
        return due.length;
      }),
    flushAudit,
  };
}

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

function toDecision(alert: Alert, verdict: Verdict, at: Date, simulated: boolean): Decision {
  return {
    decision_id: idOf(alert.alert_id, alert.severity),
    alert_id: alert.alert_id,
    action: verdict.action,
    outcome: verdict.outcome,
    ...(alert.source_ip === undefined ? {} : { source_ip: alert.source_ip }),
    rule_name: alert.rule_name,
    severity: alert.severity,
    reason: verdict.reason,
    since: at.toISOString(),
    ...(verdict.outcome === 'blocked' ? { until: new Date(verdict.untilMs).toISOString() } : {}),
    simulated,
  };
}

function toBlock(alert: Alert, decision: Decision, action: string, wasBlocked: boolean): Block {
  const kind =
    decision.outcome === 'blocked'
      ? wasBlocked
        ? 'extended'
        : 'blocked'
      : decision.outcome === 'ticketed'
        ? 'ticketed'
        : 'refused';
  return {
    '@timestamp': decision.since,
    block_id: decision.decision_id,
    kind,
    alert_id: decision.alert_id,
    ...(decision.source_ip === undefined ? {} : { source_ip: decision.source_ip }),
    rule_name: decision.rule_name,
    severity: decision.severity,
    action_taken: action,
    ...(decision.until === undefined
      ? {}
      : {
          block_duration_seconds: Math.round(
            (Date.parse(decision.until) - Date.parse(decision.since)) / 1000,
          ),
          expires_at: decision.until,
        }),
    details: { ...alert.details },
  };
}
