/** Rarer messages of sshd: sessions, refusals before a login, names that do not match. */
import { readIpAddress } from '@mini-soc/model/ip-address';
import {
  bounded,
  endsWith,
  isPeerText,
  readPort,
  setPort,
  setSource,
  type Draft,
} from './draft.ts';
import { fails, isProtocolEnd, readPeer, takePeer, takeUser, withoutPreauth } from './sshd-peer.ts';

/** A step of a login with several factors: no failure, unless the user does not exist. */
export function postponed(text: string, draft: Draft): void {
  const forAt = text.indexOf(' for ');
  if (forAt < 0) return;
  const whole = withoutPreauth(text);
  const last = whole.lastIndexOf(' from ');
  const peer = last < forAt + 4 ? undefined : readPeer(whole, last + 6, true);
  if (peer === undefined || !isProtocolEnd(whole, peer.end)) return;
  takePeer(draft, peer);
  draft.auth_method = whole.slice(whole.indexOf(' ') + 1, forAt);
  if (takeUser(draft, whole.slice(forAt + 5, last))) fails(draft, 'invalid_user');
}

/** `Starting session: shell on pts/0 for U from ADDR port N id 0`. */
export function startingSession(text: string, draft: Draft): void {
  draft.action = 'session';
  const last = text.lastIndexOf(' from ');
  const forAt = text.indexOf(' for ');
  const peer = last < 0 ? undefined : readPeer(text, last + 6, false);
  if (peer === undefined || forAt < 0 || forAt + 5 > last) return;
  takePeer(draft, peer);
  draft.username = bounded(draft, text.slice(forAt + 5, last));
  draft.status = 'success';
}

/** `drop connection #0 from [ADDR]:PORT on [ADDR]:PORT REASON`. */
export function dropped(text: string, draft: Draft): void {
  fails(draft, 'dropped');
  const match = /^drop connection #\d{1,6} from \[([^\]]{2,64})\]:(\d{1,5})(?: |$)/.exec(text);
  if (match !== null && setSource(draft, match[1] as string))
    setPort(draft, Math.max(0, readPort(match[2] as string)));
}

/** libwrap: `refused connect from NAME (ADDR)`. */
export function refusedConnect(text: string, draft: Draft): void {
  fails(draft, 'refused');
  const open = text.lastIndexOf(' (');
  if (open > 0 && endsWith(text, ')')) {
    const address = readIpAddress(text.slice(open + 2, -1));
    if (address !== undefined) draft.source_ip = address.address;
  } else {
    const word = text.slice(21);
    if (isPeerText(word)) setSource(draft, word);
  }
}

/** `reverse mapping checking getaddrinfo for NAME [ADDR] failed …`: the name is the attacker's. */
export function reverseMapping(text: string, draft: Draft): void {
  const match = /^reverse mapping checking getaddrinfo for (\S{1,255}) \[([^\]\s]{2,64})\] /.exec(
    text,
  );
  if (match === null) return;
  draft.reason = 'name_mismatch';
  const address = readIpAddress(match[2] as string);
  if (address !== undefined) draft.source_ip = address.address;
}

/** `Address ADDR maps to NAME, but this does not map back to the address`. */
export function addressMaps(text: string, draft: Draft): void {
  const peer = readPeer(text, 8, false);
  if (peer === undefined) return;
  takePeer(draft, peer);
  draft.reason = 'name_mismatch';
}

/** `Nasty PTR record "NAME" is set up for ADDR, ignoring`: the name is the attacker's. */
export function nastyPtr(text: string, draft: Draft): void {
  const mark = '" is set up for ';
  const at = text.lastIndexOf(mark);
  if (at < 0 || !endsWith(text, ', ignoring')) return;
  draft.reason = 'name_mismatch';
  setSource(draft, text.slice(at + mark.length, -10));
}

/** `Authentication tried for U with correct key but not from a permitted host (host=NAME, ip=ADDR[, …])`. */
export function notFromHere(text: string, draft: Draft): void {
  fails(draft, 'host_not_permitted');
  const mark = ' with correct key but not from a permitted host (host=';
  const at = text.indexOf(mark);
  if (at < 25) return;
  draft.username = bounded(draft, text.slice(25, at));
  const peer = /^[^\s,()]{0,255}, ip=([0-9a-fA-F.:%]{2,64})[,)]/.exec(
    text.slice(at + mark.length, at + mark.length + 400),
  );
  if (peer !== null) setSource(draft, peer[1] as string);
}

/** `Close session: user U from ADDR port N id 0`, `… user U ADDR port N`: the peer stands last. */
export function userSession(text: string, start: number, draft: Draft): void {
  draft.action = 'session';
  const portAt = text.lastIndexOf(' port ');
  const before = text.lastIndexOf(' ', portAt - 1);
  const peer = before < start ? undefined : readPeer(text, before + 1, false);
  if (peer === undefined || peer.port < 0) return;
  takePeer(draft, peer);
  const user = text.slice(start, before);
  draft.username = bounded(draft, endsWith(user, ' from') ? user.slice(0, -5) : user);
}

/** The HPN patch: `SSH: Server;Ltype: Version;Remote: ADDR-PORT;Protocol: 2.0;Client: …`. */
export function hpnServer(text: string, draft: Draft): void {
  const match = /^SSH: Server;Ltype: [A-Za-z]{2,16};Remote: ([0-9a-fA-F.:]{2,45})-(\d{1,5});/.exec(
    text.slice(0, 120),
  );
  if (match !== null && setSource(draft, match[1] as string))
    setPort(draft, Math.max(0, readPort(match[2] as string)));
}
