/**
 * sshd of OpenSSH 6 to 10 (`sshd`, `sshd-session`, `sshd-auth`). The user name is the attacker's text:
 * it may contain any of sshd's own words. Where sshd writes the peer behind the name, the line is read
 * from its end; where it writes it before the client's text, from its start. If a line can still be
 * read in two ways, no address is taken. Wordings: auth.c (auth_log), session.c, packet.c, sshd.c,
 * auth-pam.c of OpenSSH.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { addFlag, bounded, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';
import { disconnecting, disconnects, ended, receivedDisconnect } from './sshd-ended.ts';
import {
  addressMaps,
  dropped,
  hpnServer,
  nastyPtr,
  notFromHere,
  postponed,
  refusedConnect,
  reverseMapping,
  startingSession,
  userSession,
} from './sshd-other.ts';
import {
  fails,
  isProtocolEnd,
  readPeer,
  takePeer,
  takeUser,
  withoutPreauth,
  type Peer,
} from './sshd-peer.ts';

/** Fills in what the message says. Every message of sshd is an event; what is not known is `info`. */
export function parseSshd(message: string, draft: Draft): void {
  draft.log_type = 'auth';
  draft.action = 'ssh_event';
  draft.status = 'info';
  let text = message;
  if (startsWith(text, '[ID ')) text = behind(text, '] ');
  if (startsWith(text, 'kernel:')) {
    const clock = /^kernel: ?\[ *\d{1,10}\.\d{1,9}\]:? /.exec(text);
    if (clock !== null) text = text.slice(clock[0].length);
  }
  if (startsWith(text, 'error: ')) text = text.slice(7);
  else if (startsWith(text, 'fatal: ')) text = text.slice(7);
  switch (text.charCodeAt(0)) {
    case 70: // F
      if (startsWith(text, 'Failed ')) return authentication(text, 7, false, draft);
      break;
    case 65: // A
      if (startsWith(text, 'Accepted ')) return authentication(text, 9, true, draft);
      if (startsWith(text, 'Authentication refused: ')) return fails(draft, 'refused');
      if (startsWith(text, 'Authentication tried for ')) return notFromHere(text, draft);
      if (startsWith(text, 'Authentication failure for ')) return pamError(text, draft);
      if (startsWith(text, 'Address ')) return addressMaps(text, draft);
      break;
    case 73: // I
      if (startsWith(text, 'Invalid user ')) return fromTail(text, 13, 'invalid_user', draft);
      if (startsWith(text, 'Illegal user ')) return fromTail(text, 13, 'invalid_user', draft);
      break;
    case 67: // C
      if (startsWith(text, 'Connection closed by ')) return ended(text, 21, draft);
      if (startsWith(text, 'Connection reset by ')) return ended(text, 20, draft);
      if (startsWith(text, 'Connection from ')) return atStart(text, 16, '', draft);
      if (startsWith(text, 'Could not write ident string to '))
        return atStart(text, 32, 'no_identification', draft);
      if (startsWith(text, 'Close session: user ')) return userSession(text, 20, draft);
      break;
    case 68: // D
      if (startsWith(text, 'Disconnected from ')) return ended(text, 18, draft);
      if (startsWith(text, 'Disconnecting ')) return disconnecting(text, 14, 'disconnected', draft);
      if (startsWith(text, 'Disconnecting: ')) return disconnects(text, draft);
      if (startsWith(text, 'Did not receive identification string from '))
        return atStart(text, 43, 'no_identification', draft);
      break;
    case 82: // R
      if (startsWith(text, 'Received disconnect from ')) return receivedDisconnect(text, draft);
      if (startsWith(text, 'ROOT LOGIN REFUSED FROM ')) return rootRefused(text, draft);
      if (startsWith(text, 'Read error from remote host ')) return atStart(text, 28, '', draft);
      break;
    case 66: // B
      if (startsWith(text, 'Bad protocol version identification '))
        return fromTail(text, 36, 'bad_identification', draft, true);
      if (startsWith(text, 'Bad remote protocol version identification: '))
        return fails(draft, 'bad_identification');
      break;
    case 85: // U
      if (startsWith(text, 'User ')) return userNotAllowed(text, draft);
      if (startsWith(text, 'Unable to negotiate with '))
        return atStart(text, 25, 'no_common_algorithm', draft);
      break;
    case 80: // P
      if (startsWith(text, 'PAM: ')) return pamError(text, draft);
      if (startsWith(text, 'Postponed ') || startsWith(text, 'Partial '))
        return postponed(text, draft);
      if (startsWith(text, 'Protocol major versions differ for '))
        return atStart(text, 35, 'bad_identification', draft);
      break;
    case 84: // T
      if (startsWith(text, 'Timeout before authentication for connection from '))
        return atStart(text, 50, 'timeout', draft);
      if (startsWith(text, 'Timeout before authentication for '))
        return atStart(text, 34, 'timeout', draft);
      if (startsWith(text, 'Timeout, client not responding from user '))
        return userSession(text, 41, draft);
      break;
    case 83: // S
      if (startsWith(text, 'Starting session: ')) return startingSession(text, draft);
      if (startsWith(text, 'SSH: Server;Ltype: ')) return hpnServer(text, draft);
      break;
    case 78: // N
      if (startsWith(text, 'Nasty PTR record "')) return nastyPtr(text, draft);
      break;
    case 105: // i
      if (startsWith(text, 'input_userauth_request: invalid user ')) {
        fails(draft, 'invalid_user');
        draft.username = bounded(draft, withoutPreauth(text).slice(37));
        return;
      }
      break;
    case 112: // p
      if (startsWith(text, 'probed from ')) return atStart(text, 12, 'scanned', draft);
      break;
    case 115: // s
      if (startsWith(text, 'scanned from ')) return atStart(text, 13, 'scanned', draft);
      if (startsWith(text, 'ssh_dispatch_run_fatal: Connection from '))
        return disconnecting(text, 40, 'protocol_error', draft);
      break;
    default:
      break;
  }
  others(text, draft);
}

