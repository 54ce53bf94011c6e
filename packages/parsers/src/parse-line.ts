/** Raw line → event: finds the envelope, then hands the message to the parser of the program. */
import type { ParsedEvent } from '@mini-soc/model';
import { parseAccessLog } from './access-log.ts';
import { ACCOUNT_PROGRAMS, parseAccountChange } from './account-change.ts';
import { parseCron } from './cron.ts';
import { addFlag, type Draft } from './draft.ts';
import { readBareHeader, readEnvelope, type Envelope } from './envelope.ts';
import { parseFirewall } from './firewall.ts';
import { readJournalEntry } from './journald.ts';
import { parseJsonEvent, readJsonObject } from './json-event.ts';
import { parseLogind } from './logind.ts';
import { parsePam } from './pam.ts';
import { parseSshd } from './sshd.ts';
import { parseSu } from './su.ts';
import { parseSudo } from './sudo.ts';
import { formatTime, MAX_AHEAD_MS, type TimeContext } from './timestamp.ts';

/**
 * `auto` finds out by itself. A program's name (`sshd`, `sudo`, …) reads lines that have no header as
 * messages of that program; `syslog`, `access` and `json` read nothing but that.
 */
export const LOG_FORMATS = [
  'auto',
  'syslog',
  'access',
  'json',
  'sshd',
  'sudo',
  'su',
  'pam',
  'cron',
  'firewall',
  'account',
  'logind',
] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface ParseContext extends TimeContext {
  readonly format?: LogFormat;
  /** Host of lines that name none. */
  readonly defaultHostname?: string;
}

const MAX_REPEAT = 10000;
/** Servers that send their access log by syslog. */
const WEB_PROGRAMS = ['nginx', 'apache', 'apache2', 'httpd', 'haproxy', 'lighttpd'];
const MESSAGE_ONLY: { readonly [format: string]: string } = {
  sshd: 'sshd',
  sudo: 'sudo',
  su: 'su',
  pam: 'pam',
  cron: 'cron',
  firewall: 'kernel',
  account: 'useradd',
  logind: 'systemd-logind',
};

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
  if (format !== 'access') {
    const envelope = readEnvelope(line, context);
    if (envelope !== undefined) {
      const event = fromEnvelope(line, envelope, context, '');
      if (event !== undefined) return event;
    }
    const program = MESSAGE_ONLY[format];
    if (program !== undefined) {
      if (envelope !== undefined && envelope.program === '')
        return fromEnvelope(line, envelope, context, program);
      const bare = readBareHeader(line);
      if (bare !== undefined && bare.pid !== undefined)
        return fromEnvelope(line, bare, context, program);
      return fromEnvelope(
        line,
        {
          timeMs: undefined,
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
    if (format === 'syslog' || envelope !== undefined) return undefined;
  }
  const draft = newDraft(line);
  const timeMs = parseAccessLog(line, draft);
  return timeMs === undefined ? undefined : finish(draft, timeMs, context);
}

function newDraft(line: string): Draft {
  return { '@timestamp': '', message: line, log_type: 'system', action: '', status: 'info' };
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
  if (typeof object['action'] !== 'string' && typeof object['log_type'] !== 'string')
    return undefined;
  const draft = newDraft(line);
  return finish(draft, parseJsonEvent(object, draft, context), context);
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
  const repeated =
    message.charAt(0) === 'm' ? /^message repeated (\d{1,15}) times: \[ ?/.exec(message) : null;
  if (repeated !== null && message.charAt(message.length - 1) === ']') {
    message = message.slice(repeated[0].length, -1);
    const count = Number(repeated[1]);
    draft.repeat_count = Math.max(1, Math.min(MAX_REPEAT, count));
    if (count > MAX_REPEAT) addFlag(draft, 'repeat_capped');
  }
  if (WEB_PROGRAMS.indexOf(program) >= 0) {
    const timeMs = parseAccessLog(message, draft);
    return timeMs === undefined ? undefined : finish(draft, timeMs, context);
  }
  return parseMessage(program, envelope.module, message, draft)
    ? finish(draft, envelope.timeMs, context)
    : undefined;
}

/** True when the program is one of ours and the draft was filled in. */
function parseMessage(
  program: string,
  module: string | undefined,
  message: string,
  draft: Draft,
): boolean {
  if (/^last message repeated \d{1,15} times$/.test(message)) return false;
  if (module !== undefined && module.lastIndexOf('pam_', 0) === 0) return pamOnly(message, draft);
  switch (program) {
    case 'sshd':
    case 'sshd-session':
    case 'sshd-auth':
      parseSshd(message, draft);
      return true;
    case 'sudo':
      parseSudo(message, draft);
      return true;
    case 'su':
      parseSu(message, draft);
      return true;
    case 'CRON':
    case 'cron':
    case 'crond':
    case 'crontab':
      parseCron(message, draft);
      return true;
    case 'systemd-logind':
      parseLogind(message, draft);
      return true;
    case 'kernel':
      return parseFirewall(message.replace(/^\[ *\d+\.\d+\] ?/, ''), draft);
    default:
      break;
  }
  if (ACCOUNT_PROGRAMS.indexOf(program) >= 0) {
    parseAccountChange(message, draft);
    return true;
  }
  if (message.indexOf(' SRC=') > 0 && parseFirewall(message, draft)) return true;
  return /^\(?pam_[a-z]/.test(message) ||
    /^(?:PAM )?(?:\d+ more )?authentication failures?; logname=/.test(message)
    ? pamOnly(message, draft)
    : false;
}

function pamOnly(message: string, draft: Draft): boolean {
  parsePam(message, draft);
  return draft.action !== '';
}

/** Sets the time: the line's own, or arrival when it has none, names none that exists, or is too far ahead. */
function finish(draft: Draft, timeMs: number | undefined, context: ParseContext): Draft {
  if (timeMs === undefined || timeMs !== timeMs) {
    draft['@timestamp'] = formatTime(context.arrivalMs);
    addFlag(draft, 'no_timestamp');
  } else if (timeMs > context.arrivalMs + MAX_AHEAD_MS || timeMs < 0) {
    draft['@timestamp'] = formatTime(context.arrivalMs);
    addFlag(draft, 'clock_skew');
  } else draft['@timestamp'] = formatTime(timeMs);
  return draft;
}
