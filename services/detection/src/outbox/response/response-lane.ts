/** The lane to the response service: it decides, and its answer stands in the alert. */
import {
  LIMITS,
  messageOf,
  RESPONSE_LANE,
  type Act,
  type Alert,
  type Decision,
} from '@mini-soc/model';
import type { Lane, Receipt } from '../lane.ts';

/** What response says of an alert. */
export type Answer = Pick<Decision, 'action' | 'outcome' | 'reason' | 'retry_at'>;

export interface Responder {
  /** Idempotent by alert and severity. Throws ServiceCallError. */
  readonly respond: (alert: Alert) => Promise<Answer>;
  /** As `respond` for each in their order, with one write for all; absent where it is not cheaper. */
  readonly respondAll?: (alerts: readonly Alert[]) => Promise<readonly Answer[]>;
  /** Puts into the trail what a person did. Throws ServiceCallError; absent where there is no trail. */
  readonly note?: (act: Act) => Promise<unknown>;
}

const PARALLEL = 8;
/** For what hangs: HTTP calls and those of a firewall end by themselves long before. */
const PATIENCE_MS = 60_000;
const DEFERRED_MS = 60_000;

export function createResponseLane(responder: Responder, now: () => Date): Lane {
  const { respondAll } = responder;
  const receipt = (sent: Alert, answer: Answer) => receiptOf(sent, answer, now);
  return {
    name: RESPONSE_LANE,
    wants: (alert) => alert.about_product !== true,
    send: async (alert) => receipt(alert, await responder.respond(alert)),
    ...(respondAll === undefined
      ? {}
      : {
          sendAll: async (alerts) => {
            const answers = await respondAll(alerts);
            return answers.map((answer, index) => receipt(alerts[index] as Alert, answer));
          },
        }),
    patienceMs: PATIENCE_MS,
    parallel: PARALLEL,
    isUrgent: true,
    againWhenClimbing: true,
    // What response does not accept will not become better: say so instead of asking for ever.
    attempts: {
      most: LIMITS.respond_refusals.value,
      counts: 'refusals',
      limit: 'respond_refusals',
      giveUp: (alert, error) =>
        receipt(alert, {
          action: 'ignore',
          outcome: 'refused',
          reason: `The response service does not accept this alert: ${messageOf(error)}`,
        }),
    },
  };
}

function receiptOf(sent: Alert, answer: Answer, now: () => Date): Receipt {
  const { action, outcome } = answer;
  const reason = answer.reason.slice(0, 500);
  // No answer yet: it stays in the outbox with the reason, and is asked about again.
  if (outcome === 'deferred')
    return {
      againAtMs: deferredUntil(answer, now()),
      change: (present) =>
        present.response.reason === reason && present.response.action === action
          ? undefined
          : { ...present, response: { ...present.response, action, reason } },
    };
  return {
    change: (present) => ({
      ...present,
      response: {
        state: outcome === 'refused' ? 'refused' : 'done',
        action,
        reason,
        decided_at: now().toISOString(),
        dispatched_severity: sent.severity,
      },
    }),
  };
}

function deferredUntil({ retry_at: retryAt }: Answer, now: Date): number {
  const wantedMs = retryAt === undefined ? Number.NaN : Date.parse(retryAt);
  return Number.isFinite(wantedMs) ? wantedMs : now.getTime() + DEFERRED_MS;
}
