/**
 * What is written down of an answer: the decision, and the documents of the audit trail. Ids follow from
 * the alert, so that two writers of the same answer write the same document.
 */
import { createHash } from 'node:crypto';
import { parseIpAddress, type Alert, type Block, type Decision } from '@mini-soc/model';
import type { StandingBlock } from './block-table.ts';
import type { Verdict } from './decide.ts';

const MAX_NAME = 256;

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

/** Only a parsed address is written down as one. */
export function toDecision(alert: Alert, verdict: Verdict, at: Date, simulated: boolean): Decision {
  const address = parseIpAddress(alert.source_ip ?? '');
  return {
    decision_id: idOf(alert.alert_id, alert.severity),
    alert_id: alert.alert_id,
    action: verdict.action,
    outcome: verdict.outcome,
    ...(address === undefined ? {} : { source_ip: address }),
    rule_name: alert.rule_name.slice(0, MAX_NAME),
    severity: alert.severity,
    reason: verdict.reason,
    since: at.toISOString(),
    ...(verdict.outcome === 'blocked' ? { until: new Date(verdict.untilMs).toISOString() } : {}),
    simulated,
  };
}

const AUDIT_KINDS = { blocked: 'blocked', ticketed: 'ticketed', refused: 'refused' } as const;

export function toBlock(
  alert: Alert,
  decision: Decision,
  action: string,
  present: StandingBlock | undefined,
): Block {
  const outcome = decision.outcome === 'ignored' ? 'refused' : decision.outcome;
  return {
    '@timestamp': decision.since,
    // Of the decision alone: whoever writes it, and however often, it is one document.
    block_id: idOf(decision.decision_id, 'decided'),
    kind: outcome === 'blocked' && present !== undefined ? 'extended' : AUDIT_KINDS[outcome],
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
    details: { ...alert.details, decision_reason: decision.reason },
  };
}

export function toEnd(
  decision: Decision,
  kind: 'unblocked' | 'expired',
  action: string,
  why: string,
  at: Date,
): Block {
  return {
    '@timestamp': at.toISOString(),
    block_id: idOf(decision.decision_id, kind, decision.since, decision.until ?? ''),
    kind,
    alert_id: decision.alert_id,
    ...(decision.source_ip === undefined ? {} : { source_ip: decision.source_ip }),
    rule_name: decision.rule_name,
    severity: decision.severity,
    action_taken: action,
    ...(decision.until === undefined ? {} : { expires_at: decision.until }),
    details: { reason: why },
  };
}
