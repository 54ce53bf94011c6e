/**
 * Logins at PostgreSQL. In front of `FATAL:  password authentication failed for user "U"` stands what log_line_prefix
 * asks for: the address only counts in front of the user, whose name and database are the client's text. Where the
 * prefix has none (as Debian installs it) it is that of `connection received` of the same process.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import {
  addFlag,
  bounded,
  endsWith,
  readPort,
  setPort,
  setSource,
  startsWith,
  type Draft,
} from './draft.ts';
import type { FileMemory, ReadContext } from './file-memory.ts';
import type { JsonObject } from './json-event.ts';
import { login } from './login.ts';
import { parsePamOnly } from './any-program.ts';
import { remember } from './remembered.ts';
import { readIsoTime } from './timestamp.ts';

/** Where a prefix is looked at. */
const MAX_PREFIX = 2048;
const PASSWORD =
  /^(?:password|PAM|LDAP|Ident|Peer|GSSAPI|SCRAM|certificate|RADIUS) authentication failed for user "/;
const NO_ENTRY =
  /^(?:no pg_hba\.conf entry|pg_hba\.conf rejects connection) for host "([^"\s]{1,64})", user "/;
const RECEIVED = /^connection received: host=(\S{1,64})(?: port=(\d{1,5}))?$/;
const AUTHORIZED = 'connection authorized: user=';

/** For lines that begin with a digit. */
export function looksLikePostgresql(line: string): boolean {
  const at = levelAt(line);
  return at > 0 && at < MAX_PREFIX && isOfNote(textBehind(line, at));
}

/** The time that the message names, NaN when it names none; false when it is no login. */
export function parsePostgresql(
  message: string,
  draft: Draft,
  context: ReadContext,
): number | boolean {
  const at = levelAt(message);
  if (at < 0 || at > MAX_PREFIX) return parsePamOnly(message, draft);
  const text = textBehind(message, at);
  if (!isOfNote(text)) return false;
  const time = readIsoTime(message, 0, context);
  const prefix = message.slice(time === undefined ? 0 : time.end, at);
  const pid = /\[(\d{1,10})\]/.exec(prefix.slice(0, 200));
  if (pid !== null && draft.pid === undefined) draft.pid = Number(pid[1]);
  draft.protocol = 'postgresql';
  const received = RECEIVED.exec(text);
  const isTwofold = levelAt(message.slice(at + 3)) >= 0;
  if (received !== null) {
    if (!isTwofold)
      keepPeer((received[1] as string) + ' ' + (received[2] || ''), draft, context.memory);
    return false;
  }
  if (isTwofold) {
    // A user whose name looks like a message.
    login(draft, 'database_login', false, undefined);
    addFlag(draft, 'ambiguous');
  } else if (!takeLogin(text, prefix, draft, context.memory)) return false;
  if (time === undefined) return NaN;
  const isUtc = /^ (?:UTC|GMT)\b/.test(message.slice(time.end, time.end + 5));
  const exact = isUtc ? readIsoTime(message.slice(0, time.end) + 'Z', 0, context) : time;
  return exact === undefined ? time.ms : exact.ms;
}

/** Undefined when the object of `jsonlog` is no login. */
export function parsePostgresqlObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const message = object['message'];
  const stamp = object['timestamp'];
  if (typeof object['error_severity'] !== 'string' || typeof message !== 'string') return undefined;
  if (!isOfNote(message) || !takeLogin(message, '', draft, undefined)) return undefined;
  draft.program = 'postgres';
  draft.protocol = 'postgresql';
  const peer = object['remote_host'];
  const port = object['remote_port'];
  if (typeof peer === 'string') setSource(draft, peer);
  if (typeof port === 'number' && readPort(String(port)) >= 0) setPort(draft, port);
  if (typeof stamp !== 'string') return NaN;
  const time = readIsoTime(stamp.replace(/ (?:UTC|GMT)$/, 'Z'), 0, context);
  return time === undefined ? NaN : time.ms;
}

/** Where the level of the message stands. */
function levelAt(text: string): number {
  const fatal = text.indexOf('FATAL:  ');
  const log = text.indexOf('LOG:  connection ');
  return fatal < 0 ? log : log < 0 ? fatal : Math.min(fatal, log);
}

function textBehind(text: string, at: number): string {
  return text.slice(text.indexOf(':  ', at) + 3);
}

function isOfNote(text: string): boolean {
  const start = text.slice(0, 200);
  return (
    PASSWORD.test(start) ||
    NO_ENTRY.test(start) ||
    startsWith(text, AUTHORIZED) ||
    startsWith(text, 'connection received: host=') ||
    (startsWith(text, 'role "') && endsWith(text, '" does not exist'))
  );
}

function takeLogin(
  text: string,
  prefix: string,
  draft: Draft,
  memory: FileMemory | undefined,
): boolean {
  const entry = NO_ENTRY.exec(text.slice(0, 200));
  if (entry !== null) {
    const end = text.indexOf('", database "', entry[0].length);
    if (end > 0) draft.username = bounded(draft, text.slice(entry[0].length, end));
    login(draft, 'database_login', false, entry[1]);
    draft.reason = 'not_allowed';
    return true;
  }
  const isSuccess = startsWith(text, AUTHORIZED);
  const user = isSuccess ? authorizedUser(text) : refusedUser(text);
  draft.username = bounded(draft, user);
  login(draft, 'database_login', isSuccess, undefined);
  if (startsWith(text, 'role "')) draft.reason = 'invalid_user';
  takePeer(user, prefix, draft, memory);
  return true;
}

function authorizedUser(text: string): string {
  const end = text.indexOf(' database=', AUTHORIZED.length);
  return text.slice(AUTHORIZED.length, end < 0 ? undefined : end);
}

function refusedUser(text: string): string {
  const open = text.indexOf('"');
  const close = text.lastIndexOf('"');
  return text.slice(open + 1, close > open ? close : undefined);
}

/** An address in front of the user; whoever calls himself like one is not taken for it. */
function takePeer(
  user: string,
  prefix: string,
  draft: Draft,
  memory: FileMemory | undefined,
): void {
  const userAt = prefix.indexOf(user);
  const words = (userAt < 0 ? prefix : prefix.slice(0, userAt)).split(/[ ()[\]=,]/, 64);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const behind = word.slice(word.indexOf(':') + 1);
    const peer = readIpAddress(word) === undefined ? behind : word;
    if (readIpAddress(peer) === undefined) continue;
    setSource(draft, peer);
    const port = readPort(words[i + 1] || '');
    if (port > 0 && prefix.indexOf(peer + '(' + String(port) + ')') >= 0) setPort(draft, port);
    return;
  }
  const known = memory === undefined ? undefined : memory.peers.values[processOf(draft)];
  if (known === undefined) return;
  const blank = known.indexOf(' ');
  setSource(draft, known.slice(0, blank));
  const port = readPort(known.slice(blank + 1));
  if (port > 0) setPort(draft, port);
}

function keepPeer(peer: string, draft: Draft, memory: FileMemory | undefined): void {
  if (memory !== undefined && draft.pid !== undefined)
    remember(memory.peers, processOf(draft), peer);
}

function processOf(draft: Draft): string {
  return String(draft.pid) + ' ' + (draft.hostname || '');
}
