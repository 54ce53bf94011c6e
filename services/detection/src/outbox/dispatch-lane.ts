/**
 * One loop of the outbox with its memory of failures: each alert, and the other side as a whole, gets
 * growing pauses. What fails is tried again when its pause is over, at the latest with the next tick.
 */
import { LIMITS, type Alert, type LimitListener } from '@mini-soc/model';
import { ServiceCallError, type Logger } from '@mini-soc/service-kit';
import type { VersionedAlert } from '@mini-soc/store';
import { createSingleFlight } from '../single-flight.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const MAX_ROUNDS = 1000;
const MAX_REMEMBERED = LIMITS.dispatch_remembered.value;

export interface Lane {
  /** Whether the alert's pause is over, and it has not failed as often as that. */
  readonly isDue: (alertId: string, maxAttempts?: number) => boolean;
  readonly attemptsOf: (alert: Alert) => number;
  /** There is nothing to do about the alert before this time. */
  readonly postpone: (alertId: string, untilMs: number) => void;
  /**
   * Works through the alerts, or all of them at once where `workAll` is given, and writes the answers,
   * many at a time. When the other side cannot be reached, the rest is left for later; false then.
   */
  readonly work: <Answer>(
    waiting: readonly VersionedAlert[],
    how: LaneWork<Answer>,
  ) => Promise<boolean>;
}

export interface LaneWork<Answer> {
  readonly parallel: number;
  readonly work: (versioned: VersionedAlert) => Promise<Answer>;
  readonly workAll?:
    ((waiting: readonly VersionedAlert[]) => Promise<readonly Answer[]>) | undefined;
  readonly write: (answers: readonly Answer[]) => Promise<void>;
}

export function createLane(
  options: {
    readonly now: () => Date;
    readonly logger: Logger;
    readonly onLimit?: LimitListener;
  },
  name: string,
  pass: (lane: Lane) => Promise<boolean>,
): { kick: () => void; settled: () => Promise<void>; stop: () => void } {
  const attempts = new Map<string, { count: number; notBeforeMs: number }>();
  let failuresInRow = 0;
  let pausedUntilMs = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const nowMs = (): number => options.now().getTime();
  const remember = (alertId: string, count: number, untilMs: number): void => {
    if (attempts.size >= MAX_REMEMBERED) {
      options.onLimit?.('dispatch_remembered');
      attempts.clear();
    }
    attempts.set(alertId, { count, notBeforeMs: untilMs });
  };
  /** One after the other, some side by side. Whether the other side was reached. */
  const workEach = async <Answer>(
    waiting: readonly VersionedAlert[],
    { parallel, work }: LaneWork<Answer>,
    answers: Answer[],
  ): Promise<boolean> => {
    const queue = waiting.values();
    let isReachable = true;
    const worker = async (): Promise<void> => {
      for (const versioned of queue) {
        const { alert } = versioned;
        if (!isReachable || stopped) return;
        try {
          const answer = await work(versioned);
          attempts.delete(alert.alert_id);
          answers.push(answer);
          failuresInRow = 0;
        } catch (error) {
          const count = lane.attemptsOf(alert) + 1;
          remember(alert.alert_id, count, nowMs() + pauseOf(count));
          if (isRetryable(error)) isReachable = false;
          options.logger.warn(
            { err: error, alertId: alert.alert_id, attempt: count },
            `${name} failed and will be tried again`,
          );
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, waiting.length) }, worker));
    return isReachable;
  };
  /** All in one call. What is wrong with one of them is found out one by one. */
  const workTogether = async <Answer>(
    waiting: readonly VersionedAlert[],
    how: LaneWork<Answer>,
    answers: Answer[],
  ): Promise<boolean> => {
    if (how.workAll === undefined || waiting.length === 1) return workEach(waiting, how, answers);
    let together: readonly Answer[];
    try {
      together = await how.workAll(waiting);
    } catch (error) {
      options.logger.warn(
        { err: error, alerts: waiting.length },
        `${name} failed for many at once`,
      );
      return workEach(waiting, how, answers);
    }
    answers.push(...together);
    failuresInRow = 0;
    return true;
  };
  const lane: Lane = {
    attemptsOf: (alert) => attempts.get(alert.alert_id)?.count ?? 0,
    postpone: (alertId, untilMs) => remember(alertId, 0, untilMs),
    isDue: (alertId, maxAttempts = Number.POSITIVE_INFINITY) => {
      const failed = attempts.get(alertId);
      return failed === undefined || (failed.count < maxAttempts && failed.notBeforeMs <= nowMs());
    },
    work: async (waiting, how) => {
      const answers: Parameters<typeof how.write>[0][number][] = [];
      const isReachable = await workTogether(waiting, how, answers);
      // What cannot be written is asked again in the next pass: the other side is idempotent.
      if (answers.length > 0) await how.write(answers);
      if (isReachable) return true;
      failuresInRow += 1;
      pausedUntilMs = nowMs() + pauseOf(failuresInRow);
      return false;
    },
  };
  const flight = createSingleFlight(async () => {
    if (stopped) return;
    try {
      for (let round = 0; round < MAX_ROUNDS && !stopped && nowMs() >= pausedUntilMs; round += 1)
        if (!(await pass(lane))) break;
    } catch (error) {
      options.logger.warn({ err: error }, `${name} could not read what is waiting`);
    }
    if (attempts.size > 0) wakeLater();
  });
  const wakeLater = (): void => {
    if (stopped || timer !== undefined) return;
    let nextMs = pausedUntilMs;
    if (nextMs <= nowMs()) {
      nextMs = Number.POSITIVE_INFINITY;
      for (const { notBeforeMs } of attempts.values())
        if (notBeforeMs > nowMs()) nextMs = Math.min(nextMs, notBeforeMs);
    }
    timer = setTimeout(
      () => {
        timer = undefined;
        kick();
      },
      Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, nextMs - nowMs())),
    );
    timer.unref();
  };
  const kick = (): void => {
    // The work itself catches and logs; nothing can be rejected here.
    void flight.run();
  };
  return {
    kick,
    settled: flight.settled,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function pauseOf(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(20, failures - 1));
}

/** What the other side refuses as such stays refused; a wrong token or address is put right one day. */
const FINAL_STATUS_CODES: readonly (number | undefined)[] = [undefined, 200, 400, 413, 422];

export function isRetryable(error: unknown): boolean {
  if (!(error instanceof ServiceCallError) || error.retryable) return true;
  return !FINAL_STATUS_CODES.includes(error.statusCode);
}
