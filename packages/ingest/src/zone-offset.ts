/** Offsets of a time zone, for log lines that name none. */
import { ConfigError } from '@mini-soc/model';
import { createWallClockOffset } from '@mini-soc/parsers';

/**
 * Returns a function from local wall-clock time (milliseconds, as if UTC) to the zone's offset in
 * minutes, cached by the hour. In the hour that a clock change skips or repeats, the offset before
 * the change is taken. Throws ConfigError for an unknown zone.
 */
export function createZoneOffset(timeZone: string): (localMs: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      ...(timeZone === '' ? {} : { timeZone }),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new ConfigError([
      `LOG_TIME_ZONE  Expected an IANA time zone such as Europe/Berlin: current value is ${JSON.stringify(timeZone)}`,
    ]);
  }
  const offsetAt = (instantMs: number): number => {
    const parts: Record<string, number> = {};
    for (const part of format.formatToParts(new Date(instantMs)))
      parts[part.type] = Number(part.value);
    const wall = Date.UTC(
      parts['year'] ?? 0,
      (parts['month'] ?? 1) - 1,
      parts['day'],
      parts['hour'],
      parts['minute'],
      parts['second'],
    );
    return Math.round((wall - Math.floor(instantMs / 1000) * 1000) / 60_000);
  };
  return createWallClockOffset(offsetAt);
}
