/** The peer of an sshd message, and what all of its messages share. */
import { readIpAddress, type ParsedIpAddress } from '@mini-soc/model/ip-address';
import {
  bounded,
  endsWith,
  isAt,
  isPeerText,
  readPort,
  setAddress,
  setPort,
  setSource,
  startsWith,
  type Draft,
} from './draft.ts';

export interface Peer {
  readonly address: string;
  /** Undefined when the address is a host name. */
  readonly parsed: ParsedIpAddress | undefined;
  readonly port: number;
  /** Index behind the peer. */
  readonly end: number;
}

/** `ADDR`, `ADDR port N` at `at`; the address must be one, or a host name when `mayBeHost`. */
export function readPeer(text: string, at: number, mayBeHost: boolean): Peer | undefined {
  let end = text.indexOf(' ', at);
  if (end < 0) end = text.length;
  let word = text.slice(at, end);
  let parsed = readIpAddress(word);
  // Old wordings put a colon straight behind the address: `from 192.0.2.1: 11: …`.
  if (parsed === undefined && word.charCodeAt(word.length - 1) === 58) {
    word = word.slice(0, -1);
    parsed = readIpAddress(word);
    end--;
  }
  if (parsed === undefined && !(mayBeHost && isPeerText(word) && word.indexOf(':') < 0))
    return undefined;
  if (!isAt(text, end, ' port ')) return { address: word, parsed: parsed, port: -1, end: end };
  let digitsEnd = end + 6;
  while (
    digitsEnd < text.length &&
    text.charCodeAt(digitsEnd) >= 48 &&
    text.charCodeAt(digitsEnd) <= 57
  )
    digitsEnd++;
  const port = readPort(text.slice(end + 6, digitsEnd));
  return port < 0 ? undefined : { address: word, parsed: parsed, port: port, end: digitsEnd };
}

export function takePeer(draft: Draft, peer: Peer): void {
  if (peer.parsed === undefined) setSource(draft, peer.address);
  else setAddress(draft, peer.parsed);
  if (peer.port >= 0) setPort(draft, peer.port);
}

export function takeUser(draft: Draft, text: string): boolean {
  let user = text;
  let isInvalid = false;
  if (startsWith(user, 'invalid user ') || startsWith(user, 'illegal user ')) {
    user = user.slice(13);
    isInvalid = true;
  } else if (user === '<invalid username>') {
    user = '';
    isInvalid = true;
  }
  draft.username = bounded(draft, user);
  return isInvalid;
}

/** Nothing, or ` ssh2`, up to the end of the text. */
export function isProtocolEnd(text: string, at: number): boolean {
  const rest = text.length - at;
  return rest === 0 || (rest === 5 && (endsWith(text, ' ssh2') || endsWith(text, ' ssh1')));
}

export function withoutPreauth(text: string): string {
  return endsWith(text, ' [preauth]') ? text.slice(0, -10) : text;
}

export function fails(draft: Draft, reason: string): void {
  draft.status = 'failure';
  draft.reason = reason;
}
