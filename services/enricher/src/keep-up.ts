/**
 * A part that is wanted and may be away: opened in the background, opened again after pauses that double,
 * given up for the moment by whoever sees it fail.
 */
import { backoffMs, messageOf } from '@mini-soc/model';

export interface KeepUpOptions<Part> {
  readonly open: () => Promise<Part>;
  readonly onUp?: (part: Part) => void;
  readonly onDown?: (reason: string, pauseMs: number) => void;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export interface KeptUp<Part> {
  readonly start: () => void;
  /** The part while it is up. */
  readonly current: () => Part | undefined;
  /** Why it is not up; empty while it is, or has not been tried yet. */
  readonly reason: () => string;
  /** It did not do what it should: it is opened again after a pause. */
  readonly fail: (reason: string) => void;
  /** Nothing is opened afterwards. */
  readonly stop: () => void;
}

export function keepUp<Part>(options: KeepUpOptions<Part>): KeptUp<Part> {
  let part: Part | undefined;
  let reason = '';
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOpening = false;
  let isStopped = false;

  const open = async (): Promise<void> => {
    if (isStopped || isOpening) return;
    isOpening = true;
    try {
      const opened = await options.open();
      if (isStopped) return;
      part = opened;
      reason = '';
      failures = 0;
      options.onUp?.(opened);
    } catch (error) {
      wait(messageOf(error));
    } finally {
      isOpening = false;
    }
  };
  const wait = (why: string): void => {
    if (isStopped || timer !== undefined) return;
    part = undefined;
    reason = why;
    failures += 1;
    const pauseMs = backoffMs(failures, {
      firstMs: options.firstPauseMs,
      longestMs: options.longestPauseMs,
    });
    options.onDown?.(why, pauseMs);
    timer = setTimeout(() => {
      timer = undefined;
      void open();
    }, pauseMs);
    timer.unref();
  };
  return {
    start: () => void open(),
    current: () => part,
    reason: () => reason,
    fail: (why) => {
      if (part !== undefined) wait(why);
    },
    stop() {
      isStopped = true;
      part = undefined;
      clearTimeout(timer);
    },
  };
}
