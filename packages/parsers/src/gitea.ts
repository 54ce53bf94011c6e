/**
 * Gitea and Forgejo: `… Failed authentication attempt for U from ADDR:PORT: REASON`. The reason repeats the user, so
 * whoever calls himself like such a line is found out: it is cut only where what follows is whole.
 */
import { readAddressPort, setAddressPort } from './address-port.ts';
import { addFlag, bounded, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login } from './login.ts';
import { readIsoTime } from './timestamp.ts';

const MARK = 'ailed authentication attempt ';
/** Places at which a user may end that are tried. */
const MAX_ENDS = 8;

/** For lines that begin with a digit. */
export function looksLikeGitea(line: string): boolean {
  return line.charCodeAt(4) === 47 && line.slice(0, 200).indexOf(MARK) > 0;
}

/** The time that the message names, NaN when it names none; false when it is no login. */
export function parseGitea(message: string, draft: Draft, context: ReadContext): number | false {
  // Where it was written, and which request it was: `...ers/web/auth/auth.go:200:SignInPost() [I] [645e123e] `.
  const head =
    /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d )?(?:[A-Za-z0-9_./]{1,120}:\d{1,6}:[A-Za-z0-9_().]{1,80} )?(?:\[[A-Za-z0-9-]{1,32}\] )?(?:\[[A-Za-z0-9-]{1,32}\] )?[Ff]ailed authentication attempt (?:for )?/.exec(
      message.slice(0, 320),
    );
  if (head === null) return false;
  const text = message.slice(head[0].length);
  login(draft, 'web_login', false, undefined);
  draft.protocol = 'http';
  if (startsWith(text, 'from ')) takePeer(text.slice(5), draft);
  else takeUser(text, draft);
  const time = readIsoTime(message, 0, context);
  return time === undefined ? NaN : time.ms;
}

/** `ADDR:PORT[: REASON]`; false when no address stands there. */
function takePeer(text: string, draft: Draft): boolean {
  const blank = text.indexOf(' ');
  const word = blank < 0 ? text : text.slice(0, blank);
  return setAddressPort(
    draft,
    word.charAt(word.length - 1) === ':' ? word.slice(0, -1) : word,
    true,
  );
}

function takeUser(text: string, draft: Draft): void {
  let found = -1;
  let certain = -1;
  let ends = 0;
  for (let at = text.indexOf(' from '); at >= 0; at = text.indexOf(' from ', at + 1)) {
    const word = /^\S{3,60}: /.exec(text.slice(at + 6, at + 70));
    if (word === null || readAddressPort(word[0].slice(0, -2), true) === undefined) continue;
    ends++;
    if (ends > MAX_ENDS) break;
    found = at;
    if (isReasonOf(text.slice(0, at), text.slice(at + 6 + word[0].length))) {
      // Two whole readings cannot be told apart.
      certain = certain < 0 ? at : -2;
      if (certain === -2) break;
    }
  }
  const at = ends === 1 ? found : ends <= MAX_ENDS ? certain : -1;
  if (at < 0) return addFlag(draft, 'ambiguous');
  draft.username = bounded(draft, text.slice(0, at));
  takePeer(text.slice(at + 6), draft);
  if (/^(?:user|[Ee]mail address) does not exist/.test(reasonIn(text, at)))
    draft.reason = 'invalid_user';
}

function reasonIn(text: string, at: number): string {
  const colon = text.indexOf(': ', at + 6);
  return colon < 0 ? '' : text.slice(colon + 2, colon + 40);
}

/** Whether the whole of it is a reason that names this user. */
function isReasonOf(user: string, reason: string): boolean {
  const name = /\[(?:uid: \d{1,19}, )?(?:name|email): /.exec(reason.slice(0, 100));
  if (name === null) return false;
  const rest = reason.slice(name.index + name[0].length);
  return (
    rest.length <= user.length + 32 &&
    rest.slice(0, user.length) === user &&
    /^(?:, keyid: \d{1,19})?\]$/.test(rest.slice(user.length))
  );
}
