/**
 * The scheme of most small detectors: a query on a schedule, each time over the last minute of the wall
 * clock. A burst is seen only when one of the looks falls between its last event and the moment its
 * first one leaves the minute.
 */
export interface PollingScheme {
  readonly everyMs: number;
  readonly windowMs: number;
  readonly atLeast: number;
}

/** Every 15 s: at least five failures at or after `now-60s`. */
export const POLLING: PollingScheme = { everyMs: 15_000, windowMs: 60_000, atLeast: 5 };

/** Whether any look sees enough of these events of one source; looks are at multiples of the schedule. */
export function pollingSees(scheme: PollingScheme, timesMs: readonly number[]): boolean {
  const firstLook = Math.ceil(Math.min(...timesMs) / scheme.everyMs) * scheme.everyMs;
  const until = Math.max(...timesMs) + scheme.windowMs;
  for (let now = firstLook; now <= until; now += scheme.everyMs) {
    const seen = timesMs.filter((ms) => ms >= now - scheme.windowMs && ms <= now);
    if (seen.length >= scheme.atLeast) return true;
  }
  return false;
}
