/** What to do about an alert: ignore it, write a ticket, or block the address. Pure. */
import {
  formatDuration,
  RESPONSE_ACTIONS,
  type Alert,
  type IpAddress,
  type ResponseAction,
  type Severity,
} from '@mini-soc/model';
import { mayBlock, type BlockPolicy } from './may-block.ts';

export interface ResponsePolicy extends BlockPolicy {
  /** The answer for each severity; a rule may allow less. */
  readonly levels: Readonly<Record<Severity, ResponseAction>>;
  readonly maxAlertAgeMs: number;
  readonly blockDurationMs: number;
}

export type Verdict =
  | {
      readonly outcome: 'ignored' | 'ticketed' | 'refused';
      readonly action: ResponseAction;
      readonly reason: string;
    }
  | {
      readonly outcome: 'blocked';
      readonly action: 'block';
      readonly reason: string;
      readonly address: IpAddress;
      readonly untilMs: number;
    };

/** An alert from further ahead than this has a wrong clock. */
const MAX_AHEAD_MS = 5 * 60_000;

/** The decision for an alert. `recentBlocks`: new blocks in the last minute. */
export function decide(
  alert: Alert,
  policy: ResponsePolicy,
  recentBlocks: number,
  now: Date,
): Verdict {
  const wanted = policy.levels[alert.severity];
  const action = weaker(wanted, alert.details.allowed_action);
  if (action === 'ignore')
    return { outcome: 'ignored', action, reason: `${alert.severity} alerts are only recorded` };
  if (action === 'ticket') {
    const why =
      wanted === 'block'
        ? 'the rule asks for a person to look at it, nobody is blocked'
        : `${alert.severity} alerts get a ticket`;
    return { outcome: 'ticketed', action, reason: `Ticket written: ${why}` };
  }
  if (alert.details.spoofable)
    return {
      outcome: 'ticketed',
      action: 'ticket',
      reason: 'Ticket written: a stranger could have forged this evidence, so nobody is blocked',
    };
  const ageMs = now.getTime() - Date.parse(alert.last_seen);
  if (ageMs > policy.maxAlertAgeMs)
    return {
      outcome: 'refused',
      action,
      reason: `Not blocked: the last event is older than ${formatDuration(policy.maxAlertAgeMs)}`,
    };
  if (ageMs < -MAX_AHEAD_MS)
    return {
      outcome: 'refused',
      action,
      reason: 'Not blocked: the events lie in the future, a clock is wrong',
    };
  const verdict = mayBlock(alert.source_ip, policy, recentBlocks);
  if (!verdict.allowed)
    return { outcome: 'refused', action, reason: `Not blocked: ${verdict.reason}` };
  return {
    outcome: 'blocked',
    action: 'block',
    reason: `Blocked for ${formatDuration(policy.blockDurationMs)}: ${alert.rule_name}, ${alert.severity}`,
    address: verdict.address,
    untilMs: now.getTime() + policy.blockDurationMs,
  };
}

function weaker(a: ResponseAction, b: ResponseAction): ResponseAction {
  return RESPONSE_ACTIONS.indexOf(a) <= RESPONSE_ACTIONS.indexOf(b) ? a : b;
}
