/** Offsets of a time zone for log lines that name none, from what a clock of that zone shows. */

const HOUR_MS = 3600000;

/**
 * Returns a function from local wall-clock time (milliseconds, as if UTC) to the zone's offset in
 * minutes, cached by the hour. In the hour that a clock change skips or repeats, the offset before
 * the change is taken. `offsetAt` gives the offset at an instant.
 */
export function createWallClockOffset(
  offsetAt: (instantMs: number) => number,
): (localMs: number) => number {
  let cachedHour = NaN;
  let cachedOffset = 0;
  return (localMs) => {
    const hour = Math.floor(localMs / HOUR_MS);
    if (hour !== cachedHour) {
      const guess = offsetAt(localMs);
      const before = offsetAt(localMs - guess * 60000 - HOUR_MS);
      cachedOffset =
        before !== guess && offsetAt(localMs - before * 60000) === before
          ? before
          : offsetAt(localMs - guess * 60000);
      cachedHour = hour;
    }
    return cachedOffset;
  };
}
