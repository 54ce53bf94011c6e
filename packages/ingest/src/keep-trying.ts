/**
 * Lines are marked as read only when they are stored: what a store that fails is worth waiting for. A
 * fault that passes (a full disk, a missing permission, a store that is away) is waited for as long as it
 * takes; only what can never work ends the product.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, backoffMs, isPassing } from '@mini-soc/model';

export interface KeepTryingOptions {
  /** Told once, when trying again is of no use. */
  readonly onFatal: (error: Error) => void;
  /** Default 60 s. */
  readonly longestPauseMs?: number;
  /** Told of each failure that is tried again. */
  readonly onFailure?: (error: unknown) => void;
}

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;

/** A store that is busy is asked again, with growing pauses; one that is broken stops the product. */
export async function keepTrying<Result>(
  work: () => Promise<Result>,
  options: KeepTryingOptions,
): Promise<Result> {
  const { longestPauseMs = LONGEST_PAUSE_MS } = options;
  const backoff = { firstMs: SHORTEST_PAUSE_MS, longestMs: longestPauseMs };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isWorthWaiting(error)) {
        options.onFatal(asError(error));
        throw error;
      }
      options.onFailure?.(error);
      await sleep(backoffMs(attempt, backoff));
    }
  }
}

export interface PaceFailuresOptions {
  /** Told of each failure for which waiting is of no use. */
  readonly onFatal: (error: Error) => void;
  /** A success after failures for so long, milliseconds. */
  readonly onRecovery?: (failedMs: number) => void;
  /** Default 5 s: what passes is noticed soon. */
  readonly longestPauseMs?: number;
  /** A clock that never goes back, milliseconds. */
  readonly monotonicMs?: () => number;
}

const LONGEST_PACE_MS = 5000;

/**
 * For whoever gives a batch again that was not taken, such as the tailer: a failure is handed on after
 * a pause, as long as it has been failing, so that nobody has to keep the batch meanwhile.
 */
export function createFailurePacer(
  options: PaceFailuresOptions,
): (work: Promise<void>) => Promise<void> {
  const { longestPauseMs = LONGEST_PACE_MS } = options;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  let failingSinceMs: number | undefined;
  return async (work) => {
    try {
      await work;
      if (failingSinceMs !== undefined) options.onRecovery?.(monotonicMs() - failingSinceMs);
      failingSinceMs = undefined;
    } catch (error) {
      const nowMs = monotonicMs();
      failingSinceMs ??= nowMs;
      const failingMs = nowMs - failingSinceMs;
      if (!isWorthWaiting(error)) options.onFatal(asError(error));
      else await sleep(Math.min(longestPauseMs, Math.max(SHORTEST_PAUSE_MS, failingMs)));
      throw error;
    }
  };
}

/** The disk of a server is full until somebody makes room, however it says so. */
function isWorthWaiting(error: unknown): boolean {
  return isPassing(error) || (error instanceof AppError && error.code === 'STORE_DISK_FULL');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
