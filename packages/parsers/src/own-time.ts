/** The time that programs put in front of the lines of their own files, in the forms that are met. */
import {
  readCtime,
  readIsoTime,
  readMonth,
  readSyslogTime,
  type FoundTime,
  type TimeContext,
} from './timestamp.ts';

/** `@400000004c91b044077a9e94`: seconds of TAI64N, which runs ahead of UTC by the leap seconds. */
const TAI_START = /^@40000000([0-9a-f]{8})[0-9a-f]{8} /;
const TAI_AHEAD_SECONDS = 37;

/**
 * `[TIME]`, `<W>TIME`, `(W) TIME`, `[CEST TIME]` or TIME, and where the rest of the line begins; undefined when it begins
 * with none. A zone that is named by letters is taken for the zone of the log.
 */
export function readOwnTime(line: string, context: TimeContext): FoundTime | undefined {
  const tai = readTaiTime(line, 0);
  if (tai !== undefined) return { ms: tai.ms, end: tai.end + 1, isAmbiguous: false };
  const head = /^(?:\[(?:[A-Z]{2,5} )?|<[A-Z]>|\([A-Z]\) )/.exec(line.slice(0, 8));
  const at = head === null ? 0 : head[0].length;
  const time =
    readRearranged(line, at, context) ||
    readIsoTime(line, at, context) ||
    readSyslogTime(line, at, context) ||
    readCtime(line, at, context);
  if (time === undefined) return undefined;
  const rest = /^\]?:?[ |]{0,16}/.exec(line.slice(time.end, time.end + 20));
  return {
    ms: time.ms,
    end: time.end + (rest === null ? 0 : rest[0].length),
    isAmbiguous: time.isAmbiguous,
  };
}

/** As multilog and others of daemontools write it; a blank stands behind. */
export function readTaiTime(line: string, at: number): FoundTime | undefined {
  if (line.charCodeAt(at) !== 64) return undefined;
  const found = TAI_START.exec(line.slice(at, at + 26));
  return found === null
    ? undefined
    : {
        ms: (parseInt(found[1] as string, 16) - TAI_AHEAD_SECONDS) * 1000,
        end: at + 25,
        isAmbiguous: false,
      };
}

const DAY_FIRST =
  /^(\d{2})[-/]([A-Z][a-z]{2})[-/](\d{4})[ :](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(?: ([+-]\d{4}))?/;
const NO_YEAR = /^(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(?= )/;
const MONTH_NAMES = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const COMPACT = /^(\d{4})(\d{2})(\d{2})-(\d\d:\d\d:\d\d)/;
const ISO_AND_ZONE = /^(\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?) ([+-]\d\d:?\d\d)/;

/** `22-Jan-2026 22:28:21 +0200`, `20260122-22:28:21`, `01-22 22:28:21.123`, `2026-01-22 22:28:21.123 +02:00`. */
function readRearranged(line: string, at: number, context: TimeContext): FoundTime | undefined {
  const text = line.slice(at, at + 48);
  const named = DAY_FIRST.exec(text);
  if (named !== null) {
    const month = readMonth(named[2] as string, 0);
    const day = (named[3] as string) + '-' + (month < 10 ? '0' : '') + String(month);
    const clock = 'T' + (named[4] as string) + (named[5] === undefined ? '' : named[5]);
    return within(day + '-' + (named[1] as string) + clock, at + named[0].length, context);
  }
  const zoned = ISO_AND_ZONE.exec(text);
  if (zoned !== null)
    return within((zoned[1] as string) + (zoned[2] as string), at + zoned[0].length, context);
  const noYear = NO_YEAR.exec(text);
  if (noYear !== null) {
    const month = MONTH_NAMES.substr(3 * Number(noYear[1]) - 3, 3);
    const short = month + ' ' + (noYear[2] as string) + ' ' + (noYear[3] as string);
    const time = readSyslogTime(short, 0, context);
    if (time !== undefined)
      return { ms: time.ms, end: at + noYear[0].length, isAmbiguous: time.isAmbiguous };
  }
  const found = COMPACT.exec(text);
  if (found === null) return undefined;
  const day = (found[1] as string) + '-' + (found[2] as string) + '-' + (found[3] as string);
  return within(day + 'T' + (found[4] as string), at + found[0].length, context);
}

function within(iso: string, end: number, context: TimeContext): FoundTime | undefined {
  const time = readIsoTime(iso, 0, context);
  return time === undefined ? undefined : { ms: time.ms, end: end, isAmbiguous: time.isAmbiguous };
}
