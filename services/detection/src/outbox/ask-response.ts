/** Asking response about alerts, and what its answers change in them. */
import { compareSeverity, LIMITS, messageOf, type Alert } from '@mini-soc/model';
import type { VersionedAlert } from '@mini-soc/store';
import type { AlertWrite } from '@mini-soc/detect';
import { isRetryable, type Lane } from './dispatch-lane.ts';
import type { DispatchOptions } from './dispatch-options.ts';
import type { Answer, Responder } from './http-ports.ts';

const MAX_REFUSALS = LIMITS.respond_refusals.value;

export interface Answered {
  readonly versioned: VersionedAlert;
  readonly answer: Answer;
}

/** Sends the alert; the answer is to be written down. */
export async function respond(
  options: DispatchOptions,
  versioned: VersionedAlert,
  lane: Lane,
): Promise<Answered> {
  const { alert } = versioned;
  try {
    return { versioned, answer: await options.responder.respond(alert) };
  } catch (error) {
    // What response does not accept will not become better: say so instead of asking for ever.
    const isFinal = !isRetryable(error) && lane.attemptsOf(alert) + 1 >= MAX_REFUSALS;
    if (!isFinal) throw error;
    options.onLimit?.('respond_refusals');
    const reason = `The response service does not accept this alert: ${messageOf(error)}`.slice(
      0,
      500,
    );
    return { versioned, answer: { action: 'ignore', outcome: 'refused', reason } };
  }
}

export async function respondToAll(
  respondAll: Responder['respondAll'],
  waiting: readonly VersionedAlert[],
): Promise<readonly Answered[]> {
  const answers = (await respondAll?.(waiting.map(({ alert }) => alert))) ?? [];
  return waiting.flatMap((versioned, index) => {
    const answer = answers[index];
    return answer === undefined ? [] : [{ versioned, answer }];
  });
}

export function respondAtOnce(
  responder: Responder,
  alerts: readonly Alert[],
): Promise<readonly Answer[]> {
  return responder.respondAll === undefined || alerts.length === 1
    ? Promise.all(alerts.map((alert) => responder.respond(alert)))
    : responder.respondAll(alerts);
}

const DEFERRED_MS = 60_000;

export function deferredUntil({ retry_at: retryAt }: Answer, now: Date): number {
  const wantedMs = retryAt === undefined ? Number.NaN : Date.parse(retryAt);
  return Number.isFinite(wantedMs) ? wantedMs : now.getTime() + DEFERRED_MS;
}

export type DecisionWriter = (present: Alert) => Alert | undefined;

/** The change of two that do not know each other; undefined when neither changes anything. */
export function bothOf(first: DecisionWriter, second: AlertWrite['apply']): AlertWrite['apply'] {
  return async (alert) => {
    const changed = first(alert);
    return (await second(changed ?? alert)) ?? changed;
  };
}

/** Writes the answer into the alert; one that climbed since it was sent stays pending. */
export function decisionWriter(
  options: DispatchOptions,
  sent: Alert,
  answer: Answer,
): DecisionWriter {
  const reason = answer.reason.slice(0, 500);
  // No answer yet: it stays in the outbox with the reason, and is asked about again.
  if (answer.outcome === 'deferred')
    return (present) =>
      present.response.reason === reason && present.response.action === answer.action
        ? undefined
        : {
            ...present,
            updated_at: options.now().toISOString(),
            response: { ...present.response, state: 'pending', action: answer.action, reason },
          };
  return (present) => ({
    ...present,
    updated_at: options.now().toISOString(),
    response: {
      state:
        compareSeverity(present.severity, sent.severity) > 0
          ? 'pending'
          : answer.outcome === 'refused'
            ? 'refused'
            : 'done',
      action: answer.action,
      reason,
      decided_at: options.now().toISOString(),
      dispatched_severity: sent.severity,
    },
  });
}
