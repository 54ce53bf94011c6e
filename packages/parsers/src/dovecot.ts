/**
 * Logins at Dovecot. `imap-login: Disconnected (auth failed, N attempts in …): user=<U>, method=PLAIN, rip=ADDR, lip=…` is
 * what counts; what its helpers say of the same attempt (`auth: sql(U,ADDR,<id>): Password mismatch`) and clients that
 * never tried are a `mail_event`. The user is the client's text: the address is the last one behind him.
 */
import { parsePamOnly } from './any-program.ts';
import { bounded, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login, refusal } from './login.ts';
import { readOwnTime } from './own-time.ts';

const MAX_ATTEMPTS = 1000;

/** `auth(U,ADDR,sasl:login)<SESSION>: Info: sql: Password mismatch`, as version 2.4 says it. */
const WORKER =
  /^(?:dovecot: )?auth(?:-worker)?\(([^,()\s]{0,255}),([0-9a-fA-F.:]{2,45})(?:,[a-z0-9:_-]{1,64})?\)(?:<[^>\s]{1,64}>)?: (?:(?:Info|Error|Warning): )?[a-z-]{2,16}: ([Uu]nknown user|[Pp]assword mismatch|pam_authenticate\(\) failed|invalid credentials)/;

/** For lines of a file of its own. */
export function looksLikeDovecot(line: string): boolean {
  return line.indexOf('-login: ') > 0 || / auth(?:-worker)?\(/.test(line.slice(0, 64));
}

export function parseDovecotLine(
  line: string,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const time = readOwnTime(line, context);
  if (time === undefined || !parseDovecot(line.slice(time.end), draft)) return undefined;
  draft.program = 'dovecot';
  return time.ms;
}

export function parseDovecot(message: string, draft: Draft): boolean {
  // In a file of its own the helper stands where a syslog names the program.
  const text =
    draft.program === undefined || startsWith(draft.program, 'dovecot')
      ? message
      : draft.program + ': ' + message;
  const head = /^(?:dovecot: )?(imap|pop3|submission|managesieve|sieve)-login: (?:Info: )?/.exec(
    text.slice(0, 64),
  );
  return head === null
    ? readHelper(text, draft) || parsePamOnly(message, draft)
    : readEnd(text.slice(head[0].length), head[1] as string, draft);
}

/** What is said of a connection that ends, or of a login that succeeds. */
function readEnd(text: string, protocol: string, draft: Draft): boolean {
  const mark = Math.max(text.lastIndexOf(', rip='), text.lastIndexOf(': rip='));
  if (mark < 0) return false;
  const peerAt = mark + 2;
  const peer = /^[0-9a-fA-F.:]{2,45}/.exec(text.slice(peerAt + 4, peerAt + 50));
  if (peer === null) return false;
  const userAt = text.indexOf(' user=<');
  const said = text.slice(0, userAt < 0 || userAt > peerAt ? peerAt : userAt);
  draft.protocol = protocol;
  if (userAt >= 0 && userAt < peerAt) takeUser(text, userAt + 7, peerAt - 2, draft);
  if (startsWith(text, 'Login: user=<')) return login(draft, 'mail_login', true, peer[0]);
  const failed = /\(auth failed, (\d{1,6}) attempts/.exec(said.slice(0, 400));
  const isTried =
    failed !== null ||
    /\((?:tried to use dis(?:abled|allowed) [a-z ]{1,32} auth|proxy dest auth failed)\)/.test(
      said.slice(0, 400),
    );
  if (isTried) {
    const attempts = failed === null ? 0 : Number(failed[1]);
    if (attempts > 1) draft.repeat_count = Math.min(MAX_ATTEMPTS, attempts);
    return login(draft, 'mail_login', false, peer[0]);
  }
  // Nothing was tried: told where something went wrong, not where a client only looked.
  return /SSL_[a-z]{4,12}\(\)|read\(size=\d{1,10}\) failed|Too many |handshak|before auth was ready|didn't finish SASL/.test(
    text.slice(0, 1000),
  )
    ? refusal(draft, 'mail_event', 'protocol_error', peer[0])
    : false;
}

/** `user=<U>, method=PLAIN, rip=…`: what ends the user is the last of it. */
function takeUser(text: string, start: number, end: number, draft: Draft): void {
  const method = text.lastIndexOf('>, method=', end);
  const close = method < start ? text.lastIndexOf('>', end) : method;
  if (close > start) draft.username = bounded(draft, text.slice(start, close));
}

const HELPER =
  /^(?:dovecot: )?auth(?:-worker)?(?:\([A-Za-z0-9,=_-]{1,64}\))?: (?:(?:Info|Error|Warning): )?(?:conn unix:[a-z/-]{1,32} \([a-z0-9=,]{1,64}\): auth-worker<\d{1,12}>: )?(?:pam|sql|ldap|passwd-file|passwd|shadow|bsdauth|vpopmail|checkpassword|lua|oauth2|static|userdb-[a-z]{2,16})\(([^,()]{0,255}),([0-9a-fA-F.:]{2,45})(?:,[^()\s]{0,128})?\): (?:(?:unknown user|[Pp]assword mismatch|pam_authenticate\(\) failed|invalid credentials|Login failed)|pam_acct_mgmt\(\) failed)/;

function readHelper(text: string, draft: Draft): boolean {
  const worker = WORKER.exec(text.slice(0, 600));
  const found = worker === null ? HELPER.exec(text.slice(0, 900)) : worker;
  if (found === null) return false;
  const user = found[1] as string;
  if (user !== '') draft.username = bounded(draft, user);
  const isUnknown = found[0].slice(-11) === 'nknown user';
  return refusal(draft, 'mail_event', isUnknown ? 'invalid_user' : 'bad_password', found[2]);
}
