/** Connections of sshd that end: closed, reset, disconnected by either side. */
import { addFlag, bounded, endsWith, startsWith, type Draft } from './draft.ts';
import { fails, readPeer, takePeer, withoutPreauth, type Peer } from './sshd-peer.ts';

/** `Connection closed by [invalid user U |authenticating user U |user U ]ADDR[ port N][ [preauth]]`. */
export function ended(text: string, start: number, draft: Draft): void {
  const isPreauth = endsWith(text, ' [preauth]');
  const whole = isPreauth ? text.slice(0, -10) : text;
  const direct = readPeer(whole, start, false);
  if (direct !== undefined && direct.end === whole.length) {
    takePeer(draft, direct);
    if (isPreauth) fails(draft, 'preauth_close');
    return;
  }
  const portAt = whole.lastIndexOf(' port ');
  const before = whole.lastIndexOf(' ', portAt - 1);
  if (portAt < start || before < start) return;
  const peer = readPeer(whole, before + 1, false);
  if (peer === undefined || peer.end !== whole.length) return;
  takePeer(draft, peer);
  const kind = /^(invalid user|authenticating user|user) /.exec(whole.slice(start, start + 20));
  if (kind !== null) draft.username = bounded(draft, whole.slice(start + kind[0].length, before));
  if (kind !== null && kind[1] === 'invalid user') fails(draft, 'invalid_user');
  else if (isPreauth) fails(draft, 'preauth_close');
}

/** `Disconnecting [invalid user|authenticating user|user] U ADDR port N[: REASON]`: one reading or none. */
export function disconnecting(text: string, from: number, reason: string, draft: Draft): void {
  fails(draft, reason);
  const whole = withoutPreauth(text);
  const kind = /^(invalid user|authenticating user|user) /.exec(whole.slice(from, from + 22));
  const start = from + (kind === null ? 0 : kind[0].length);
  let found: { peer: Peer; from: number } | undefined;
  for (let at = whole.indexOf(' port ', start); at >= 0; at = whole.indexOf(' port ', at + 1)) {
    const before = Math.max(whole.lastIndexOf(' ', at - 1), start - 1);
    const peer = readPeer(whole, before + 1, false);
    const mark = peer === undefined ? '' : whole.charAt(peer.end);
    if (peer === undefined || peer.port < 0 || (mark !== ':' && peer.end !== whole.length))
      continue;
    if (found !== undefined) return addFlag(draft, 'ambiguous');
    found = { peer: peer, from: before };
  }
  if (found === undefined) return;
  takePeer(draft, found.peer);
  if (kind !== null)
    draft.username = bounded(draft, whole.slice(start, Math.max(start, found.from)));
  if (kind !== null && kind[1] === 'invalid user') draft.reason = 'invalid_user';
}

/** `Disconnecting: Too many authentication failures[ for U]`: nobody is named but the user. */
export function disconnects(text: string, draft: Draft): void {
  fails(draft, 'disconnected');
  if (startsWith(text, 'Disconnecting: Too many authentication failures')) {
    draft.reason = 'max_attempts';
    if (text.indexOf(' for ', 47) === 47)
      draft.username = bounded(draft, withoutPreauth(text).slice(52));
  }
}

/** `Received disconnect from ADDR[ port N]:CODE: TEXT`: the text is the client's. */
export function receivedDisconnect(text: string, draft: Draft): void {
  const peer = readPeer(text, 25, false);
  if (peer === undefined || text.charAt(peer.end) !== ':') return;
  takePeer(draft, peer);
  const code = /^: ?(\d{1,3}):/.exec(text.slice(peer.end, peer.end + 8));
  // 3 and 14: the client gave up authenticating (RFC 4253, 11.1; RFC 4250, 4.2.2).
  if (code !== null && endsWith(text, '[preauth]'))
    fails(draft, code[1] === '14' || code[1] === '3' ? 'auth_given_up' : 'preauth_close');
}
