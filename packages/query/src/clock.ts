/**
 * Time of day and week of an event, as people where it matters tell it: in a zone, with its summer time.
 * Offsets change at most on a quarter of an hour, so the zone is asked once for each.
 */

/** Minutes of the day, 0 to 1439; days from 0, Monday. */
export interface ClockTime {
  readonly day: number;
  readonly minute: number;
}

const QUARTER_MS = 900_000;
const MAX_HELD = 10_000;
const MINUTES_PER_DAY = 1440;

/** Whether the zone is one this machine knows. */
export function isTimeZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Throws RangeError for a zone that is none. */
export function createClock(zone: string): (ms: number) => ClockTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const offsets = new Map<number, number>();
  const offsetAt = (quarter: number): number => {
    const held = offsets.get(quarter);
    if (held !== undefined) return held;
    const parts = Object.fromEntries(
      format.formatToParts(quarter * QUARTER_MS).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute) - quarter * QUARTER_MS;
    if (offsets.size >= MAX_HELD) offsets.clear();
    offsets.set(quarter, offset);
    return offset;
  };
  return (ms) => {
    const local = ms + offsetAt(Math.floor(ms / QUARTER_MS));
    const days = Math.floor(local / 86_400_000);
    return {
      // The first of January 1970 was a Thursday.
      day: (((days + 3) % 7) + 7) % 7,
      minute: Math.floor((local - days * 86_400_000) / 60_000),
    };
  };
}

/** From `from` up to before `to`; over midnight when `to` is not later. Then the day is that of its begin. */
export function isWithin(
  { day, minute }: ClockTime,
  span: { readonly days: readonly number[]; readonly from: number; readonly to: number },
): boolean {
  const { days, from, to } = span;
  if (from < to) return minute >= from && minute < to && days.includes(day);
  if (minute >= from) return days.includes(day);
  return minute < to % MINUTES_PER_DAY && days.includes((day + 6) % 7);
}
