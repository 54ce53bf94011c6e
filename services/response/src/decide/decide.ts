/** What to do about an alert: ignore it, write a ticket, or block the address. Pure. */
import {
  FLAG_EFFECTS,
  formatDuration,
  RESPONSE_ACTIONS,
  type Alert,
  type IpAddress,
  type ResponseAction,
  type Severity,
} from '@mini-soc/model';
import { mayBlock, type BlockCounts, type BlockPolicy, type RefusalCode } from './may-block.ts';

export interface ResponsePolicy extends BlockPolicy {
  /** The answer for each severity; a rule may allow less. */
  readonly levels: Readonly<Record<Severity, ResponseAction>>;
  /** Whether an alert may block whose events nobody has confirmed; else it is said what it would have been. */
  readonly asksForProof: boolean;
  /** An alert whose last event is older never blocks. */
  readonly maxAlertAgeMs: number;
  /** Of the first block of an address. */
  readonly blockDurationMs: number;
  /** Of the longest. */
  readonly maxBlockDurationMs: number;
}

/** What passes by itself. */
type PassingCode = 'breaker' | 'collateral' | 'full' | 'session';

export type Verdict =
  | {
      readonly outcome: 'ignored' | 'ticketed';
      readonly action: ResponseAction;
      readonly reason: string;
    }
  | {
      readonly outcome: 'refused';
      readonly action: 'block';
      readonly code: Exclude<RefusalCode, PassingCode> | 'too_old' | 'in_future';
      readonly reason: string;
    }
  | {
      /** No room at present, or somebody is logged in from there: to be asked again. */
      readonly outcome: 'deferred';
      readonly action: 'block';
      readonly code: PassingCode;
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
const SHOWN_NAME = 100;

/**
 * The decision for an alert, in the order: what severity and rule ask for, whether the evidence can
 * carry a block, its age, and last whether the address may be blocked at all.
 */
export function decide(
  alert: Alert,
  policy: ResponsePolicy,
  counts: BlockCounts,
  now: Date,
): Verdict {
  const wanted = policy.levels[alert.severity];
  const action = weaker(wanted, alert.details.allowed_action);
  if (action === 'ignore')
    return { outcome: 'ignored', action, reason: ignoreReason(alert, wanted) };
  if (action === 'ticket') return ticket(ticketReason(alert, wanted));
  if (alert.details.spoofable)
    return ticket('a stranger could have forged this evidence, so nobody is blocked');
  const isUnconfirmed = alert.details.proof === 'unconfirmed';
  if (isUnconfirmed && policy.asksForProof) return ticket(describeProof(alert));
  if (alert.source_ip === undefined)
    return ticket('the address of the attacker is not known, so nobody can be blocked');
  const ageMs = now.getTime() - Date.parse(alert.last_seen);
  if (ageMs > policy.maxAlertAgeMs)
    return refuse(
      'too_old',
      `the last event is older than ${formatDuration(policy.maxAlertAgeMs)}`,
    );
  if (ageMs < -MAX_AHEAD_MS)
    return refuse('in_future', 'the events lie in the future, a clock is wrong');
  const verdict = mayBlock(alert.source_ip, policy, counts);
  if (!verdict.allowed)
    return isPassing(verdict.code)
      ? {
          outcome: 'deferred',
          action: 'block',
          code: verdict.code,
          reason: `Not blocked yet: ${verdict.reason}`,
        }
      : refuse(verdict.code, verdict.reason);
  const durationMs = blockDuration(policy, counts.earlier ?? 0);
  return {
    outcome: 'blocked',
    action: 'block',
    reason: `Blocked for ${formatDuration(durationMs)}: ${alert.rule_name.slice(0, SHOWN_NAME)}, ${alert.severity}${isUnconfirmed ? ` (a ticket where proof is asked for: ${describeProof(alert)})` : ''}`,
    address: verdict.address,
    untilMs: now.getTime() + durationMs,
  };
}

/** Each further block of an address lasts twice as long as the one before, up to the longest. */
export function blockDuration(
  policy: Pick<ResponsePolicy, 'blockDurationMs' | 'maxBlockDurationMs'>,
  earlier: number,
): number {
  const longest = Math.max(policy.blockDurationMs, policy.maxBlockDurationMs);
  return Math.min(longest, policy.blockDurationMs * 2 ** Math.min(earlier, 40));
}

function weaker(a: ResponseAction, b: ResponseAction): ResponseAction {
  return RESPONSE_ACTIONS.indexOf(a) <= RESPONSE_ACTIONS.indexOf(b) ? a : b;
}

function ignoreReason(alert: Alert, wanted: ResponseAction): string {
  return wanted === 'ignore'
    ? `Recorded only: so it is set for alerts of severity ${alert.severity}`
    : 'Recorded only: the rule asks for no more';
}

function ticketReason(alert: Alert, wanted: ResponseAction): string {
  if (wanted !== 'block') return `so it is set for alerts of severity ${alert.severity}`;
  return alert.details.proof === 'unproven'
    ? describeProof(alert)
    : 'the rule asks for a person to look at it, so nobody is blocked';
}

/** Which of the events are proven, and what is wrong with the others. */
function describeProof({ event_count: events, details }: Alert): string {
  const { proven_events: proven = 0, unproven_because: flags = [] } = details;
  const because = flags.map((flag) => FLAG_EFFECTS[flag].because).join('; ');
  return `not proven: ${proven} of ${events} events are${because === '' ? '' : `; ${because}`}`;
}

function ticket(why: string): Verdict {
  return { outcome: 'ticketed', action: 'ticket', reason: `Ticket written: ${why}` };
}

function isPassing(code: RefusalCode): code is PassingCode {
  return code === 'breaker' || code === 'collateral' || code === 'full' || code === 'session';
}

function refuse(
  code: Exclude<RefusalCode, PassingCode> | 'too_old' | 'in_future',
  why: string,
): Verdict {
  return { outcome: 'refused', action: 'block', code, reason: `Not blocked: ${why}` };
}
