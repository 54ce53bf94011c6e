/**
 * What stands around a message: classic syslog, ISO syslog, RFC 5424, with or without PRI, host and
 * pid. Read by position from the left, so that no message can pretend to be a header.
 */
import { nameOfProgram } from './program-name.ts';
import { readTaiTime } from './own-time.ts';
import { readIsoTime, readSyslogTime, type FoundTime, type TimeContext } from './timestamp.ts';

export interface Envelope {
  /** Milliseconds; NaN when the time does not exist; undefined when the line has none. */
  readonly timeMs: number | undefined;
  /** The clock showed this time twice or never: the zone's clock changed. */
  readonly isAmbiguousTime: boolean;
  readonly hostname: string | undefined;
  /** Without path, pid and parentheses; empty when there is none. */
  readonly program: string;
  /** `pam_unix` of `sshd(pam_unix)[4]:`. */
  readonly module: string | undefined;
  readonly pid: number | undefined;
  readonly message: string;
}

interface Tag {
  readonly program: string;
  readonly module: string | undefined;
  readonly pid: number | undefined;
  readonly end: number;
}

/** Index behind `98 ` (octet counting) and `<38>` (PRI), if they stand there. */
function skipPriority(line: string): number {
  const counted = /^\d{1,6} (?=<\d)/.exec(line);
  const from = counted === null ? 0 : counted[0].length;
  if (line.charAt(from) !== '<') return from;
  const close = line.indexOf('>', from);
  return close > from + 1 && close <= from + 4 && /^\d+$/.test(line.slice(from + 1, close))
    ? close + 1
    : from;
}

/** Undefined when the line has no header that we know. */
export function readEnvelope(line: string, context: TimeContext): Envelope | undefined {
  let at = line.charCodeAt(0) === 0xfeff ? 1 : 0;
  const first = line.charCodeAt(at);
  if (first === 60 || (first >= 48 && first <= 57 && line.indexOf(' <') > 0)) {
    at = skipPriority(line);
    if (
      at > 0 &&
      line.charAt(at - 1) === '>' &&
      line.charAt(at) === '1' &&
      line.charAt(at + 1) === ' '
    )
      return readRfc5424(line, at + 2, context);
  }
  const time =
    readSyslogTime(line, at, context) || readIsoTime(line, at, context) || readTaiTime(line, at);
  if (time === undefined) return at > 0 ? readHeader(line, at, undefined) : undefined;
  // Cisco ends the time with a colon, and names no host then.
  const end = line.substr(time.end, 3) === ': %' ? time.end + 1 : time.end;
  if (line.charAt(end) !== ' ') return undefined;
  return readHeader(line, end + 1, time);
}

/** HOST PROGRAM[PID]: MESSAGE without a time, as journald prints it with `-o cat` prefixes or tests do. */
export function readBareHeader(line: string): Envelope | undefined {
  return readHeader(line, 0, undefined);
}

