/**
 * Asterisk: registrations and calls that it refuses, logins at its manager, and its security events. Who calls is the
 * client's text, in front of his address and behind it: where a line could name two, none is taken.
 */
import { setAddressPort } from './address-port.ts';
import { addFlag, bounded, endsWith, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login, refusal } from './login.ts';
import { readIsoTime, readSyslogTime } from './timestamp.ts';

const HEAD =
  /^(?:\[([A-Za-z0-9 :.+-]{15,35})\] )?(?:NOTICE|SECURITY|WARNING) ?\[\d{1,10}\](?:\[C-[0-9a-f]{1,16}\])?:? (?:[A-Za-z0-9_/]{1,64}\.c:(?:\d{1,6})? {0,2})?(?:(?:in )?[a-z_]{1,64}: )?/;
const FAILED = "' failed for '";
const REMOTE = ',RemoteAddress="IPV';
const GUESSES = [
  'InvalidPassword',
  'InvalidAccountID',
  'ChallengeResponseFailed',
  'AuthMethodNotAllowed',
];

/** For lines that begin with `[`, or with the level. */
export function looksLikeAsterisk(line: string): boolean {
  return /^(?:\[[A-Za-z0-9 :.+-]{15,35}\] )?(?:NOTICE|SECURITY|WARNING) ?\[/.test(
    line.slice(0, 64),
  );
}

/** The time that the message names, NaN when it names none; false when nobody is refused. */
export function parseAsterisk(message: string, draft: Draft, context: ReadContext): number | false {
  const head = HEAD.exec(message.slice(0, 300));
  if (head === null) return false;
  const text = message.slice(head[0].length);
  draft.protocol = 'sip';
  if (
    !readRequest(text, draft) &&
    !readEvent(text, draft) &&
    !readManager(text, draft) &&
    !readCall(text, draft)
  )
    return false;
  const stamp = head[1];
  const time =
    stamp === undefined
      ? undefined
      : readIsoTime(stamp, 0, context) || readSyslogTime(stamp, 0, context);
  return time === undefined ? NaN : time.ms;
}

/** `Registration from 'U' failed for 'ADDR:PORT' - REASON`, `Request 'INVITE' from 'U' failed for '…' (callid: …) - …`. */
function readRequest(text: string, draft: Draft): boolean {
  if (!/^(?:Registration from|Request (?:'[A-Z]{3,16}' )?from) '/.test(text)) return false;
  const at = text.indexOf(FAILED);
  if (at < 0) return false;
  login(draft, 'phone_login', false, undefined);
  if (!endsWith(text, 'Wrong password')) draft.reason = 'not_allowed';
  takeOnly(text, FAILED, "'", draft);
  const user = /sips?:([^@;:>\s]{1,128})@/.exec(text.slice(0, Math.min(at, 600)));
  if (user !== null) draft.username = bounded(draft, user[1] as string);
  return true;
}

/** `SecurityEvent="InvalidPassword",…,AccountID="U",…,RemoteAddress="IPV4/UDP/ADDR/PORT",…`. */
function readEvent(text: string, draft: Draft): boolean {
  const kind = /^SecurityEvent="([A-Za-z]{3,40})",/.exec(text.slice(0, 64));
  if (kind === null) return false;
  const isGuess = GUESSES.indexOf(kind[1] as string) >= 0;
  if (
    !isGuess &&
    !/^(?:FailedACL|Unexpected|InvalidTransport|RequestNotAllowed)/.test(kind[1] as string)
  )
    return false;
  refusal(
    draft,
    isGuess ? 'phone_login' : 'phone_event',
    isGuess ? 'bad_password' : 'not_allowed',
    undefined,
  );
  const user = /,AccountID="([^"]{1,128})",/.exec(text.slice(0, 600));
  if (user !== null) draft.username = bounded(draft, user[1] as string);
  const at = text.indexOf(REMOTE);
  const peer = /^[46]\/[A-Z]{2,4}\/([0-9a-fA-F.:]{2,45})\/(\d{1,5})"/.exec(
    text.slice(at + REMOTE.length, at + 90),
  );
  if (at < 0 || peer === null || text.indexOf(REMOTE, at + 1) >= 0) addFlag(draft, 'ambiguous');
  else setAddressPort(draft, '[' + (peer[1] as string) + ']:' + (peer[2] as string), true);
  return true;
}

/** `ADDR failed to authenticate as 'U'`, `Host ADDR failed MD5 authentication for 'U' (…)`. */
function readManager(text: string, draft: Draft): boolean {
  const found =
    /^(?:Host )?([0-9a-fA-F.:]{2,45}) (?:failed to authenticate as|failed MD5 authentication for|tried to authenticate with nonexistent user) '/.exec(
      text.slice(0, 160),
    );
  if (found === null) return false;
  login(draft, 'phone_login', false, found[1]);
  const end = text.lastIndexOf("'");
  if (end > found[0].length) draft.username = bounded(draft, text.slice(found[0].length, end));
  return true;
}

/** `Call from 'U' (UDP:ADDR:PORT) to extension 'N' rejected because extension not found …`. */
function readCall(text: string, draft: Draft): boolean {
  const unknown = /^Ext\. [^"]{1,64}"Rejecting unknown SIP connection from (\S{3,60})"$/.exec(
    text.slice(0, 200),
  );
  if (unknown !== null) {
    refusal(draft, 'phone_event', 'not_allowed', undefined);
    return setAddressPort(draft, unknown[1] as string, false);
  }
  const attempt = /^hacking attempt detected '(\S{3,60})'$/.exec(text.slice(0, 260));
  if (attempt !== null) {
    refusal(draft, 'phone_event', 'not_allowed', undefined);
    return setAddressPort(draft, attempt[1] as string, false);
  }
  if (startsWith(text, "No registration for peer '") && endsWith(text, ')')) {
    login(draft, 'phone_login', false, undefined);
    draft.reason = 'invalid_user';
    return takeOnly(text, "' (from ", ')', draft);
  }
  const isCall = startsWith(text, "Call from '") || startsWith(text, 'anonymous: Call (');
  if (!isCall || text.indexOf(' rejected because extension not found') < 0) return false;
  refusal(draft, 'phone_event', 'not_allowed', undefined);
  return takeOnly(
    text,
    startsWith(text, 'anon') ? 'anonymous: Call (' : "' (",
    ') to extension ',
    draft,
  );
}

/** The address between these two, where nothing else in the line could be meant. */
function takeOnly(text: string, before: string, behind: string, draft: Draft): true {
  const at = text.indexOf(before) + before.length;
  const end = text.indexOf(behind, at);
  const peer = text.slice(at, Math.min(end, at + 64)).replace(/^(?:UDP|TCP|TLS|WSS?):/, '');
  if (text.indexOf(before, at) >= 0 || end < 0 || !setAddressPort(draft, peer, false))
    addFlag(draft, 'ambiguous');
  return true;
}
