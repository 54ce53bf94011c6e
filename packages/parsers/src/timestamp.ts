/**
 * Times of log lines: RFC 3339 and ISO 8601 as loggers write them, classic syslog without a year, the
 * access log's. A time that does not exist (31 February) is refused, never moved.
 */
import { isAt } from './draft.ts';

export interface TimeContext {
  /** When the line reached us, milliseconds since the epoch. */
  readonly arrivalMs: number;
  /**
   * Offset of lines that name no zone, minutes east of UTC, for a local wall-clock time. In an hour that
   * a clock change skips or repeats it is the offset before the change.
   */
  readonly zoneOffsetMinutes?: ((localMs: number) => number) | undefined;
}

const DAY_MS = 86400000;

/** Lines from further ahead of arrival than this have a wrong clock or zone. There is no bound on their age. */
export const MAX_AHEAD_MS = 5 * 60000;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** 1 to 12 for Jan to Dec; 0 for anything else. */
export function readMonth(text: string, at: number): number {
  const index = MONTHS.indexOf(text.substr(at, 3));
  return index >= 0 && index % 3 === 0 ? index / 3 + 1 : 0;
}

/** Number of `count` digits at `at`; -1 when they are not all digits. */
export function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Milliseconds of a wall-clock time as if it were UTC; NaN when there is no such day or time. */
export function wallClock(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 && isLeap ? 29 : DAYS[month - 1];
  if (last === undefined || day < 1 || day > last) return NaN;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return NaN;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

const HOUR_MS = 3600000;

interface ZoneHour {
  readonly zone: (localMs: number) => number;
  readonly hour: number;
  readonly offset: number;
  /** Minutes by which the clock is turned in this hour or the next; positive in autumn. */
  readonly turned: number;
}

let zoneHour: ZoneHour | undefined;

/** What the zone does around this hour; the last answer is remembered, asking a zone can be slow. */
function askZone(zone: (localMs: number) => number, wallMs: number): ZoneHour {
  const hour = Math.floor(wallMs / HOUR_MS);
  if (zoneHour === undefined || zoneHour.hour !== hour || zoneHour.zone !== zone) {
    const offset = zone(wallMs);
    zoneHour = {
      zone: zone,
      hour: hour,
      offset: offset,
      turned: offset - zone(wallMs + HOUR_MS),
    };
  }
  return zoneHour;
}

/** True when the zone's clock showed this time twice (autumn) or never (spring). */
function isChanging(wallMs: number, found: ZoneHour): boolean {
  return (
    found.turned !== 0 && found.zone(wallMs + Math.abs(found.turned) * 60000) !== found.zone(wallMs)
  );
}

/**
 * A wall-clock time that names no zone. An hour that the clock showed twice is its first, unless the
 * second has just passed when the line arrives.
 */
function local(wallMs: number, end: number, context: TimeContext): FoundTime {
  const zone = context.zoneOffsetMinutes;
  if (zone === undefined || wallMs !== wallMs) return { ms: wallMs, end: end, isAmbiguous: false };
  const found = askZone(zone, wallMs);
  const first = wallMs - found.offset * 60000;
  if (!isChanging(wallMs, found)) return { ms: first, end: end, isAmbiguous: false };
  const second = first + Math.max(0, found.turned) * 60000;
  const isSecond =
    second <= context.arrivalMs + MAX_AHEAD_MS && second > context.arrivalMs - HOUR_MS / 2;
  return { ms: isSecond ? second : first, end: end, isAmbiguous: true };
}

/** Wall-clock time of a time without a year: the year that puts it nearest to arrival, at most a day ahead of it. NaN when there is none. */
export function yearless(
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  context: TimeContext,
): number {
  const thisYear = new Date(context.arrivalMs).getUTCFullYear();
  const zone = context.zoneOffsetMinutes;
  const offset = zone === undefined ? 0 : zone(context.arrivalMs);
  for (let year = thisYear + 1; year >= thisYear - 8; year--) {
    const wall = wallClock(year, month, day, hour, minute, second, 0);
    if (wall !== wall) continue; // 29 February exists in a leap year only
    if (wall - offset * 60000 <= context.arrivalMs + DAY_MS)
      return year >= thisYear - 1 ? wall : NaN;
  }
  return NaN;
}

export interface FoundTime {
  readonly ms: number;
  /** Index behind the time. */
  readonly end: number;
  /** The zone's clock showed this time twice or never. */
  readonly isAmbiguous: boolean;
}

/** Milliseconds of the decimals at `at`, cut behind the third. */
function fraction(text: string, at: number): number {
  let ms = 0;
  let scale = 100;
  for (let i = at; scale >= 1; i++) {
    const digit = digits(text, i, 1);
    if (digit < 0) break;
    ms += digit * scale;
    scale = Math.floor(scale / 10);
  }
  return ms;
}

function digitsEnd(text: string, at: number): number {
  let end = at;
  while (digits(text, end, 1) >= 0) end++;
  return end;
}

/** `2026-11-21T03:40:00.123456+01:00`, also with a blank, a comma, no zone, `-0700`; undefined when none stands there. */
export function readIsoTime(text: string, at: number, context: TimeContext): FoundTime | undefined {
  const year = digits(text, at, 4);
  const month = digits(text, at + 5, 2);
  const day = digits(text, at + 8, 2);
  const hour = digits(text, at + 11, 2);
  const minute = digits(text, at + 14, 2);
  const second = digits(text, at + 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return undefined;
  const between = text.charAt(at + 10);
  if (between !== 'T' && between !== 't' && between !== ' ') return undefined;
  const dateMark = text.charAt(at + 4);
  if (dateMark !== text.charAt(at + 7) || (dateMark !== '-' && dateMark !== '/')) return undefined;
  if (text.charAt(at + 13) !== ':' || text.charAt(at + 16) !== ':') return undefined;
  let end = at + 19;
  let ms = 0;
  const mark = text.charAt(end);
  if ((mark === '.' || mark === ',') && digits(text, end + 1, 1) >= 0) {
    ms = fraction(text, end + 1);
    end = digitsEnd(text, end + 1);
  }
  const wall = wallClock(year, month, day, hour, minute, second, ms);
  const zone = text.charAt(end);
  if (zone === 'Z' || zone === 'z') return { ms: wall, end: end + 1, isAmbiguous: false };
  if (zone === '+' || zone === '-') {
    const hours = digits(text, end + 1, 2);
    const colon = text.charAt(end + 3) === ':' ? 1 : 0;
    const minutes = digits(text, end + 3 + colon, 2);
    if (hours < 0 || hours > 14) return local(wall, end, context);
    const offset = hours * 60 + (minutes < 0 ? 0 : minutes);
    const length = minutes < 0 ? 3 : 5 + colon;
    return {
      ms: wall - (zone === '-' ? -offset : offset) * 60000,
      end: end + length,
      isAmbiguous: false,
    };
  }
  return local(wall, end, context);
}

/** The last time without a year, which many lines in a row share. */
let lastStamp = '';
let lastWall = NaN;

/** `Nov 21 03:40:00`, `Nov  1 …`, `Nov 1 …`, with the year before the month or behind the day. */
export function readSyslogTime(
  text: string,
  at: number,
  context: TimeContext,
): FoundTime | undefined {
  if (lastStamp !== '' && isAt(text, at, lastStamp)) {
    const found = local(lastWall, at + lastStamp.length, context);
    const age = context.arrivalMs - found.ms;
    if (age >= -DAY_MS && age < 300 * DAY_MS) return found;
  }
  let next = at;
  let year = -1;
  if (readMonth(text, next) === 0) {
    year = digits(text, next, 4);
    if (year < 1970 || text.charAt(next + 4) !== ' ') return undefined;
    next += 5;
  }
  const month = readMonth(text, next);
  if (month === 0 || text.charAt(next + 3) !== ' ') return undefined;
  next += text.charAt(next + 4) === ' ' ? 5 : 4;
  let day = digits(text, next, 2);
  next += 2;
  if (day < 0) {
    day = digits(text, next - 2, 1);
    next -= 1;
    if (day < 0) return undefined;
  }
  if (text.charAt(next) !== ' ') return undefined;
  next++;
  if (year < 0 && text.charAt(next + 4) === ' ' && digits(text, next, 4) >= 1970) {
    year = digits(text, next, 4);
    next += 5;
  }
  const hour = digits(text, next, 2);
  const minute = digits(text, next + 3, 2);
  const second = digits(text, next + 6, 2);
  if (
    hour < 0 ||
    minute < 0 ||
    second < 0 ||
    text.charAt(next + 2) !== ':' ||
    text.charAt(next + 5) !== ':'
  )
    return undefined;
  next += 8;
  if (text.charAt(next) === '.' && digits(text, next + 1, 1) >= 0) next = digitsEnd(text, next + 1);
  if (year >= 0) return local(wallClock(year, month, day, hour, minute, second, 0), next, context);
  lastWall = yearless(month, day, hour, minute, second, context);
  lastStamp = lastWall === lastWall && text.charAt(next) === ' ' ? text.slice(at, next) : '';
  return local(lastWall, next, context);
}

const WEEKDAYS = 'MonTueWedThuFriSatSun';

/** `Sat Nov 21 03:40:00 2026` as ctime() writes it, also with a fraction behind the second. */
export function readCtime(text: string, at: number, context: TimeContext): FoundTime | undefined {
  const weekday = WEEKDAYS.indexOf(text.substr(at, 3));
  if (weekday < 0 || weekday % 3 !== 0 || text.charAt(at + 3) !== ' ') return undefined;
  const month = readMonth(text, at + 4);
  let next = at + 8;
  if (text.charAt(next) === ' ') next++;
  const dayLength = text.charAt(next + 1) === ' ' ? 1 : 2;
  const day = digits(text, next, dayLength);
  next += dayLength + 1;
  const hour = digits(text, next, 2);
  const minute = digits(text, next + 3, 2);
  const second = digits(text, next + 6, 2);
  let end = next + 8;
  let ms = 0;
  if (text.charAt(end) === '.') {
    ms = fraction(text, end + 1);
    end = digitsEnd(text, end + 1);
  }
  const year = text.charAt(end) === ' ' ? digits(text, end + 1, 4) : -1;
  if (month === 0 || year < 1970 || day < 0 || text.charAt(next + 2) !== ':') return undefined;
  const wall = wallClock(year, month, day, hour, minute, second, ms);
  return local(wall, end + 5, context);
}

/** `21/Nov/2026:03:40:27 +0000`, the day also with one digit; UTC where no zone is named. NaN when there is no such time. */
export function readAccessTime(text: string): number {
  const at = text.charAt(1) === '/' ? 1 : 2;
  if (text.charAt(at) !== '/' || text.charAt(at + 4) !== '/' || text.charAt(at + 9) !== ':')
    return NaN;
  const wall = wallClock(
    digits(text, at + 5, 4),
    readMonth(text, at + 1),
    digits(text, 0, at),
    digits(text, at + 10, 2),
    digits(text, at + 13, 2),
    digits(text, at + 16, 2),
    0,
  );
  const sign = text.charAt(at + 19);
  if (sign !== '+' && sign !== '-') return text.length <= at + 19 ? wall : NaN;
  const hours = digits(text, at + 20, 2);
  const minutes = digits(text, at + 22, 2);
  return hours < 0 || minutes < 0
    ? NaN
    : wall - (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60000;
}

let lastSecond = NaN;
let lastText = '';
let lastWhole = '';

/** ISO 8601 UTC with milliseconds; the text of the last second is remembered, logs repeat it. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 20);
    lastWhole = lastText + '000Z';
    lastSecond = second;
  }
  const rest = ms - second * 1000;
  if (rest === 0) return lastWhole;
  return lastText + (rest < 10 ? '00' : rest < 100 ? '0' : '') + String(rest) + 'Z';
}
