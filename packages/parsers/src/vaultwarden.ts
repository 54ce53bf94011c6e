/**
 * Vaultwarden: `[TIME][vaultwarden::api::identity][ERROR] Username or password is incorrect. Try again. IP: ADDR.
 * Username: U.` The address stands in front of the user, behind text of its own. It comes from a header that a stranger
 * can send where no proxy sets it: such events prove nothing.
 */
import { addFlag, bounded, endsWith, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login } from './login.ts';
import { readIsoTime } from './timestamp.ts';

const HEAD =
  /^(?:\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[0-9.+-]{0,16})\])?\[(?:vaultwarden|bitwarden_rs)::[a-z_:]{1,80}\]\[(?:ERROR|WARN|INFO)\] /;

/** What is wrong with a login, by the first words of the message, and how it was tried. */
const FAILURES: readonly (readonly [start: string, method: string])[] = [
  ['Username or password is incorrect. ', 'password'],
  ['Invalid admin token', 'token'],
  ['Invalid TOTP code', 'totp'],
  ['Token is invalid', 'token'],
  ['Invalid Yubikey OTP', 'otp'],
  ['Invalid Duo ', 'otp'],
  ['Invalid recovery code', 'otp'],
  ['Invalid client_', 'token'],
];
const ACCEPTED = ' logged in successfully. IP: ';

/** For lines that begin with `[`. */
export function looksLikeVaultwarden(line: string): boolean {
  const at = line.slice(0, 64).indexOf('warden');
  return at > 0 && line.indexOf('::', at) > 0;
}

/** The time that the message names, NaN when it names none; false when it is no login. */
export function parseVaultwarden(
  message: string,
  draft: Draft,
  context: ReadContext,
): number | false {
  const head = HEAD.exec(message.slice(0, 160));
  if (head === null) return false;
  const text = message.slice(head[0].length);
  if (!readOutcome(text, draft)) return false;
  draft.protocol = 'http';
  addFlag(draft, 'untrusted');
  const time = head[1] === undefined ? undefined : readIsoTime(head[1], 0, context);
  if (time !== undefined && time.isAmbiguous) addFlag(draft, 'ambiguous');
  return time === undefined ? NaN : time.ms;
}

function readOutcome(text: string, draft: Draft): boolean {
  if (startsWith(text, 'User ')) {
    const at = text.lastIndexOf(ACCEPTED);
    if (at < 5) return false;
    draft.username = bounded(draft, text.slice(5, at));
    return login(draft, 'web_login', true, text.slice(at + ACCEPTED.length));
  }
  for (let i = 0; i < FAILURES.length; i++) {
    const [start, method] = FAILURES[i] as (typeof FAILURES)[number];
    if (!startsWith(text, start)) continue;
    const at = text.indexOf(' IP: ');
    const peer = at < 0 ? null : /^[0-9a-fA-F.:]{2,46}/.exec(text.slice(at + 5, at + 51));
    if (peer === null) return false;
    const address = endsWith(peer[0], '.') ? peer[0].slice(0, -1) : peer[0];
    login(draft, 'web_login', false, address);
    draft.auth_method = method;
    const behind = text.slice(at + 5 + address.length);
    if (startsWith(behind, '. Username: ')) {
      const user = behind.slice(12);
      draft.username = bounded(draft, endsWith(user, '.') ? user.slice(0, -1) : user);
    }
    return true;
  }
  return false;
}
