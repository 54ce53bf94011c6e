/**
 * Exim's main log: `METHOD authenticator failed for NAME (HELO) [ADDR]:PORT: 535 … (set_id=U)`, accepted mail with
 * `A=METHOD:U`, and clients that are turned away. HELO and everything behind the address is the client's text, and so is
 * a command in quotes: an address counts directly behind words of Exim's own.
 */
import {
  addFlag,
  bounded,
  endsWith,
  isAt,
  readPort,
  setPort,
  setSource,
  startsWith,
  type Draft,
} from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login, refusal } from './login.ts';
import { parsePamOnly } from './any-program.ts';
import { readIsoTime } from './timestamp.ts';

/** Words in front of the client, and what they mean. */
const TURNED_AWAY: readonly (readonly [start: RegExp, reason: string])[] = [
  [/^SMTP call from /, 'protocol_error'],
  [/^no MAIL in SMTP connection from /, 'no_mail'],
  [/^SMTP connection from /, 'refused'],
  [
    /^SMTP protocol synchronization error \([a-z :]{1,80}\): rejected connection from /,
    'protocol_error',
  ],
  [/^no IP address found for host \S{1,255} \(during SMTP connection from /, 'name_mismatch'],
  [/^(?=H=)/, 'refused'],
];
const COMMAND = /^SMTP protocol (?:error in|synchronization error \([a-z :]{1,80}\): rejected) "/;

/** For lines that begin with a digit. */
export function looksLikeExim(line: string): boolean {
  const text = line.slice(19, 400);
  return (
    text.indexOf(' authenticator failed for ') > 0 ||
    text.indexOf(' H=') >= 0 ||
    text.indexOf(' SMTP ') >= 0 ||
    startsWith(text, ' no host name found for IP address ')
  );
}

/** The time that the message names, NaN when it names none; false when it says nothing to us. */
export function parseExim(message: string, draft: Draft, context: ReadContext): number | boolean {
  const time = readIsoTime(message, 0, context);
  let text = time === undefined ? message : message.slice(time.end + 1);
  // The process, and the message it is about.
  const ids = /^(?:\[(\d{1,10})\] )?(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} )?/.exec(
    text.slice(0, 48),
  );
  if (ids !== null) {
    if (ids[1] !== undefined && draft.pid === undefined) draft.pid = Number(ids[1]);
    text = text.slice(ids[0].length);
  }
  draft.protocol = 'smtp';
  if (!readFailure(text, draft) && !readAccepted(text, draft) && !readTurnedAway(text, draft))
    return parsePamOnly(message, draft);
  return time === undefined ? NaN : time.ms;
}

function readFailure(text: string, draft: Draft): boolean {
  const head = /^(\S{1,64}) authenticator failed for /.exec(text.slice(0, 100));
  if (head === null) return false;
  const end = takeClient(text, head[0].length, draft);
  if (end < 0) return false;
  if (!isAt(text, behindFacts(text, end), ': 535 ')) return false;
  login(draft, 'mail_login', false, undefined);
  draft.auth_method = (head[1] as string).toLowerCase();
  const user = text.indexOf(' (set_id=', end);
  if (user > 0)
    draft.username = bounded(draft, text.slice(user + 9, endsWith(text, ')') ? -1 : undefined));
  return true;
}

/** `<= SENDER H=NAME (HELO) [ADDR]:PORT P=esmtpsa … A=METHOD:USER …`. */
function readAccepted(text: string, draft: Draft): boolean {
  const head = /^<= \S{1,320} (?=H=)/.exec(text.slice(0, 330));
  if (head === null) return false;
  const end = takeClient(text, head[0].length, draft);
  const proof =
    end < 0 ? null : / A=([a-z0-9_]{1,64}):(\S{1,320})/i.exec(text.slice(end, end + 1000));
  if (proof === null) return false;
  draft.auth_method = (proof[1] as string).toLowerCase();
  draft.username = bounded(draft, proof[2] as string);
  return login(draft, 'mail_login', true, undefined);
}

function readTurnedAway(text: string, draft: Draft): boolean {
  if (startsWith(text, 'no host name found for IP address '))
    return refusal(draft, 'mail_event', 'name_mismatch', text.slice(34));
  if (COMMAND.test(text.slice(0, 160))) return readCommand(text, draft);
  for (let i = 0; i < TURNED_AWAY.length; i++) {
    const [start, reason] = TURNED_AWAY[i] as (typeof TURNED_AWAY)[number];
    const head = start.exec(text.slice(0, 400));
    if (head === null) continue;
    const end = takeClient(text, head[0].length, draft);
    if (end < 0 || !isRefused(reason, text.slice(end))) return false;
    return refusal(draft, 'mail_event', reason, undefined);
  }
  return false;
}

/** What is written of a client that is let in begins in the same way. */
function isRefused(reason: string, behind: string): boolean {
  if (reason !== 'refused') return true;
  return / (?:rejected |dropped |sender verify fail |closed by DROP |temporarily rejected )/.test(
    behind.slice(0, 1000),
  );
}

/** A command in quotes stands in front of the client: its own quotes end nothing, so the last place counts, with Exim's words behind it. */
function readCommand(text: string, draft: Draft): boolean {
  const isBefore = startsWith(text, 'SMTP protocol error in ');
  const at = text.lastIndexOf('" H=');
  const end = at < 0 ? -1 : takeClient(text, at + 2, draft);
  const isKnown = isBefore
    ? /^ (?:AUTH command used when not advertised|[A-Z0-9-]{1,32} authentication mechanism not supported)$/.test(
        text.slice(Math.max(0, behindFacts(text, end)), text.length),
      )
    : text.indexOf('" H=') === at;
  if (at < 0 || (end < 0 && isKnown)) return false;
  if (!isKnown) {
    delete draft.source_ip;
    delete draft.source_port;
    delete draft.port;
    addFlag(draft, 'ambiguous');
  }
  return refusal(draft, 'mail_event', 'protocol_error', undefined);
}

/** Facts of the connection that are written behind the client: ` I=[ADDR]:25 Ci=77`. */
const MAX_FACTS = 8;

/** Index behind the facts, in front of a colon that ends them. */
function behindFacts(text: string, start: number): number {
  let at = start;
  for (let i = 0; i < MAX_FACTS && at >= 0; i++) {
    const fact = /^ [A-Z][A-Za-z]{0,9}=\S{1,128}/.exec(text.slice(at, at + 150));
    if (fact === null) break;
    at += fact[0].length;
    if (text.charAt(at - 1) === ':') return at - 1;
  }
  return at;
}

/** Index behind `[H=][NAME ][(HELO) ][ADDR][:PORT]`; -1 when no client stands there. */
function takeClient(text: string, start: number, draft: Draft): number {
  const found =
    /^(?:H=)?(?:[^\s()[\]]{1,255} )?(?:\(\S{0,255}\) )?\[([0-9a-fA-F.:]{2,45})\](?::(\d{1,5}))?(?=[ :)]|$)/.exec(
      text.slice(start, start + 600),
    );
  if (found === null || !setSource(draft, found[1] as string)) return -1;
  const port = readPort(found[2] || '');
  if (port > 0) setPort(draft, port);
  return start + found[0].length;
}
