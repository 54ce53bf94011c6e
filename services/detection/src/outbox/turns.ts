/**
 * Whose turn it is on a lane. Each alert that could not be delivered, and the other side as a whole, gets
 * pauses that double; an alert that waits for a lane before this one is held back, for a while.
 */
import { backoffMs, LIMITS, type LimitListener } from '@mini-soc/model';
import type { Lane, Receipt } from './lane.ts';
import { restsAfter } from './send-alerts.ts';

export const FIRST_PAUSE_MS = 500;
export const LONGEST_PAUSE_MS = 60_000;
/** Longest time for which an alert waits for the lanes that come first. */
const HELD_MS = 30_000;
const MAX_REMEMBERED = LIMITS.dispatch_remembered.value;

export interface Turns {
  /** `waitsFor`: the lanes that the alert waits for. */
  readonly isTurn: (alertId: string, waitsFor: readonly string[]) => boolean;
  /** Whether it has failed at the alert, or reaches nobody: who comes after it need not wait. */
  readonly hadTurn: (alertId: string) => boolean;
  /** Number of the next attempt, from 1. */
  readonly attemptOf: (alertId: string) => number;
  readonly failed: (alertId: string) => void;
  readonly answered: (alertId: string, receipt: Receipt) => void;
  /** Forgets of what was held back all but these. */
  readonly holdOnly: (alertIds: readonly string[]) => void;
  readonly isPaused: () => boolean;
  readonly reached: () => void;
  readonly notReached: () => void;
  /** Whether a time will come at which somebody has a turn. */
  readonly hasNext: () => boolean;
  /** When that is, as far as it is known. */
  readonly nextMs: () => number;
}

export function createTurns(options: {
  readonly lane: Lane;
  readonly nowMs: () => number;
  /** Whether a lane that comes first, of this name, has yet to have its turn. */
  readonly comesFirst: (name: string, alertId: string) => boolean;
  readonly onLimit: LimitListener;
}): Turns {
  const { lane, nowMs } = options;
  const most = restsAfter(lane);
  const attempts = new Map<string, { readonly count: number; readonly notBeforeMs: number }>();
  const heldSinceMs = new Map<string, number>();
  let failuresInRow = 0;
  let pausedUntilMs = 0;
  const remember = (alertId: string, count: number, notBeforeMs: number): void => {
    if (attempts.size >= MAX_REMEMBERED && !attempts.has(alertId)) {
      options.onLimit('dispatch_remembered');
      attempts.clear();
    }
    attempts.set(alertId, { count, notBeforeMs });
  };
  const attemptOf = (alertId: string): number => (attempts.get(alertId)?.count ?? 0) + 1;
  const isDue = (alertId: string): boolean => {
    const failed = attempts.get(alertId);
    return failed === undefined || (failed.count < most && failed.notBeforeMs <= nowMs());
  };
  const isHeld = (alertId: string, waitsFor: readonly string[]): boolean => {
    const isFree = !(lane.after ?? []).some(
      (first) => waitsFor.includes(first) && options.comesFirst(first, alertId),
    );
    if (isFree) {
      heldSinceMs.delete(alertId);
      return false;
    }
    const sinceMs = heldSinceMs.get(alertId) ?? nowMs();
    heldSinceMs.set(alertId, sinceMs);
    return nowMs() - sinceMs < HELD_MS;
  };
  return {
    isTurn: (alertId, waitsFor) => isDue(alertId) && !isHeld(alertId, waitsFor),
    hadTurn: (alertId) => attempts.has(alertId) || nowMs() < pausedUntilMs,
    attemptOf,
    failed: (alertId) => {
      const count = attemptOf(alertId);
      remember(alertId, count, nowMs() + pauseOf(count));
    },
    answered: (alertId, { againAtMs }) => {
      heldSinceMs.delete(alertId);
      if (againAtMs === undefined) attempts.delete(alertId);
      else remember(alertId, 0, againAtMs);
    },
    holdOnly: (alertIds) => {
      if (heldSinceMs.size === 0) return;
      const kept = new Set(alertIds);
      for (const id of heldSinceMs.keys()) if (!kept.has(id)) heldSinceMs.delete(id);
    },
    isPaused: () => nowMs() < pausedUntilMs,
    reached: () => {
      failuresInRow = 0;
      pausedUntilMs = 0;
    },
    notReached: () => {
      failuresInRow += 1;
      pausedUntilMs = nowMs() + pauseOf(failuresInRow);
    },
    hasNext: () => attempts.size > 0 || heldSinceMs.size > 0,
    nextMs: () => {
      if (pausedUntilMs > nowMs()) return pausedUntilMs;
      let nextMs = Number.POSITIVE_INFINITY;
      const consider = (ms: number): void => {
        if (ms > nowMs()) nextMs = Math.min(nextMs, ms);
      };
      for (const { notBeforeMs } of attempts.values()) consider(notBeforeMs);
      for (const sinceMs of heldSinceMs.values()) consider(sinceMs + HELD_MS);
      return nextMs;
    },
  };
}

function pauseOf(failures: number): number {
  return backoffMs(failures, { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS });
}
