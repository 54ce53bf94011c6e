/**
 * One loop of the outbox with its memory of failures: each alert, and the other side as a whole, gets
 * growing pauses. What fails is tried again when its pause is over, at the latest with the next tick.
 */
import { LIMITS, type Alert, type LimitListener } from '@mini-soc/model';
import { ServiceCallError, type Logger } from '@mini-soc/service-kit';
import type { VersionedAlert } from '@mini-soc/store';
import { createSingleFlight } from './single-flight.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const MAX_ROUNDS = 1000;
const MAX_REMEMBERED = LIMITS.dispatch_remembered.value;

export interface Lane {
  readonly isDue: (alert: Alert, maxAttempts?: number) => boolean;
  readonly attemptsOf: (alert: Alert) => number;
  /**
   * Works through the alerts and writes the answers, many at a time; when the other side cannot be
   * reached, the rest is left for later.
   */
  readonly work: <Answer>(
    waiting: readonly VersionedAlert[],
    parallel: number,
    work: (versioned: VersionedAlert) => Promise<Answer>,
    write: (answers: readonly Answer[]) => Promise<void>,
  ) => Promise<void>;
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
  const lane: Lane = {
    attemptsOf: (alert) => attempts.get(alert.alert_id)?.count ?? 0,
    isDue: (alert, maxAttempts = Number.POSITIVE_INFINITY) => {
      const failed = attempts.get(alert.alert_id);
      return (
        alert.details.merged_into === undefined &&
        (failed === undefined || (failed.count < maxAttempts && failed.notBeforeMs <= nowMs()))
      );
    },
    work: async (waiting, parallel, work, write) => {
      const queue = waiting.values();
      const answers: Awaited<ReturnType<typeof work>>[] = [];
      let isReachable = true;
      const worker = async (): Promise<void> => {
        for (const versioned of queue) {
          const { alert } = versioned;
          if (!isReachable || stopped) return;
          try {
            answers.push(await work(versioned));
            attempts.delete(alert.alert_id);
            failuresInRow = 0;
          } catch (error) {
            const count = lane.attemptsOf(alert) + 1;
            if (attempts.size >= MAX_REMEMBERED) {
              options.onLimit?.('dispatch_remembered');
              attempts.clear();
            }
            attempts.set(alert.alert_id, { count, notBeforeMs: nowMs() + pauseOf(count) });
            if (isRetryable(error)) isReachable = false;
            options.logger.warn(
              { err: error, alertId: alert.alert_id, attempt: count },
              `${name} failed and will be tried again`,
            );
          }
        }
      };
      await Promise.all(Array.from({ length: Math.min(parallel, waiting.length) }, worker));
      // What cannot be written is asked again in the next pass: the other side is idempotent.
      if (answers.length > 0) await write(answers);
      if (isReachable) return;
      failuresInRow += 1;
      pausedUntilMs = nowMs() + pauseOf(failuresInRow);
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
    timer = setTimeout(
      () => {
        timer = undefined;
        kick();
      },
      pauseOf(Math.max(1, failuresInRow)),
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
