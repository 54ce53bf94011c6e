/** When cycles run: on a schedule and soon after events have arrived. */
import { schedule } from 'node-cron';

/** Calls the function at each interval until the result is called. */
export function scheduleEvery(intervalMs: number, tick: () => void): () => void {
  const expression = cronExpression(intervalMs);
  if (expression === undefined) {
    const timer = setInterval(tick, intervalMs);
    return () => clearInterval(timer);
  }
  const task = schedule(expression, tick, { suppressMissedWarning: true });
  return () => {
    void task.destroy();
  };
}

/** Cron expression with seconds for an interval that divides a minute, an hour or a day; undefined for others. */
export function cronExpression(intervalMs: number): string | undefined {
  const seconds = intervalMs / 1000;
  if (!Number.isInteger(seconds) || seconds < 1) return undefined;
  if (seconds < 60) return 60 % seconds === 0 ? `*/${seconds} * * * * *` : undefined;
  const minutes = seconds / 60;
  if (!Number.isInteger(minutes)) return undefined;
  if (minutes < 60) return 60 % minutes === 0 ? `0 */${minutes} * * * *` : undefined;
  const hours = minutes / 60;
  if (!Number.isInteger(hours) || hours > 24) return undefined;
  if (hours === 24) return '0 0 0 * * *';
  return 24 % hours === 0 ? `0 0 */${hours} * * *` : undefined;
}

/**
 * Collects calls: the first one starts a short wait, those during the wait add nothing, and a run
 * begins at least `paceMs` after the one before, the shortest that was asked for. A stream of calls
 * therefore runs the work at a steady pace instead of putting it off for ever.
 */
export function createDebounce(
  waitMs: number,
  work: () => void,
): { readonly notify: (paceMs: number) => void; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  const cancel = (): void => {
    clearTimeout(timer);
    timer = undefined;
    dueMs = Number.POSITIVE_INFINITY;
  };
  return {
    notify: (paceMs) => {
      const nowMs = performance.now();
      const wantedMs = Math.max(nowMs + waitMs, lastMs + paceMs);
      if (wantedMs >= dueMs) return;
      cancel();
      dueMs = wantedMs;
      timer = setTimeout(() => {
        cancel();
        lastMs = performance.now();
        work();
      }, wantedMs - nowMs);
    },
    cancel,
  };
}
