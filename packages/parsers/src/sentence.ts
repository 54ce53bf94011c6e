/**
 * Messages that are one sentence with a name and an address in it: `Invalid login as U from ADDR`. What a client can
 * write stands between the head and the tail of a sentence. A tail that ends the line leaves one reading. Where a
 * client's text follows it as well, its first and its last place must be the same, or nobody is named.
 */
import { readAddressPort } from './address-port.ts';
import { addFlag, bounded, endsWith, setPort, setSource, startsWith, type Draft } from './draft.ts';
import { login, refusal, type LoginAction } from './login.ts';

export interface Sentence {
  /** `success`, or why it was refused. */
  readonly outcome: string;
  /** A refusal before anybody tried to log in is no guess. */
  readonly isLogin: boolean;
  /** Of the begin of the text; its group is the address, if it has one. Without a tail the whole is said. */
  readonly head: RegExp;
  /** What the tail begins with, and the tail; its group is the address. */
  readonly mark: string | undefined;
  readonly tail: RegExp | undefined;
  /** Between head and tail the user stands behind the first, or in front of the last of these. */
  readonly userBehind: string | undefined;
  readonly userUntil: string | undefined;
  /** What stands there is no user. */
  readonly namesNobody: true | undefined;
}

/** Who it is, between head and tail: the whole, unless this says less. */
interface Named {
  readonly userBehind?: string;
  readonly userUntil?: string;
  readonly namesNobody?: true;
}

function sentence(
  outcome: string,
  isLogin: boolean,
  head: RegExp,
  mark: string | undefined,
  tail: RegExp | undefined,
  named: Named | undefined,
): Sentence {
  const said: Named = named === undefined ? {} : named;
  return {
    outcome: outcome,
    isLogin: isLogin,
    head: head,
    mark: mark,
    tail: tail,
    userBehind: said.userBehind,
    userUntil: said.userUntil,
    namesNobody: said.namesNobody,
  };
}

export function accepted(head: RegExp, mark?: string, tail?: RegExp, named?: Named): Sentence {
  return sentence('success', true, head, mark, tail, named);
}

export function refused(
  reason: string,
  head: RegExp,
  mark?: string,
  tail?: RegExp,
  named?: Named,
): Sentence {
  return sentence(reason, true, head, mark, tail, named);
}

/** Before anybody tried to log in. */
export function turnedAway(
  reason: string,
  head: RegExp,
  mark?: string,
  tail?: RegExp,
  named?: Named,
): Sentence {
  return sentence(reason, false, head, mark, tail, named);
}

/** What the sentences of a program have in common. */
export interface Speaker {
  readonly action: LoginAction;
  /** The action of what is no login. */
  readonly event: string;
  readonly protocol: string;
  /** The address comes from a header that a client can send where no proxy sets it. */
  readonly believesClients?: boolean;
}

/** What is looked at of a head or a tail. */
const MAX_PART = 1000;
/** Places of a mark that are looked at from each end. */
const MAX_PLACES = 16;

/** Fills the draft from the first sentence that the text is; false when it is none of them. */
export function readSentence(
  text: string,
  sentences: readonly Sentence[],
  speaker: Speaker,
  draft: Draft,
): boolean {
  for (let i = 0; i < sentences.length; i++) {
    const known = sentences[i] as Sentence;
    const head = known.head.exec(text.slice(0, MAX_PART));
    if (head === null) continue;
    const place = known.mark === undefined ? undefined : lastPlace(text, head[0].length, known);
    if (place === undefined && known.mark !== undefined) continue;
    tell(known, speaker, draft);
    if (head[1] !== undefined) takePeer(head[1], draft);
    if (place === undefined) takeUser(text.slice(head[0].length), known, draft);
    else {
      takeUser(text.slice(head[0].length, place.at), known, draft);
      if (place.peer === undefined) return true;
      if (isOnly(text, head[0].length, known, place)) takePeer(place.peer, draft);
      else addFlag(draft, 'ambiguous');
    }
    return true;
  }
  return false;
}

function tell(known: Sentence, speaker: Speaker, draft: Draft): void {
  if (known.outcome === 'success') login(draft, speaker.action, true, undefined);
  else refusal(draft, known.isLogin ? speaker.action : speaker.event, known.outcome, undefined);
  draft.protocol = speaker.protocol;
  if (speaker.believesClients === true) addFlag(draft, 'untrusted');
}

interface Place {
  readonly at: number;
  readonly end: number;
  readonly peer: string | undefined;
}

function placeAt(text: string, at: number, known: Sentence): Place | undefined {
  const found = (known.tail as RegExp).exec(text.slice(at, at + MAX_PART));
  return found === null ? undefined : { at: at, end: at + found[0].length, peer: found[1] };
}

function lastPlace(text: string, start: number, known: Sentence): Place | undefined {
  const mark = known.mark as string;
  let at = text.lastIndexOf(mark);
  for (let i = 0; i < MAX_PLACES && at >= start; i++) {
    const place = placeAt(text, at, known);
    if (place !== undefined) return place;
    at = at === 0 ? -1 : text.lastIndexOf(mark, at - 1);
  }
  return undefined;
}

/** Whether nothing in front of this place could be the tail as well; a tail that must end the line stands there alone. */
function isOnly(text: string, start: number, known: Sentence, last: Place): boolean {
  if (endsWith((known.tail as RegExp).source, '$')) return true;
  const mark = known.mark as string;
  let at = text.indexOf(mark, start);
  for (let i = 0; i < MAX_PLACES && at >= 0 && at < last.at; i++) {
    if (placeAt(text, at, known) !== undefined) return false;
    at = text.indexOf(mark, at + 1);
  }
  return at === last.at;
}

function takeUser(said: string, known: Sentence, draft: Draft): void {
  if (known.namesNobody === true) return;
  let user = said;
  if (known.userBehind !== undefined) {
    const at = said.indexOf(known.userBehind);
    if (at < 0) return;
    user = said.slice(at + known.userBehind.length);
  }
  const end = known.userUntil === undefined ? -1 : user.lastIndexOf(known.userUntil);
  if (known.userUntil !== undefined && end < 0) return;
  if (end >= 0) user = user.slice(0, end);
  if (user.length > 1 && startsWith(user, '"') && endsWith(user, '"')) user = user.slice(1, -1);
  if (user !== '') draft.username = bounded(draft, user);
}

function takePeer(text: string, draft: Draft): void {
  const peer = startsWith(text, 'IPv6:') ? text.slice(5) : text;
  const found = readAddressPort(peer, true);
  if (found === undefined) setSource(draft, peer);
  else {
    setSource(draft, found.address);
    if (found.port > 0) setPort(draft, found.port);
  }
}
