/** Raw line → event: finds the envelope, then hands the message to the parser of the program. */
import type { ParsedEvent } from '@mini-soc/model';
import type { IpRange } from '@mini-soc/model/ip-address';
import { LIMITS } from '@mini-soc/model/limits';
import { parseAccessLog } from './access-log.ts';
import { parseApacheMessage } from './apache-error.ts';
import { addFlag, type Draft } from './draft.ts';
import { readBareHeader, readEnvelope, type Envelope } from './envelope.ts';
import { describeCommandOf } from './command-facts.ts';
import { hasLinesOfItsOwn, lineParserOf, programOf } from './find-format.ts';
import { type LogFormat } from './formats.ts';
import { takeForwardedClient } from './forwarded-client.ts';
import type { FileMemory } from './file-memory.ts';
import { readJournalEntry } from './journald.ts';
import { parseJsonEvent, readJsonObject, readObjectTime } from './json-event.ts';
import { parseMessage } from './parse-message.ts';
import { tellAttempt } from './ssh-attempts.ts';
import { tellSudo } from './sudo-starts.ts';
import { formatTime, MAX_AHEAD_MS, type TimeContext } from './timestamp.ts';
import { isWebProgram } from './web-message.ts';
import { parseWindowsRecord, readWindowsRecord } from './windows-event.ts';

export interface ParseContext extends TimeContext {
  readonly format?: LogFormat;
  /** Host of lines that name none. */
  readonly defaultHostname?: string;
  /** The line before it in the same file, for `last message repeated N times`, which says nothing by itself. */
  readonly previousLine?: string | undefined;
  /** Proxies in front of the web server: the client is the last hop before them. */
  readonly trustedProxies?: readonly IpRange[];
  /** `false`: nobody has said that this input holds events of ours, so their writer is not proven. */
  readonly isJsonTrusted?: boolean;
  /** What earlier lines of the same file told; without it each line stands for itself. */
  readonly memory?: FileMemory;
}

const MAX_REPEAT = LIMITS.repeat_count.value;
/** The event of a line, without id and arrival time; undefined when we know no meaning of it. Never throws. */
export function parseLine(line: string, context: ParseContext): ParsedEvent | undefined {
  const format = context.format === undefined ? 'auto' : context.format;
  const first = line.charCodeAt(0);
  if ((first === 123 || first === 0xfeff) && (format === 'auto' || format === 'json')) {
    const object = readJsonObject(first === 0xfeff ? line.slice(1) : line);
    if (object !== undefined) return fromJson(line, object, context);
    if (first === 123) return undefined;
  }
  if (format === 'json') return undefined;
  if (format === 'access' || format === 'web-error') return fromWebFile(line, format, context);
  if (hasLinesOfItsOwn(format)) {
    const event = fromOwnFile(line, first, context);
    if (event !== undefined) return event;
  }
  const envelope = readEnvelope(line, context);
  if (envelope !== undefined) {
    const event = fromEnvelope(line, envelope, context, '');
    if (event !== undefined) return event;
  }
  const program = programOf(format);
  if (program !== undefined) return fromMessage(line, envelope, program, context);
  if (format !== 'auto' || envelope !== undefined) return undefined;
  return (
    fromWebFile(line, 'access', context) ||
    fromBareWebLine(line, context) ||
    fromKernelRing(line, context)
  );
}

function newDraft(line: string): Draft {
  return { '@timestamp': '', message: line, log_type: 'system', action: '', status: 'info' };
}

function withHost(draft: Draft, context: ParseContext): Draft {
  if (draft.hostname === undefined && context.defaultHostname !== undefined)
    draft.hostname = context.defaultHostname;
  return draft;
}

/** Files whose lines begin with their own time: `[Sat Nov …`, `2026/11/21 … [error]`, `Sat Nov …`. */
function fromOwnFile(line: string, first: number, context: ParseContext): Draft | undefined {
  const parse = lineParserOf(line, first);
  if (parse === undefined) return undefined;
  const draft = newDraft(line);
  const timeMs = parse(line, draft, context);
  return timeMs === undefined ? undefined : finish(withHost(draft, context), timeMs, context);
}

