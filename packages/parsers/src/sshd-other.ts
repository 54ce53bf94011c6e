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
