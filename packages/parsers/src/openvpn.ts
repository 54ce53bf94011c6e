/**
 * OpenVPN: `[CN/]ADDR:PORT TLS Auth Error: Auth Username/Password verification failed for peer`, `… [CN] Peer Connection
 * Initiated with …`. What is written before a client is known begins with its address; the name in front of it is of a
 * certificate. A connection that comes to nothing is told as a `vpn_event`: a bad line of a client looks the same.
 */
import { readAddressPort, setAddressPort } from './address-port.ts';
import { bounded, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login, refusal } from './login.ts';
import { readCtime, readIsoTime } from './timestamp.ts';

/** Of a client that was let in, whose name stands in front, it is how a connection ends. */
const LEFT = 'SIGUSR1[soft,connection-reset] received';

/** First words behind the address → outcome and reason. */
const SAID: readonly (readonly [start: string, isLogin: boolean, reason: string])[] = [
  ['TLS Auth Error: ', true, 'bad_password'],
  ["SENT CONTROL [UNDEF]: 'AUTH_FAILED", true, 'bad_password'],
  ['VERIFY ERROR: ', true, 'bad_certificate'],
  ['AUTH: Received control message: AUTH_FAILED', true, 'bad_password'],
  ['TLS Error: TLS handshake failed', false, 'handshake'],
  ['TLS Error: ', false, 'bad_packet'],
  ['WARNING: Bad encapsulated packet length from peer', false, 'bad_packet'],
  [LEFT, false, 'preauth_close'],
  ['Authenticate/Decrypt packet error', false, 'bad_packet'],
];

/** For lines that begin with a digit, or as ctime() begins. */
export function looksLikeOpenvpn(line: string): boolean {
  const at = line.indexOf(' ', 19);
  if (at < 0 || at > 32) return false;
  const text = line.slice(at, at + 200);
  return (
    text.indexOf(' TLS ') >= 0 ||
    text.indexOf(' VERIFY ERROR: ') > 0 ||
    text.indexOf('] Peer Connection Initiated with [') > 0 ||
    text.indexOf(' WARNING: Bad encapsulated packet') > 0 ||
    text.indexOf('AUTH_FAILED') > 0
  );
}

export function parseOpenvpnLine(
  line: string,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const time = readCtime(line, 0, context) || readIsoTime(line, 0, context);
  if (time === undefined || line.charAt(time.end) !== ' ') return undefined;
  const micros = /^us=\d{1,6} /.exec(line.slice(time.end + 1, time.end + 12));
  const text = line.slice(time.end + 1 + (micros === null ? 0 : micros[0].length));
  if (!parseOpenvpn(text, draft)) return undefined;
  draft.program = 'openvpn';
  return time.ms;
}

export function parseOpenvpn(message: string, draft: Draft): boolean {
  const text = startsWith(message, 'MULTI: ') ? message.slice(7) : message;
  const blank = text.indexOf(' ');
  const word = blank < 0 ? '' : text.slice(0, blank);
  const slash = word.lastIndexOf('/');
  const peer = word.slice(slash + 1);
  draft.protocol = 'openvpn';
  if (readAddressPort(withoutFamily(peer), true) === undefined) return withoutPeer(text, draft);
  const rest = text.slice(blank + 1);
  const isSuccess = /^\[([^\]]{1,255})\] Peer Connection Initiated with \[AF_INET6?\]/.exec(
    rest.slice(0, 320),
  );
  if (isSuccess !== null && isSuccess[1] !== 'UNDEF') {
    draft.username = bounded(draft, isSuccess[1] as string);
    login(draft, 'vpn_login', true, undefined);
    return setAddressPort(draft, withoutFamily(peer), true);
  }
  for (let i = 0; i < SAID.length; i++) {
    const [start, isLogin, reason] = SAID[i] as (typeof SAID)[number];
    if (!startsWith(rest, start) || (slash > 0 && start === LEFT)) continue;
    refusal(draft, isLogin ? 'vpn_login' : 'vpn_event', reason, undefined);
    if (slash > 0) draft.username = bounded(draft, word.slice(0, slash));
    return setAddressPort(draft, withoutFamily(peer), true);
  }
  return false;
}

/** `TLS Error: cannot locate HMAC in incoming packet from [AF_INET]ADDR:PORT`: a scan, or a client with another key. */
function withoutPeer(text: string, draft: Draft): boolean {
  const from = /^TLS Error: [A-Za-z ,'-]{1,120} from (?:\[AF_INET6?\])?(\S{3,64})/.exec(
    text.slice(0, 300),
  );
  if (from === null) return false;
  refusal(draft, 'vpn_event', 'bad_packet', undefined);
  return setAddressPort(draft, from[1] as string, true);
}

function withoutFamily(peer: string): string {
  return /^\[AF_INET6?\]/.test(peer) ? peer.slice(peer.indexOf(']') + 1) : peer;
}
