/** A batch is kept until it is stored: its lines are marked as read only then. */
import { isRetryable } from '@mini-soc/model';

export interface KeepTryingOptions {
  /** Told once, when trying again is of no use. */
  readonly onFatal: (error: Error) => void;
  /** Tries after which even a store that may come back is given up. Default 20. */
  readonly attempts?: number;
  /** Default 60 s. */
  readonly longestPauseMs?: number;
  /** Told of each failure that is tried again. */
  readonly onFailure?: (error: unknown) => void;
}

const ATTEMPTS = 20;
const LONGEST_PAUSE_MS = 60_000;

/** A store that is busy is asked again, with growing pauses; one that is broken stops the product. */
export async function keepTrying(
  work: () => Promise<void>,
  options: KeepTryingOptions,
): Promise<void> {
  const { attempts = ATTEMPTS, longestPauseMs = LONGEST_PAUSE_MS } = options;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isRetryable(error) || attempt >= attempts) {
        options.onFatal(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
      options.onFailure?.(error);
      const pauseMs = Math.min(longestPauseMs, 100 * 2 ** attempt);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
