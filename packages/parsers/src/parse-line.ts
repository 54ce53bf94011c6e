/** Raw line → event: finds the envelope, then hands the message to the parser of the program. */
import type { ParsedEvent } from '@mini-soc/model';
import { LIMITS } from '@mini-soc/model/limits';
import { isAuthentik } from './app-objects.ts';
import { joinPieces, readCriLine, readDockerLine, type ContainerLine } from './container-line.ts';
import { addFlag, isAt, type Draft } from './draft.ts';
import { readCarriedLine, type CarriedLine } from './ecs-event.ts';
import { readBareHeader, readEnvelope, type Envelope } from './envelope.ts';
import { hasLinesOfItsOwn, messageParserOf, programOf } from './find-format.ts';
import { finish, newDraft, withHost } from './finish-event.ts';
import { fromLastFormats, fromOwnFile, fromWebFile } from './headerless-line.ts';
import type { ParseContext } from './parse-context.ts';
import type { FileMemory } from './file-memory.ts';
import { readJournalEntry } from './journald.ts';
import { parseJsonEvent, readJsonObject, readObjectTime } from './json-event.ts';
import { parseForeignObject } from './foreign-object.ts';
import { parseMessage } from './parse-message.ts';
import { tellAttempt } from './ssh-attempts.ts';
import { tellSudo } from './sudo-starts.ts';
import { parseWindowsRecord, readWindowsRecord } from './windows-event.ts';

export type { ParseContext };

/** How each line of Docker begins. */
const DOCKER_START = '{"log":';
const MAX_REPEAT = LIMITS.repeat_count.value;
/** The event of a line, without id and arrival time; undefined when we know no meaning of it. Never throws. */
export function parseLine(line: string, context: ParseContext): ParsedEvent | undefined {
  const format = context.format === undefined ? 'auto' : context.format;
  const first = line.charCodeAt(0);
  if (
    (first === 123 || first === 0xfeff) &&
    (format === 'auto' || format === 'json' || isAt(line, 0, DOCKER_START))
  ) {
    const object = readJsonObject(first === 0xfeff ? line.slice(1) : line);
    if (object !== undefined) return fromJson(line, object, context);
    if (first === 123) return undefined;
  }
  // Before a header is looked for: behind it everything is the container's.
  const carried = line.charCodeAt(10) === 84 ? readCriLine(line, context) : undefined;
  if (carried !== undefined) return fromContainer(line, carried, context);
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
  if (format !== 'auto') {
    const event = fromLastFormats(line, first, format, context);
    if (event !== undefined || program === undefined) return event;
    return fromMessage(line, envelope, program, context);
  }
  // A process that is named writes no line of another form.
  if (envelope !== undefined)
    return envelope.pid === undefined ? fromLastFormats(line, first, format, context) : undefined;
  return (
    fromWebFile(line, 'access', context) ||
    fromBareLine(line, context) ||
    fromKernelRing(line, context) ||
    fromLastFormats(line, first, format, context)
  );
}

/** `HOST PROGRAM[PID]: …` without a time in front, as a journal is printed: the message may bring its own. */
function fromBareLine(line: string, context: ParseContext): Draft | undefined {
  const bare = readBareHeader(line);
  return bare !== undefined && bare.pid !== undefined && messageParserOf(bare.program) !== undefined
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
  const isOurs = typeof object['action'] === 'string' || typeof object['log_type'] === 'string';
  if (!isOurs || isAuthentik(object)) {
    const container = readDockerLine(object, context);
    if (container !== undefined) return fromContainer(line, container, context);
    const timeMs = parseForeignObject(object, draft, context);
    if (timeMs !== undefined) return finish(withHost(draft, context), timeMs, context);
    const shipped = readCarriedLine(object);
    return shipped === undefined ? undefined : fromShipper(line, object, shipped, context);
  }
  const event = finish(draft, parseJsonEvent(object, draft, context), context);
  if (context.isJsonTrusted === false) addFlag(event, 'untrusted');
  return event;
}

/** What a container wrote is read as any line; its engine says when, where the line does not. */
function fromContainer(
  line: string,
  container: ContainerLine,
  context: ParseContext,
): ParsedEvent | undefined {
  const text = joinPieces(
    container,
    context.memory === undefined ? undefined : context.memory.pieces,
  );
  return text === undefined
    ? undefined
    : fromInside(line, text, container.timeMs, context.defaultHostname, context);
}

/** A line that a shipper carries; one without a header is a message of the program that it names. */
function fromShipper(
  line: string,
  object: { readonly [name: string]: unknown },
  shipped: CarriedLine,
  context: ParseContext,
): ParsedEvent | undefined {
  const timeMs = readObjectTime(object, context);
  const hostname = shipped.hostname === undefined ? context.defaultHostname : shipped.hostname;
  const event = fromInside(line, shipped.text, timeMs, hostname, context);
  if (event !== undefined || shipped.program === '') return event;
  return fromEnvelope(
    line,
    {
      timeMs: timeMs,
      isAmbiguousTime: false,
      hostname: hostname,
      program: shipped.program,
      module: undefined,
      pid: undefined,
      message: shipped.text,
    },
    context,
    '',
  );
}

/** The event of a line inside another, which is not opened twice. */
function fromInside(
  line: string,
  text: string,
  timeMs: number | undefined,
  hostname: string | undefined,
  context: ParseContext,
): ParsedEvent | undefined {
  if (context.writtenMs !== undefined) return undefined;
  const inside: { -readonly [Name in keyof ParseContext]: ParseContext[Name] } = {
    arrivalMs: context.arrivalMs,
    zoneOffsetMinutes: context.zoneOffsetMinutes,
    writtenMs: timeMs === undefined ? NaN : timeMs,
  };
  if (context.format !== undefined && context.format !== 'json') inside.format = context.format;
  if (context.trustedProxies !== undefined) inside.trustedProxies = context.trustedProxies;
  // Whoever writes the inner line, it is not who was named for the outer one.
  if (context.isJsonTrusted !== undefined) inside.isJsonTrusted = false;
  if (hostname !== undefined) inside.defaultHostname = hostname;
  if (context.memory !== undefined) inside.memory = context.memory;
  const event: Draft | undefined = parseLine(text, inside);
  if (event !== undefined) event.message = line;
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
  if (draft.log_type === 'auth') {
    if (memory.ssh !== undefined) tellAttempt(message, draft, memory.ssh);
  } else if (draft.program === 'sudo' && memory.sudo !== undefined) tellSudo(draft, memory.sudo);
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
