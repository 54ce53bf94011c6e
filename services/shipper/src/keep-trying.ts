/** Lines are marked as read only when they are stored: what a store that fails is worth waiting for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable } from '@mini-soc/model';

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
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error)) {
        options.onFatal(asError(error));
        throw error;
      }
      options.onFailure?.(error);
      await sleep(Math.min(longestPauseMs, SHORTEST_PAUSE_MS * 2 ** attempt));
    }
  }
}

export interface PaceFailuresOptions {
  /** Told of each failure for which waiting is of no use. */
  readonly onFatal: (error: Error) => void;
  /** Without a success for so long, even a store that may come back is given up. Default 10 minutes. */
  readonly patienceMs?: number;
  /** Default 60 s. */
  readonly longestPauseMs?: number;
  /** A clock that never goes back, milliseconds. */
  readonly monotonicMs?: () => number;
}

const PATIENCE_MS = 600_000;

/**
 * For whoever gives a batch again that was not taken, such as the tailer: a failure is handed on after
 * a pause, as long as it has been failing, so that nobody has to keep the batch meanwhile.
 */
export function createFailurePacer(
  options: PaceFailuresOptions,
): (work: Promise<void>) => Promise<void> {
  const { patienceMs = PATIENCE_MS, longestPauseMs = LONGEST_PAUSE_MS } = options;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  let failingSinceMs: number | undefined;
  return async (work) => {
    try {
      await work;
      failingSinceMs = undefined;
    } catch (error) {
      const nowMs = monotonicMs();
      failingSinceMs ??= nowMs;
      const failingMs = nowMs - failingSinceMs;
      if (!isRetryable(error) || failingMs >= patienceMs) options.onFatal(asError(error));
      else await sleep(Math.min(longestPauseMs, Math.max(SHORTEST_PAUSE_MS, failingMs)));
      throw error;
    }
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