function fromWebFile(line: string, format: LogFormat, context: ParseContext): Draft | undefined {
  const draft = newDraft(line);
  if (format === 'access') {
    const timeMs = parseAccessLog(line, draft);
    if (timeMs === undefined) return undefined;
    const proxies = context.trustedProxies;
    if (proxies !== undefined && proxies.length > 0) takeForwardedClient(line, draft, proxies);
    return finish(withHost(draft, context), timeMs, context);
  }
  const event = fromOwnFile(line, line.charCodeAt(0), context);
  if (event !== undefined) return event;
  return parseApacheMessage(line, draft)
    ? finish(withHost(draft, context), undefined, context)
    : undefined;
}

/** `HOST nginx[PID]: …` without a time in front, as a journal is printed: the message brings its own. */
function fromBareWebLine(line: string, context: ParseContext): Draft | undefined {
  const bare = readBareHeader(line);
  return bare !== undefined && bare.pid !== undefined && isWebProgram(bare.program)
    ? fromEnvelope(line, bare, context, '')
    : undefined;
}

/** `[ 1234.567890] …` as `dmesg` prints it: seconds since the start, no time of day. */
function fromKernelRing(line: string, context: ParseContext): Draft | undefined {
  return /^\[ {0,12}\d{1,12}\.\d{1,9}\] /.test(line.slice(0, 32))
    ? fromMessage(line, undefined, 'kernel', context)
    : undefined;
}

/** A line of a file of which we know that only this program writes it. */
function fromMessage(
  line: string,
  envelope: Envelope | undefined,
  program: string,
  context: ParseContext,
): Draft | undefined {
  if (envelope !== undefined && envelope.program === '')
    return fromEnvelope(line, envelope, context, program);
  const bare = readBareHeader(line);
  if (bare !== undefined && bare.pid !== undefined)
    return fromEnvelope(line, bare, context, program);
  return fromEnvelope(
    line,
    {
      timeMs: undefined,
      isAmbiguousTime: false,
      hostname: undefined,
      program: program,
      module: undefined,
      pid: undefined,
      message: line,
    },
    context,
    program,
  );
}

function fromJson(
  line: string,
  object: { readonly [name: string]: unknown },
  context: ParseContext,
): ParsedEvent | undefined {
  const entry = readJournalEntry(object);
  if (entry !== undefined) {
    const event = fromEnvelope(
      line,
      {
        timeMs: entry.timeMs,
        isAmbiguousTime: false,
        hostname: entry.hostname,
        program: entry.program,
        module: undefined,
        pid: entry.pid,
        message: entry.message,
      },
      context,
      '',
    );
    if (event !== undefined && !entry.isTrusted) addFlag(event, 'untrusted');
    return event;
  }
  const draft = newDraft(line);
  const record = readWindowsRecord(object);
  if (record !== undefined)
    return parseWindowsRecord(record, draft)
      ? finish(draft, readObjectTime(object, context), context)
      : undefined;
  if (typeof object['action'] !== 'string' && typeof object['log_type'] !== 'string')
    return undefined;
  const event = finish(draft, parseJsonEvent(object, draft, context), context);
  if (context.isJsonTrusted === false) addFlag(event, 'untrusted');
  return event;
}

