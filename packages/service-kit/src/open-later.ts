/** What is opened may not be up yet: wait for it, or open it when it is first needed. */
import { backoffMs, isRetryable, messageOf } from '@mini-soc/model';
import type { Logger } from './logger.ts';
import { pause } from './pause.ts';

export interface WaitOptions {
  /** What is waited for, to follow "Waiting for". */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** First pause, milliseconds; doubles up to `longestMs`. */
  readonly firstMs?: number;
  readonly longestMs?: number;
}

/**
 * Tries until it works, as long as what fails says that waiting helps (`retryable`). Throws any other
 * error, and the signal's reason when that comes first.
 */
export async function waitFor<Result>(
  open: () => Promise<Result>,
  options: WaitOptions,
): Promise<Result> {
  const { signal, firstMs = 250, longestMs = 5000 } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await open();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      const pauseMs = backoffMs(attempt, { firstMs, longestMs });
      options.logger.info({ reason: messageOf(error), pauseMs }, `Waiting for ${options.what}`);
      await pause(pauseMs, signal);
    }
  }
}

/** Opens at the first call and hands the same to all later ones; what failed is tried at the next call. */
export function openLater<Result>(open: () => Promise<Result>): () => Promise<Result> {
  let opened: Promise<Result> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
