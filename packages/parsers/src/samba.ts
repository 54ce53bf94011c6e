/**
 * Logins at Samba (`log level = 1 auth_audit:3`): `Auth: [SMB2,(null)] user [DOMAIN]\[U] at [TIME] with [NTLMv2] status
 * [NT_STATUS_WRONG_PASSWORD] workstation [W] remote host [ipv4:ADDR:PORT] mapped to [DOMAIN]\[U]. local host …`, and the
 * same as an object. User and workstation are the client's text: where two addresses could be meant, none is taken.
 */
import { setAddressPort } from './address-port.ts';
import { addFlag, bounded, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { readJsonObject, type JsonObject } from './json-event.ts';
import { login } from './login.ts';
import { parsePamOnly } from './any-program.ts';
import { readIsoTime, readMonth, digits, wallClock } from './timestamp.ts';

const REASONS: { readonly [status: string]: string | undefined } = {
  NT_STATUS_NO_SUCH_USER: 'invalid_user',
  NT_STATUS_ACCOUNT_LOCKED_OUT: 'account_locked',
  NT_STATUS_ACCOUNT_DISABLED: 'account_disabled',
  NT_STATUS_PASSWORD_EXPIRED: 'password_expired',
};
const OBJECT = 'JSON Authentication: ';
const PEER = '] remote host [';

/** For lines that begin with a blank, A or J. */
export function looksLikeSamba(line: string): boolean {
  const text = trimmed(line);
  return startsWith(text, 'Auth: [') || startsWith(text, OBJECT);
}

/** The time that the message names, NaN when it names none; false when it is no login. */
export function parseSamba(message: string, draft: Draft, context: ReadContext): number | boolean {
  const text = trimmed(message);
  if (startsWith(text, OBJECT)) {
    const object = readJsonObject(text.slice(OBJECT.length));
    const timeMs = object === undefined ? undefined : parseSambaObject(object, draft, context);
    return timeMs === undefined ? false : timeMs;
  }
  return startsWith(text, 'Auth: [') ? readAuth(text, draft) : parsePamOnly(message, draft);
}

/** Undefined when the object is no login at Samba. */
export function parseSambaObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const said = object['Authentication'];
  if (object['type'] !== 'Authentication' || typeof said !== 'object' || said === null)
    return undefined;
  const values = said as JsonObject;
  takeOutcome(String(values['status']), draft);
  const user = values['clientAccount'];
  if (typeof user === 'string') draft.username = bounded(draft, user);
  const method = values['passwordType'];
  if (typeof method === 'string') draft.auth_method = bounded(draft, method.toLowerCase());
  takePeer(String(values['remoteAddress']), draft);
  draft.program = 'smbd';
  const stamp = object['timestamp'];
  const time = typeof stamp === 'string' ? readIsoTime(stamp, 0, context) : undefined;
  return time === undefined ? NaN : time.ms;
}

function readAuth(text: string, draft: Draft): number | boolean {
  const head = /^Auth: \[[^\]]{1,64}\] user \[/.exec(text.slice(0, 100));
  const at = text.indexOf('] at [');
  const status =
    /\] with \[([^\]]{1,64})\] status \[(NT_STATUS_[A-Z_]{1,48})\] workstation \[/.exec(text);
  const peerAt = text.indexOf(PEER);
  if (head === null || status === null || peerAt < 0 || at < head[0].length) return false;
  takeOutcome(status[2] as string, draft);
  draft.auth_method = (status[1] as string).toLowerCase();
  if (
    text.indexOf(PEER, peerAt + 1) >= 0 ||
    text.indexOf('] at [', at + 1) >= 0 ||
    peerAt < status.index ||
    status.index < at
  ) {
    addFlag(draft, 'ambiguous');
    return NaN;
  }
  const account = text.slice(head[0].length, at);
  const cut = account.indexOf(']\\[');
  draft.username = bounded(draft, cut < 0 ? account : account.slice(cut + 3));
  const close = text.indexOf(']', peerAt + PEER.length);
  takePeer(text.slice(peerAt + PEER.length, close), draft);
  return readTime(text.slice(at + 6, at + 46));
}

function takeOutcome(status: string, draft: Draft): void {
  login(draft, 'share_login', status === 'NT_STATUS_OK', undefined);
  draft.protocol = 'smb';
  if (status !== 'NT_STATUS_OK') draft.reason = REASONS[status] || 'bad_password';
}

/** `ipv4:192.0.2.1:445`, `ipv6:2001:db8::1:445`. */
function takePeer(text: string, draft: Draft): void {
  const family = /^ipv[46]:/.exec(text);
  if (family !== null) setAddressPort(draft, text.slice(5), true);
}

/** `Thu, 14 Oct 2021 15:24:12.023984 UTC`; NaN when it is of another zone. */
function readTime(text: string): number {
  const found =
    /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{3})\d{0,6} UTC\]/.exec(
      text,
    );
  if (found === null) return NaN;
  return wallClock(
    digits(found[3] as string, 0, 4),
    readMonth(found[2] as string, 0),
    digits(found[1] as string, 0, 2),
    digits(found[4] as string, 0, 2),
    digits(found[5] as string, 0, 2),
    digits(found[6] as string, 0, 2),
    digits(found[7] as string, 0, 3),
  );
}

function trimmed(text: string): string {
  let at = 0;
  while (text.charCodeAt(at) === 32) at++;
  return at === 0 ? text : text.slice(at);
}