/** `forced` names the program of a message that has no header. */
function fromEnvelope(
  line: string,
  envelope: Envelope,
  context: ParseContext,
  forced: string,
): Draft | undefined {
  const draft = newDraft(line);
  if (envelope.hostname !== undefined) draft.hostname = envelope.hostname;
  else if (context.defaultHostname !== undefined) draft.hostname = context.defaultHostname;
  const program = envelope.program === '' ? forced : envelope.program;
  if (program !== '') draft.program = program;
  if (envelope.pid !== undefined) draft.pid = envelope.pid;
  let message = envelope.message;
  const letter = message.charCodeAt(0);
  if (letter === 109) {
    const repeated = /^message repeated (\d{1,15}) times: \[ ?/.exec(message.slice(0, 64));
    if (repeated !== null && message.charAt(message.length - 1) === ']') {
      message = message.slice(repeated[0].length, -1);
      takeRepeat(draft, Number(repeated[1]));
    }
  } else if (letter === 108 || letter === 45) {
    const last = /^(?:--- )?last message repeated (\d{1,15}) times?(?: ---)?$/.exec(
      message.slice(0, 80),
    );
    if (last !== null) return repeatOf(line, envelope, Number(last[1]), context);
  }
  let timeMs = envelope.timeMs;
  const told = parseMessage(program, envelope.module, message, draft, context);
  if (told === false) return undefined;
  if (typeof told === 'number' && told === told) timeMs = told;
  if (envelope.isAmbiguousTime) addFlag(draft, 'ambiguous');
  if (context.memory !== undefined) recall(message, draft, context.memory);
  return finish(draft, timeMs, context);
}

/** Sets what a line means by what was told before it, and remembers what it tells. */
function recall(message: string, draft: Draft, memory: FileMemory): void {
  if (draft.log_type === 'auth') tellAttempt(message, draft, memory.ssh);
  else if (draft.program === 'sudo') tellSudo(draft, memory.sudo);
}

function takeRepeat(draft: Draft, count: number): void {
  draft.repeat_count = Math.max(1, Math.min(MAX_REPEAT, count));
  if (count > MAX_REPEAT) addFlag(draft, 'repeat_capped');
}

/** What stands behind the header of a line; the line itself where it has none. */
function messageOf(line: string, context: ParseContext): string {
  const envelope = readEnvelope(line, context);
  return envelope === undefined ? line : envelope.message;
}

/** The line before, once more and counted; undefined when it is not known or another program's. */
function repeatOf(
  line: string,
  envelope: Envelope,
  count: number,
  context: ParseContext,
): Draft | undefined {
  if (context.previousLine === undefined) return undefined;
  const before: { -readonly [Name in keyof ParseContext]: ParseContext[Name] } = {
    arrivalMs: context.arrivalMs,
    zoneOffsetMinutes: context.zoneOffsetMinutes,
  };
  if (context.format !== undefined) before.format = context.format;
  if (context.defaultHostname !== undefined) before.defaultHostname = context.defaultHostname;
  const event: Draft | undefined = parseLine(context.previousLine, before);
  if (event === undefined) return undefined;
  // BSD's syslogd signs it with its own name.
  if (
    envelope.program !== '' &&
    envelope.program !== 'syslogd' &&
    envelope.program !== event.program
  )
    return undefined;
  if (envelope.hostname !== undefined && envelope.hostname !== event.hostname) return undefined;
  if (context.memory !== undefined)
    recall(messageOf(context.previousLine, context), event, context.memory);
  event.message = line;
  takeRepeat(event, count);
  return finish(event, envelope.timeMs, context);
}

/**
 * Sets the time: the line's own, or arrival when it has none, names none that exists, or is further
 * ahead than clocks drift. Old times stay: a log that is read later is no fault of its clock.
 */
function finish(draft: Draft, timeMs: number | undefined, context: ParseContext): Draft {
  if (timeMs === undefined || timeMs !== timeMs) {
    draft['@timestamp'] = formatTime(context.arrivalMs);
    addFlag(draft, 'no_timestamp');
  } else if (timeMs > context.arrivalMs + MAX_AHEAD_MS || timeMs < 0) {
    draft['@timestamp'] = formatTime(context.arrivalMs);
    addFlag(draft, 'clock_skew');
  } else draft['@timestamp'] = formatTime(timeMs);
  if (draft.command !== undefined) describeCommandOf(draft);
  return draft;
}