function others(text: string, draft: Draft): void {
  if (startsWith(text, 'maximum authentication attempts exceeded for '))
    return fromTail(withoutPreauth(text), 45, 'max_attempts', draft);
  if (startsWith(text, 'banner exchange: Connection from '))
    return atStart(text, 33, 'bad_identification', draft);
  if (startsWith(text, 'kex_exchange_identification: ') || startsWith(text, 'kex_protocol_error: '))
    return fails(draft, 'bad_identification');
  if (startsWith(text, 'drop connection #')) return dropped(text, draft);
  if (startsWith(text, 'refused connect from ')) return refusedConnect(text, draft);
  if (startsWith(text, 'reverse mapping checking getaddrinfo for '))
    return reverseMapping(text, draft);
  if (
    startsWith(text, 'pam_') ||
    startsWith(text, 'PAM ') ||
    startsWith(text, '(pam_') ||
    startsWith(text, 'authentication failure;') ||
    startsWith(text, 'session opened for user ') ||
    startsWith(text, 'session closed for user ') ||
    /^\d+ more authentication failure/.test(text)
  )
    parsePam(text, draft);
}

function behind(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(at + mark.length);
}

/** `Failed METHOD for [invalid user ]USER from ADDR port N ssh2[: KEY]`, `Accepted …` alike. */
function authentication(text: string, start: number, isAccepted: boolean, draft: Draft): void {
  const methodEnd = text.indexOf(' for ', start);
  if (methodEnd < 0) return;
  const method = text.slice(start, methodEnd);
  if (method.indexOf(' ') >= 0 || method.length > 64) return;
  draft.auth_method = method;
  const body = methodEnd + 5;
  const found = findPeer(text, body, method);
  if (found === 'ambiguous') {
    addFlag(draft, 'ambiguous');
    if (!isAccepted) draft.status = 'failure';
    return;
  }
  if (found === undefined) return;
  takePeer(draft, found.peer);
  const isInvalid = takeUser(draft, text.slice(body, found.from));
  if (method === 'publickey') takeKey(text, found.peer.end, draft);
  if (isAccepted) {
    draft.status = 'success';
    draft.action = 'ssh_login';
  } else {
    draft.status = 'failure';
    const isCounted =
      method !== 'publickey' &&
      method !== 'none' &&
      method !== 'hostbased' &&
      !startsWith(method, 'publickey');
    if (isCounted) draft.action = 'ssh_login';
    draft.reason = isInvalid ? 'invalid_user' : isCounted ? 'bad_password' : 'key_refused';
  }
}

/** The key behind ` ssh2: `: its kind, its fingerprint. Certificates are as good as who signed them: left out. */
function takeKey(text: string, peerEnd: number, draft: Draft): void {
  if (text.charAt(peerEnd + 5) !== ':') return;
  const key =
    /^ [A-Z0-9]{2,16} (SHA256:[A-Za-z0-9+/=]{16,64}|(?:MD5:)?[0-9a-f]{2}(?::[0-9a-f]{2}){15})$/.exec(
      text.slice(peerEnd + 6),
    );
  if (key !== null) draft.key_fingerprint = key[1] as string;
}

/**
 * The peer of an authentication line. sshd writes nothing behind `ssh2` for passwords, so the end of
 * the line decides. Behind keys it writes the key, whose id can be the client's text: then exactly one
 * reading must be possible.
 */