function readHeader(
  line: string,
  start: number,
  time: FoundTime | undefined,
): Envelope | undefined {
  let at = skipBlanks(line, start);
  const level =
    line.charAt(at) === '<' ? /^<[a-z0-9.]{1,16}> /.exec(line.slice(at, at + 20)) : null;
  if (level !== null) at += level[0].length;
  const timeMs = time === undefined ? undefined : time.ms;
  const isAmbiguousTime = time !== undefined && time.isAmbiguous;
  let tag = readTag(line, at, true);
  let hostname: string | undefined;
  if (line.charAt(at) === '%')
    return {
      timeMs: timeMs,
      isAmbiguousTime: isAmbiguousTime,
      hostname: undefined,
      program: '',
      module: undefined,
      pid: undefined,
      message: line.slice(at),
    };
  if (tag === undefined) {
    const blank = line.indexOf(' ', at);
    if (blank < 0) return undefined;
    hostname = line.slice(at, blank);
    at = skipBlanks(line, blank + 1);
    tag = readTag(line, at, false);
    if (tag === undefined) {
      // Some systems write the host twice, or facility.severity before the program.
      const next = line.indexOf(' ', at);
      const word = next < 0 ? '' : line.slice(at, next);
      const fields = /^([A-Za-z0-9_./-]{1,48}) (\d{1,10}|-) [!-~]{1,32} (?=- |\[)/.exec(
        line.slice(at, at + 100),
      );
      const end = fields === null ? -1 : skipStructuredData(line, at + fields[0].length);
      if (fields !== null && end >= 0 && line.charAt(end) === ' ')
        return {
          timeMs: timeMs,
          isAmbiguousTime: isAmbiguousTime,
          hostname: hostname === '-' ? undefined : hostname,
          program: nameOfProgram(fields[1] as string),
          module: undefined,
          pid: fields[2] === '-' ? undefined : Number(fields[2]),
          message: line.slice(skipBlanks(line, end)),
        };
      if (word !== hostname && !/^[a-z0-9]{1,32}\.[a-z]{1,32}:?$/.test(word)) {
        if (next < 0) return undefined;
        return {
          timeMs: timeMs,
          isAmbiguousTime: isAmbiguousTime,
          hostname: hostname,
          program: '',
          module: undefined,
          pid: undefined,
          message: line.slice(at),
        };
      }
      at = skipBlanks(line, next + 1);
      tag = readTag(line, at, false);
      if (tag === undefined)
        return {
          timeMs: timeMs,
          isAmbiguousTime: isAmbiguousTime,
          hostname: hostname,
          program: '',
          module: undefined,
          pid: undefined,
          message: line.slice(at),
        };
    }
  } else if (
    /^[a-z0-9]+\.(emerg|alert|crit|err|error|warn|warning|notice|info|debug)$/.test(tag.program) &&
    tag.pid === undefined
  ) {
    // `auth.info: sshd[30993]:  message`
    let inner = skipBlanks(line, tag.end);
    const again = /^[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d /.exec(line.slice(inner, inner + 17));
    if (again !== null) inner += again[0].length;
    const real = readTag(line, inner, true);
    if (real !== undefined && real.pid !== undefined) tag = real;
    else
      return {
        timeMs: timeMs,
        isAmbiguousTime: isAmbiguousTime,
        hostname: undefined,
        program: '',
        module: undefined,
        pid: undefined,
        message: line.slice(inner),
      };
  }
  return {
    timeMs: timeMs,
    isAmbiguousTime: isAmbiguousTime,
    hostname: hostname === '-' ? undefined : hostname,
    program: tag.program,
    module: tag.module,
    pid: tag.pid,
    message: line.slice(skipBlanks(line, tag.end)),
  };
}

function skipBlanks(line: string, at: number): number {
  let next = at;
  while (line.charCodeAt(next) === 32) next++;
  return next;
}

/**
 * `program[pid]:`, `/usr/sbin/sshd[4]:`, `sshd(pam_unix)[4]:`, `php-fpm7.4:`, `[sshd]:`. Where a host
 * name could stand as well (`isFirst`), only a word that ends in a colon is a tag.
 */
function readTag(line: string, start: number, isFirst: boolean): Tag | undefined {
  let at = start;
  let from = start;
  const isBracketed = line.charAt(at) === '[';
  if (isBracketed) {
    at++;
    from++;
  }
  for (let code = line.charCodeAt(at); isTagCode(code); code = line.charCodeAt(at)) at++;
  if (at === from || at - from > 128) return undefined;
  if (isFirst && !isBracketed && line.charCodeAt(at) === 32) return undefined; // a host name
  let program = line.slice(from, at);
  let module: string | undefined;
  let pid: number | undefined;
  if (isBracketed) {
    // A firewall's prefix such as [UFW BLOCK] or [WAN_LOCAL-D-1] belongs to the message.
    if (line.charAt(at) !== ']' || /[A-Z]/.test(program)) return undefined;
    at++;
    if (line.charAt(at) === ':') at++;
    return line.charAt(at) === ' '
      ? { program: nameOfProgram(program), module: undefined, pid: undefined, end: at }
      : undefined;
  }
  if (line.charAt(at) === '(') {
    const close = line.indexOf(')', at);
    if (close < 0 || close - at > 64) return undefined;
    module = line.slice(at + 1, close);
    at = close + 1;
  }
  if (line.charAt(at) === '[') {
    let close = at + 1;
    pid = 0;
    for (let digit = line.charCodeAt(close) - 48; digit >= 0 && digit <= 9;) {
      pid = pid * 10 + digit;
      close++;
      digit = line.charCodeAt(close) - 48;
    }
    if (close === at + 1 || close - at > 11 || line.charCodeAt(close) !== 93) return undefined;
    at = close + 1;
  }
  const colon = line.charAt(at) === ':';
  if (colon) at++;
  const behind = line.charAt(at);
  if (behind !== ' ' && behind !== '' && !(behind === '[' && program === 'kernel'))
    return undefined;
  if (!colon && (isFirst || (pid === undefined && module === undefined))) return undefined;
  program = nameOfProgram(program);
  return {
    program: program,
    module: module,
    pid: pid !== undefined && pid <= 4294967295 ? pid : undefined,
    end: at,
  };
}

function isTagCode(code: number): boolean {
  // letters, digits, - . / _ @ +
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 45 && code <= 57) ||
    code === 95 ||
    code === 64 ||
    code === 43
  );
}

/** RFC 5424, section 6: TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA [MSG]; `-` is absent. */
function readRfc5424(line: string, start: number, context: TimeContext): Envelope | undefined {
  const words: string[] = [];
  let at = start;
  for (let i = 0; i < 5; i++) {
    const blank = line.indexOf(' ', at);
    if (blank < 0) return undefined;
    words.push(line.slice(at, blank));
    at = blank + 1;
  }
  const end = skipStructuredData(line, at);
  if (end < 0) return undefined;
  const stamp = words[0] as string;
  const time = stamp === '-' ? undefined : readIsoTime(stamp, 0, context);
  const pidText = words[3] as string;
  // rsyslog's own template writes the blank that stood behind an old tag as well.
  let message = line.slice(skipBlanks(line, end));
  if (message.charCodeAt(0) === 0xfeff) message = message.slice(1);
  const hostname = words[1] as string;
  const program = words[2] as string;
  return {
    timeMs:
      stamp === '-' ? undefined : time === undefined || time.end !== stamp.length ? NaN : time.ms,
    isAmbiguousTime: time !== undefined && time.isAmbiguous,
    hostname: hostname === '-' ? undefined : hostname,
    program: program === '-' ? '' : nameOfProgram(program),
    module: undefined,
    pid: /^\d{1,10}$/.test(pidText) ? Number(pidText) : undefined,
    message: message,
  };
}

/** Index behind the structured data, quotes and escapes respected; -1 when it does not end. */
function skipStructuredData(line: string, start: number): number {
  if (line.charAt(start) === '-') return start + 1;
  let at = start;
  while (line.charAt(at) === '[') {
    let isQuoted = false;
    at++;
    for (;;) {
      const character = line.charAt(at);
      if (character === '') return -1;
      if (isQuoted && character === '\\') at++;
      else if (character === '"') isQuoted = !isQuoted;
      else if (character === ']' && !isQuoted) break;
      at++;
    }
    at++;
  }
  return at === start ? -1 : at;
}
