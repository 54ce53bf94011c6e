/** Sending alerts on a lane: in time, together where that is cheaper, and with the lanes that are at hand. */
import { LIMITS, type Alert, type LimitListener } from '@mini-soc/model';
import { createPause } from '@mini-soc/detect';
import { ServiceCallError, withTimeLimit } from '@mini-soc/service-kit';
import type { Lane, LaneAnswer, Receipt } from './lane.ts';

const MOST_ATTEMPTS = LIMITS.lane_attempts.value;

/** Throws what the lane throws, and Error when that takes too long. */
export async function sendOne(lane: Lane, alert: Alert): Promise<LaneAnswer> {
  return { lane, sent: alert, receipt: await inTime(lane, lane.send(alert)) };
}

/** All at once. Throws when one of them fails. */
export async function sendTogether(
  lane: Lane,
  alerts: readonly Alert[],
): Promise<readonly LaneAnswer[]> {
  if (lane.sendAll === undefined || alerts.length === 1)
    return Promise.all(alerts.map((alert) => sendOne(lane, alert)));
  const receipts = await inTime(lane, lane.sendAll(alerts));
  return alerts.flatMap((sent, index) => {
    const receipt = receipts[index];
    return receipt === undefined ? [] : [{ lane, sent, receipt }];
  });
}

/** Alerts that one lane lets another send. */
export interface Lent {
  readonly lane: Lane;
  readonly alerts: readonly Alert[];
  readonly giveBack: () => void;
}

/** What lanes at hand say of their alerts, by alert; those they fail for have their own turn. */
export async function sendAlong(
  company: readonly Lent[],
): Promise<ReadonlyMap<string, readonly LaneAnswer[]>> {
  const answers = new Map<string, LaneAnswer[]>();
  const pause = createPause(10);
  for (const { lane, alerts } of company)
    try {
      for (const alert of alerts) {
        const answer = await sendOne(lane, alert);
        answers.set(alert.alert_id, [...(answers.get(alert.alert_id) ?? []), answer]);
        await pause();
      }
    } catch {
      continue;
    }
  return answers;
}

/** What stands for the answer when the lane gives up with this failure; undefined when it does not yet. */
export function givenUp(
  lane: Lane,
  alert: Alert,
  failure: { readonly error: unknown; readonly attempt: number },
  onLimit: LimitListener,
): Receipt | undefined {
  const { most = MOST_ATTEMPTS, counts, limit = 'lane_attempts', giveUp } = lane.attempts;
  if (failure.attempt < most) return undefined;
  if (counts === 'refusals' && isRetryable(failure.error)) return undefined;
  onLimit(limit);
  return giveUp?.(alert, failure.error);
}

/** Failed attempts after which the lane asks no more about an alert. */
export function restsAfter({ attempts }: Lane): number {
  const { most = MOST_ATTEMPTS, counts, giveUp } = attempts;
  return counts === 'failures' && giveUp === undefined ? most : Number.POSITIVE_INFINITY;
}

/** What the other side refuses as such stays refused; a wrong token or address is put right one day. */
const FINAL_STATUS_CODES: readonly (number | undefined)[] = [undefined, 200, 400, 413, 422];

export function isRetryable(error: unknown): boolean {
  if (!(error instanceof ServiceCallError) || error.retryable) return true;
  return !FINAL_STATUS_CODES.includes(error.statusCode);
}

function inTime<Value>({ patienceMs }: Lane, work: Promise<Value>): Promise<Value> {
  return withTimeLimit(work, patienceMs, `No answer within ${patienceMs} ms`);
}
