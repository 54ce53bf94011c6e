/** The part of an access log's line in front of its time: who asked, by which virtual host, under which name. */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { readAddressPort, setAddressPort } from './address-port.ts';
import { addFlag, bounded, endsWith, type Draft } from './draft.ts';

/** Hops in front of the peer that are looked at. */
const MAX_CHAIN = 1000;

/**
 * `[VHOST ]ADDR[, ADDR …] IDENT USER`. In a chain of proxies the last one is the peer: what stands before
 * it the client can write itself.
 */
export function takeClient(head: string, draft: Draft): boolean {
  let rest = head;
  let word = firstWord(rest);
  if (
    readIpAddress(bare(word)) === undefined &&
    word.charAt(word.length - 1) !== ',' &&
    readIpAddress(firstWord(rest.slice(word.length + 1))) !== undefined
  ) {
    draft.http_host = bounded(draft, word).replace(/:\d{1,5}$/, '');
    rest = rest.slice(word.length + 1);
    word = firstWord(rest);
  }
  let hops = 0;
  for (; hops < MAX_CHAIN; hops++) {
    const next = firstWord(rest.slice(word.length + 1));
    const isChain =
      word.charAt(word.length - 1) === ',' ||
      (readIpAddress(bare(word)) !== undefined && isAddress(bare(next)));
    if (!isChain) break;
    rest = rest.slice(word.length + 1);
    word = next;
  }
  if (hops < MAX_CHAIN && !takePeer(word.slice(word.lastIndexOf(',') + 1), draft)) return false;
  rest = rest.slice(word.length + 1);
  const ident = firstWord(rest);
  if (ident === '') return false;
  let user = rest.slice(ident.length + 1);
  if (hops === MAX_CHAIN || hasPeerBehind(user)) {
    // A user whose name looks like a peer, or a hop that looks like a user: two readings.
    delete draft.source_ip;
    delete draft.source_host;
    delete draft.source_zone;
    addFlag(draft, 'ambiguous');
    return true;
  }
  if (user.charAt(0) === '"' && user.length > 1 && endsWith(user, '"')) user = user.slice(1, -1);
  if (user !== '' && user !== '-' && user !== '- -') draft.username = bounded(draft, user);
  return true;
}

function takePeer(word: string, draft: Draft): boolean {
  if (setAddressPort(draft, word, false)) return true;
  if (!/^[A-Za-z0-9_.:-]{1,255}$/.test(word)) return false;
  if (word !== '-') draft.source_host = word;
  return true;
}

/** True when the text ends in `, ADDR IDENT USER`. */
function hasPeerBehind(text: string): boolean {
  const comma = text.lastIndexOf(', ');
  return comma >= 0 && isAddress(firstWord(text.slice(comma + 2)));
}

/** Also with the port that the client spoke from. */
function isAddress(word: string): boolean {
  return readAddressPort(word, false) !== undefined;
}

function bare(word: string): string {
  return word.charAt(word.length - 1) === ',' ? word.slice(0, -1) : word;
}

function firstWord(text: string): string {
  const blank = text.indexOf(' ');
  return blank < 0 ? text : text.slice(0, blank);
}
