/**
 * dropbear, the small ssh server. It writes the user in quotes before the peer, and the peer as
 * `ADDR:PORT` (IPv6 without brackets) at the end of the line or, where a reason follows, before it in
 * angle brackets. A user name is the client's text, so the peer is read from the end, or from the start
 * where it stands there. Wordings: svr-auth*.c, svr-session.c, svr-main.c of dropbear 0.52 to 2025.
 */
import { readAddressPort, setAddressPort } from './address-port.ts';
import { addFlag, bounded, endsWith, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';
import { fails } from './sshd-peer.ts';

/** Fills in what the message says. Every message of dropbear is an event; what is not known is `info`. */
export function parseDropbear(message: string, draft: Draft): void {
  if (startsWith(message, 'pam_') || startsWith(message, '(pam_')) return parsePam(message, draft);
  draft.log_type = 'auth';
  draft.action = 'ssh_event';
  draft.status = 'info';
  // With tracing on it puts its own pid and time in front.
  const traced = /^\[\d{1,10}\] [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /.exec(message.slice(0, 40));
  let text = traced === null ? message : message.slice(traced[0].length);
  if (endsWith(text, ', extra auth required')) {
    text = text.slice(0, -21);
    succeeds(text, draft, false);
    return;
  }
  switch (text.charCodeAt(0)) {
    case 66: // B
    case 98: // b
      if (/^[Bb]ad (?:PAM )?password attempt for '/.test(text))
        return login(text, 'password', draft);
      break;
    case 84: // T
      if (startsWith(text, "Too-long password attempt for '"))
        return login(text, 'password', draft);
      break;
    case 76: // L
    case 108: // l
      if (/^[Ll]ogin attempt for nonexistent user/.test(text)) return unknownUser(text, 34, draft);
      if (/^[Ll]ogin attempt with wrong user /.test(text)) return unknownUser(text, 29, draft);
      if (startsWith(text, 'Logins are restricted to the group '))
        return refusesUser(text, " but user '", "' is not a member", draft);
      break;
    case 80: // P
    case 112: // p
      if (/^(?:[Pp]assword|[Pp]ubkey|PAM password) auth succeeded for '/.test(text))
        return succeeds(text, draft, true);
      if (startsWith(text, "Pubkey auth bad signature for '"))
        return login(text, 'publickey', draft);
      break;
    case 65: // A
      if (startsWith(text, "Auth succeeded with blank password for '"))
        return succeeds(text, draft, true);
      break;
    case 67: // C
    case 99: // c
      if (/^[Cc]hild connection from /.test(text)) {
        setAddressPort(draft, text.slice(22), true);
        return;
      }
      break;
    case 69: // E
    case 101: // e
      if (/^[Ee]xit before auth/.test(text)) return exitsBefore(text, 16, draft);
      if (/^[Ee]arly exit/.test(text)) return exitsBefore(text, 10, draft);
      if (startsWith(text, 'Exit (')) return exits(text, draft);
      break;
    case 85: // U
    case 117: // u
      if (/^[Uu]ser '/.test(text)) return refused(text, draft);
      if (startsWith(text, 'User ')) return executes(text, draft);
      break;
    case 114: // r
      if (text === 'root login rejected') {
        fails(draft, 'root_refused');
        draft.username = 'root';
      }
      break;
    default:
      break;
  }
}

/** ` from ADDR:PORT` at the end; the index where it begins, -1 when there is none. */
function peerAtEnd(text: string, draft: Draft): number {
  const from = text.lastIndexOf(' from ');
  return from >= 0 && setAddressPort(draft, text.slice(from + 6), true) ? from : -1;
}

/** `… for 'USER' [with key …] from ADDR:PORT`: a failed login. */
function login(text: string, method: string, draft: Draft): void {
  draft.auth_method = method;
  const isKey = method === 'publickey';
  if (!isKey) draft.action = 'ssh_login';
  fails(draft, isKey ? 'key_refused' : 'bad_password');
  const from = peerAtEnd(text, draft);
  if (from < 0) return;
  const quote = isKey ? text.lastIndexOf("' with key ", from) : from - 1;
  const start = text.indexOf("'") + 1;
  if (quote >= start && text.charAt(quote) === "'")
    draft.username = bounded(draft, text.slice(start, quote));
}

/** `[Ll]ogin attempt for nonexistent user[ 'USER'] from ADDR:PORT`, `… with wrong user USER from …`. */
function unknownUser(text: string, start: number, draft: Draft): void {
  draft.action = 'ssh_login';
  fails(draft, 'invalid_user');
  const from = peerAtEnd(text, draft);
  if (from <= start) return;
  let user = text.slice(start, from).replace(/^ /, '');
  if (user.length > 1 && user.charAt(0) === "'" && endsWith(user, "'")) user = user.slice(1, -1);
  if (user !== '') draft.username = bounded(draft, user);
}

/** `Password auth succeeded for 'USER' from ADDR:PORT`, `Pubkey auth succeeded for 'USER' with TYPE key HASH from ADDR:PORT`. */
function succeeds(text: string, draft: Draft, isWhole: boolean): void {
  const from = peerAtEnd(text, draft);
  const start = text.indexOf("'") + 1;
  const isKey = /^[Pp]ubkey/.test(text);
  draft.auth_method = isKey ? 'publickey' : 'password';
  const quote = from < 0 ? -1 : isKey ? text.lastIndexOf("' with ", from) : from - 1;
  if (quote >= start && start > 0) draft.username = bounded(draft, text.slice(start, quote));
  // One step of a login with several factors is no login yet.
  if (!isWhole || from < 0) return;
  draft.action = 'ssh_login';
  draft.status = 'success';
}

/** `Exit before auth[ from <ADDR:PORT>]: [(user 'U', N fails): ]REASON`: no login came of it. */
function exitsBefore(text: string, start: number, draft: Draft): void {
  fails(draft, 'preauth_close');
  const rest = text.slice(start);
  const peer = /^ from <([0-9a-fA-F.:%[\]]{2,80})>: ?/.exec(rest.slice(0, 100));
  if (peer !== null) setAddressPort(draft, peer[1] as string, true);
  const said = rest.slice(peer === null ? rest.indexOf(': ') + 2 : peer[0].length);
  if (startsWith(said, "(user '")) {
    const end = /', \d{1,6} fails\): /.exec(said.slice(0, 256));
    if (end !== null) draft.username = bounded(draft, said.slice(7, end.index));
  }
  if (said.indexOf('Max auth tries reached') >= 0) draft.reason = 'max_attempts';
}

/** `Exit (USER)[ from <ADDR:PORT>]: REASON`: the end of a session; the last reading that fits. */
function exits(text: string, draft: Draft): void {
  draft.action = 'session';
  const from = text.indexOf(') from <');
  const close = text.indexOf('>: ', from);
  if (from < 0 || close < 0) {
    const end = text.indexOf('): ');
    if (end > 6) draft.username = bounded(draft, text.slice(6, end));
    return;
  }
  if (text.lastIndexOf(') from <') !== from) return addFlag(draft, 'ambiguous');
  if (readAddressPort(text.slice(from + 8, close), true) === undefined) return;
  setAddressPort(draft, text.slice(from + 8, close), true);
  draft.username = bounded(draft, text.slice(6, from));
}

/** `User 'U' has blank password, rejected`, `user 'U' has invalid shell, rejected`. */
function refused(text: string, draft: Draft): void {
  const end = text.lastIndexOf("' has ");
  if (end < 6 || !endsWith(text, ', rejected')) return;
  fails(draft, 'not_allowed');
  draft.username = bounded(draft, text.slice(6, end));
}

function refusesUser(text: string, before: string, after: string, draft: Draft): void {
  fails(draft, 'not_allowed');
  const start = text.indexOf(before);
  if (start > 0 && endsWith(text, after))
    draft.username = bounded(draft, text.slice(start + before.length, -after.length));
}

/** `User alice executing 'ls'`, `User alice executing login shell`, `User account 'alice' is locked`. */
function executes(text: string, draft: Draft): void {
  if (startsWith(text, "User account '") && endsWith(text, "' is locked")) {
    fails(draft, 'not_allowed');
    draft.username = bounded(draft, text.slice(14, -11));
    return;
  }
  const at = text.indexOf(' executing ');
  if (at < 5) return;
  draft.action = 'session';
  draft.status = 'success';
  draft.username = bounded(draft, text.slice(5, at));
  const command = text.slice(at + 11);
  if (command.charAt(0) === "'" && endsWith(command, "'") && command.length > 1) {
    draft.action = 'command_execution';
    draft.status = 'executed';
    draft.command = bounded(draft, command.slice(1, -1));
  }
}