function findPeer(
  text: string,
  body: number,
  method: string,
): { peer: Peer; from: number } | 'ambiguous' | undefined {
  const last = text.lastIndexOf(' from ');
  if (last >= body - 1) {
    const peer = readPeer(text, last + 6, true);
    if (
      peer !== undefined &&
      isProtocolEnd(text, peer.end) &&
      (peer.port >= 0 || method !== 'publickey')
    ) {
      const hasKey = method === 'publickey' || method === 'hostbased';
      if (!hasKey && (peer.port >= 0 || text.indexOf(': ', body) < 0))
        return { peer: peer, from: last };
    }
  }
  let found: { peer: Peer; from: number } | undefined;
  let readings = 0;
  for (
    let at = text.indexOf(' from ', body - 1);
    at >= 0 && readings < 2;
    at = text.indexOf(' from ', at + 1)
  ) {
    const peer = readPeer(text, at + 6, true);
    if (peer === undefined || peer.port < 0) continue;
    const protocol = text.substr(peer.end, 5);
    if (protocol !== ' ssh2' && protocol !== ' ssh1') continue;
    const mark = text.charAt(peer.end + 5);
    if (mark !== ':' && mark !== '' && mark !== ' ') continue;
    found = { peer: peer, from: at };
    readings++;
  }
  if (readings > 1) return 'ambiguous';
  if (found !== undefined)
    return hasTextBehind(text, found.peer.end + 5, method) ? 'ambiguous' : found;
  if (last < body - 1) return undefined;
  const bare = readPeer(text, last + 6, true);
  return bare !== undefined && isProtocolEnd(text, bare.end)
    ? { peer: bare, from: last }
    : undefined;
}

/** Behind the protocol of a password sshd writes nothing: such a line was put together by somebody else. */
function hasTextBehind(text: string, end: number, method: string): boolean {
  const isPassword = method === 'password' || startsWith(method, 'keyboard-interactive');
  return isPassword && !/^ *$/.test(text.slice(end, end + 2));
}

/** Lines that end in `from ADDR[ port N[ ssh2]]`. */
function fromTail(
  text: string,
  start: number,
  reason: string,
  draft: Draft,
  isNoUser?: boolean,
): void {
  fails(draft, reason);
  const whole = withoutPreauth(text);
  const last = whole.lastIndexOf(' from ');
  if (last < start - 1) return;
  const peer = readPeer(whole, last + 6, true);
  if (peer === undefined || !isProtocolEnd(whole, peer.end)) return;
  takePeer(draft, peer);
  if (isNoUser !== true && takeUser(draft, whole.slice(start, last)) && reason === 'max_attempts')
    draft.reason = 'max_attempts';
}

/** Lines where the peer comes first, before anything the client chose. */
function atStart(text: string, start: number, reason: string, draft: Draft): void {
  const peer = readPeer(text, start, false);
  if (peer !== undefined) takePeer(draft, peer);
  if (reason !== '') fails(draft, reason);
}

function rootRefused(text: string, draft: Draft): void {
  atStart(text, 24, 'root_refused', draft);
  draft.username = 'root';
}

/** `User U from HOST not allowed because REASON`. */
function userNotAllowed(text: string, draft: Draft): void {
  const because = text.lastIndexOf(' not allowed because ');
  if (because < 0) return;
  fails(draft, 'not_allowed');
  const last = text.lastIndexOf(' from ', because);
  if (last < 5) {
    draft.username = bounded(draft, text.slice(5, because));
    return;
  }
  const peer = readPeer(text.slice(0, because), last + 6, true);
  if (peer === undefined || peer.end !== because) return;
  takePeer(draft, peer);
  draft.username = bounded(draft, text.slice(5, last));
}

/** `[PAM: ]Authentication failure for [illegal user ]U from HOST[ via ADDR]`. */
function pamError(text: string, draft: Draft): void {
  const forAt = text.indexOf(' for ');
  if (forAt < 0) return;
  fails(draft, 'pam');
  draft.action = 'pam_auth';
  let end = text.length;
  const via = text.lastIndexOf(' via ');
  if (via > forAt && readIpAddress(text.slice(via + 5)) !== undefined) end = via;
  const whole = text.slice(0, end);
  const last = whole.lastIndexOf(' from ');
  if (last < forAt + 4) return;
  const peer = readPeer(whole, last + 6, true);
  if (peer === undefined || peer.end !== whole.length) return;
  takePeer(draft, peer);
  if (takeUser(draft, whole.slice(forAt + 5, last))) draft.reason = 'invalid_user';
}
