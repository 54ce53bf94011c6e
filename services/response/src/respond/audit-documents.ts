/**
 * What is written down of an answer: the decision, and the documents of the audit trail. Ids follow from
 * the alert, so that two writers of the same answer write the same document.
 */
import { createHash } from 'node:crypto';
import { parseIpAddress, type Alert, type Block, type Decision } from '@mini-soc/model';
import type { Verdict } from '../decide/decide.ts';
import { doerDetails, type Doer } from './act-documents.ts';

const MAX_NAME = 256;

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

/** Id of the decision on an alert at a severity; `proof` is that of the decision, where it has one. */
export function decisionIdOf(alertId: string, severity: string, proof?: Decision['proof']): string {
  return proof === undefined ? idOf(alertId, severity) : idOf(alertId, severity, proof);
}

/** How weak the proof was for want of which somebody may ask again; undefined when nobody need. */
function weakProofOf({ details: { proof } }: Alert, { outcome }: Verdict): Decision['proof'] {
  return proof === 'proven' || outcome === 'blocked' ? undefined : proof;
}

/** Id of the document that says what was decided: whoever writes it, and however often, it is one document. */
export function decidedIdOf(decisionId: string): string {
  return idOf(decisionId, 'decided');
}

/** Id of the document that says that a decision ended. */
export function endIdOf(
  { decision_id, since, until }: Pick<Decision, 'decision_id' | 'since' | 'until'>,
  kind: 'unblocked' | 'expired',
): string {
  return idOf(decision_id, kind, since, until ?? '');
}

/** Only a parsed address is written down as one. `retryAt` is for what is deferred. */
export function toDecision(
  alert: Alert,
  verdict: Verdict,
  at: Date,
  simulated: boolean,
  retryAt: Date,
): Decision {
  const address = parseIpAddress(alert.source_ip ?? '');
  const proof = weakProofOf(alert, verdict);
  return {
    decision_id: decisionIdOf(alert.alert_id, alert.severity, proof),
    alert_id: alert.alert_id,
    action: verdict.action,
    outcome: verdict.outcome,
    ...(address === undefined ? {} : { source_ip: address }),
    rule_name: alert.rule_name.slice(0, MAX_NAME),
    severity: alert.severity,
    ...(proof === undefined ? {} : { proof }),
    reason: verdict.reason,
    since: at.toISOString(),
    ...(verdict.outcome === 'blocked' ? { until: new Date(verdict.untilMs).toISOString() } : {}),
    ...(verdict.outcome === 'deferred' ? { retry_at: retryAt.toISOString() } : {}),
    simulated,
  };
}

const AUDIT_KINDS = {
  blocked: 'blocked',
  ticketed: 'ticketed',
  refused: 'refused',
  ignored: undefined,
  deferred: undefined,
} as const;

/** Undefined for what leaves no trace in the trail. */
export function toBlock(
  alert: Alert,
  decision: Decision,
  action: string,
  isExtended: boolean,
): Block | undefined {
  const kind = AUDIT_KINDS[decision.outcome];
  if (kind === undefined) return undefined;
  return {
    ...describe(decision, kind === 'blocked' && isExtended ? 'extended' : kind, action),
    details: { ...alert.details, decision_reason: decision.reason },
  };
}

/** As `toBlock`, of the decision alone: what the alert had in it is gone. */
export function toRestoredBlock(decision: Decision): Block | undefined {
  const kind = AUDIT_KINDS[decision.outcome];
  if (kind === undefined) return undefined;
  const mark = decision.simulated ? '[SIMULATED] ' : '[ENFORCED] ';
  const action = `${kind === 'blocked' ? mark : ''}Written again from the ledger: the store had lost it`;
  return {
    ...describe(decision, kind, action),
    details: { decision_reason: decision.reason, restored: true },
  };
}

function describe(decision: Decision, kind: Block['kind'], action: string): Omit<Block, 'details'> {
  return {
    '@timestamp': decision.since,
    block_id: decidedIdOf(decision.decision_id),
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
  };
}

/** `ended` are all decisions that end with it: the document is of the longest. */
export function toEnd(
  decision: Decision,
  kind: 'unblocked' | 'expired',
  action: string,
  why: string,
  at: Date,
  ended: readonly Decision[],
  doer?: Doer,
): Block {
  return {
    '@timestamp': at.toISOString(),
    block_id: endIdOf(decision, kind),
    kind,
    alert_id: decision.alert_id,
    ...(decision.source_ip === undefined ? {} : { source_ip: decision.source_ip }),
    rule_name: decision.rule_name,
    severity: decision.severity,
    action_taken: action,
    ...(decision.until === undefined ? {} : { expires_at: decision.until }),
    details: {
      reason: why,
      decisions: ended.map((one) => one.decision_id),
      ...(doer === undefined ? {} : doerDetails(doer)),
    },
  };
}

/** What is wrong with ledger or trail, in one sentence. */
export function toDamage(
  problem: string,
  at: Date,
  details: Readonly<Record<string, unknown>>,
): Block {
  return {
    '@timestamp': at.toISOString(),
    block_id: createHash('sha256')
      .update(`${problem} ${at.toISOString()}`)
      .digest('base64url')
      .slice(0, 22),
    kind: 'damaged',
    action_taken: problem,
    details: { ...details },
  };
}
