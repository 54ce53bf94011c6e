/** Work that never overlaps with itself: while it runs, any number of requests make exactly one more run. */
export interface SingleFlight<Result> {
  /** Result of the first run that begins after this call. */
  readonly run: () => Promise<Result>;
  readonly isRunning: () => boolean;
  /** Resolves when nothing runs or waits; never rejects. */
  readonly settled: () => Promise<void>;
}

export function createSingleFlight<Result>(work: () => Promise<Result>): SingleFlight<Result> {
  let present: Promise<Result> | undefined;
  let next: Promise<Result> | undefined;
  const begin = (): Promise<Result> => {
    const running = work().finally(() => {
      if (present === running) present = undefined;
    });
    present = running;
    return running;
  };
  const run = (): Promise<Result> => {
    if (next !== undefined) return next;
    if (present === undefined) return begin();
    next = present
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
  return {
    run,
    isRunning: () => (next ?? present) !== undefined,
    settled: async () => {
      for (let last = next ?? present; last !== undefined; last = next ?? present)
        await last.catch(() => undefined);
    },
  };
}
