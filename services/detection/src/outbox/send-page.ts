/** A page of alerts on a lane: all in one call, and what is wrong with one of them is found out one by one. */
import type { Alert, LimitListener } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Lane, LaneAnswer } from './lane.ts';
import { givenUp, isRetryable, sendOne, sendTogether } from './send-alerts.ts';
import type { Turns } from './turns.ts';

const PARALLEL = 2;

export interface PageSender {
  readonly lane: Lane;
  /** How log lines call the lane. */
  readonly title: string;
  readonly turns: Turns;
  readonly logger: Logger;
  readonly onLimit: LimitListener;
  readonly isStopped: () => boolean;
}

export interface SentPage {
  /** Of those that were delivered or given up. */
  readonly answers: readonly LaneAnswer[];
  readonly hasFailed: boolean;
}

/** When the other side cannot be reached, the rest of the page is left for later. Never throws. */
export async function sendPage(sender: PageSender, alerts: readonly Alert[]): Promise<SentPage> {
  const { lane, title, turns, logger } = sender;
  if (lane.sendAll === undefined || alerts.length === 1) return sendEach(sender, alerts);
  try {
    const answers = await sendTogether(lane, alerts);
    turns.reached();
    return { answers, hasFailed: false };
  } catch (error) {
    logger.warn({ err: error, alerts: alerts.length }, `${title} failed for many at once`);
    return sendEach(sender, alerts);
  }
}

/** One after the other, some side by side. */
async function sendEach(sender: PageSender, alerts: readonly Alert[]): Promise<SentPage> {
  const { lane, title, turns, logger } = sender;
  const queue = alerts.values();
  const answers: LaneAnswer[] = [];
  let isReachable = true;
  let hasFailed = false;
  const fail = (alert: Alert, error: unknown): void => {
    const attempt = turns.attemptOf(alert.alert_id);
    const receipt = givenUp(lane, alert, { error, attempt }, sender.onLimit);
    if (receipt !== undefined) {
      answers.push({ lane, sent: alert, receipt });
      return;
    }
    turns.failed(alert.alert_id);
    hasFailed = true;
    if (isRetryable(error)) isReachable = false;
    logger.warn(
      { err: error, alertId: alert.alert_id, attempt },
      `${title} failed and will be tried again`,
    );
  };
  const worker = async (): Promise<void> => {
    for (const alert of queue) {
      if (!isReachable || sender.isStopped()) return;
      try {
        answers.push(await sendOne(lane, alert));
        turns.reached();
      } catch (error) {
        fail(alert, error);
      }
    }
  };
  const parallel = Math.min(lane.parallel ?? PARALLEL, alerts.length);
  await Promise.all(Array.from({ length: parallel }, worker));
  if (!isReachable) turns.notReached();
  return { answers, hasFailed };
}
