/**
 * Apache's error log. 2.4: `[Sat Nov 21 03:40:00.123456 2026] [module:level] [pid N:tid N] [client
 * ADDR:PORT] AH01618: MESSAGE, referer: URL`; 2.2: `[Sat Nov 21 03:40:00 2026] [level] [client ADDR]
 * MESSAGE`. The client stands before the message, so nothing that a client sends can stand in its
 * place: the brackets are read one by one from the left. Wordings: log.c, modules/aaa of httpd, mod_security 2.
 */
import { takeRequest, takeTarget } from './access-log.ts';
import { setAddressPort } from './address-port.ts';
import { addFlag, bounded, endsWith, setSource, startsWith, type Draft } from './draft.ts';
import { readCtime, type TimeContext } from './timestamp.ts';

const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'];

/** The time in milliseconds (NaN when it does not exist) when the line is one of Apache's error log; else undefined. */
export function parseApacheError(
  line: string,
  draft: Draft,
  context: TimeContext,
): number | undefined {
  if (line.charAt(0) !== '[') return undefined;
  const time = readCtime(line, 1, context);
  if (time === undefined || line.substr(time.end, 3) !== '] [') return undefined;
  if (!parseApacheMessage(line.slice(time.end + 2), draft)) return undefined;
  if (time.isAmbiguous) addFlag(draft, 'ambiguous');
  return time.ms;
}

/** The part behind the time, as Apache also sends it to syslog; false when it does not begin with a level. */
export function parseApacheMessage(text: string, draft: Draft): boolean {
  const level = /^\[(?:([a-z0-9_]{0,40}):)?([a-z]{4,6})(\d?)\] /.exec(text.slice(0, 60));
  if (level === null) return false;
  const word = level[2] as string;
  if (LEVELS.indexOf(word) < 0 && word !== 'trace') return false;
  draft.log_type = 'web';
  draft.action = 'http_error';
  draft.status = 'info';
  const hasPort = level[1] !== undefined;
  let rest = text.slice(level[0].length);
  const pid = /^\[pid (\d{1,10})(?::tid \d{1,20})?\] /.exec(rest.slice(0, 48));
  if (pid !== null) {
    draft.pid = Number(pid[1]);
    rest = rest.slice(pid[0].length);
  }
  // Where in the source it happened and the system's own error text.
  const origin = /^(?:[a-z_]{1,40}\.c\(\d{1,6}\): )?(?:\(\d{1,8}\)[^:[\]]{1,100}: )?/.exec(
    rest.slice(0, 200),
  );
  let message = origin === null ? rest : rest.slice(origin[0].length);
  const client =
    /^\[(?:client|remote) ([^\s\]]{1,64}|\[[0-9a-fA-F:.]{2,45}\](?::\d{1,5})?)\] /.exec(
      message.slice(0, 120),
    );
  if (client !== null) {
    const peer = client[1] as string;
    if (!setAddressPort(draft, peer, hasPort)) setSource(draft, peer);
    message = message.slice(client[0].length);
    // mod_security repeats the client.
    const again = /^\[client [^\s\]]{1,64}\] (?=ModSecurity: )/.exec(message.slice(0, 100));
    if (again !== null) message = message.slice(again[0].length);
  }
  const number = /^AH\d{5}: /.exec(message.slice(0, 9));
  if (number !== null) message = message.slice(9);
  if (startsWith(message, 'ModSecurity: ')) modSecurity(message, draft);
  else classify(withoutReferrer(message, draft), draft);
  return true;
}

function withoutReferrer(message: string, draft: Draft): string {
  const at = message.indexOf(', referer: ');
  if (at < 0) return message;
  draft.referrer = bounded(draft, message.slice(at + 11));
  return message.slice(0, at);
}

function classify(text: string, draft: Draft): void {
  const said = startsWith(text, 'Digest: ') ? text.slice(8) : text;
  if (startsWith(said, 'user ')) return user(said, draft);
  if (startsWith(said, 'Authorization of user ')) return authorization(said, draft);
  if (startsWith(said, 'access to ') && said.indexOf(' failed, reason: ') > 0)
    return fails(draft, 'not_allowed');
  if (
    startsWith(said, 'auth_ldap authenticate: user ') &&
    said.indexOf(' authentication failed; URI ') > 0
  ) {
    fails(draft, 'bad_password');
    between(said, 29, ' authentication failed; URI ', draft);
    return;
  }
  if (startsWith(said, 'client used wrong authentication scheme'))
    return fails(draft, 'bad_scheme');
  if (
    startsWith(said, 'invalid nonce ') ||
    startsWith(said, 'invalid nc ') ||
    startsWith(said, 'invalid qop ') ||
    startsWith(said, 'invalid uri <') ||
    startsWith(said, 'uri mismatch - ') ||
    startsWith(said, 'realm mismatch - ') ||
    startsWith(said, 'unknown algorithm ') ||
    startsWith(said, 'received invalid opaque') ||
    startsWith(said, 'missing user, realm, nonce') ||
    startsWith(said, 'Warning, possible replay attack')
  ) {
    fails(draft, 'bad_digest');
    draft.auth_method = 'digest';
    return;
  }
  if (startsWith(said, 'bearer token ') && said.indexOf(': authentication failure for ') > 0) {
    fails(draft, 'bad_token');
    return;
  }
  // A path that climbs out: the server stops it before any module, and what follows is the request as sent.
  if (startsWith(said, 'Invalid URI in request ')) {
    draft.action = 'http_denied';
    draft.status = 'blocked';
    draft.reason = 'invalid_uri';
    takeRequest(said.slice(23), draft);
    return;
  }
  if (
    startsWith(said, 'client denied by server configuration: ') ||
    startsWith(said, 'client method denied by server configuration: ') ||
    startsWith(said, 'Directory index forbidden by ') ||
    (startsWith(said, 'Handler ') && said.indexOf('denied by server configuration: ') > 0)
  ) {
    draft.action = 'http_denied';
    draft.status = 'blocked';
    draft.reason = 'forbidden';
  }
}

const USER_WORDINGS: readonly (readonly [string, string])[] = [
  [': authentication failure for "', 'bad_password'],
  [': authorization failure for "', 'not_allowed'],
  [': password mismatch: ', 'bad_password'],
  [' not found: ', 'invalid_user'],
  [' denied by provider: ', 'not_allowed'],
];

/** `user U not found: URI`, `user U: authentication failure for "URI": …`, `user U: password mismatch: URI`, also with quotes around U. */
function user(text: string, draft: Draft): void {
  let at = -1;
  let found = '';
  let reason = '';
  let readings = 0;
  for (let i = 0; i < USER_WORDINGS.length; i++) {
    const wording = USER_WORDINGS[i] as (typeof USER_WORDINGS)[number];
    const place = text.indexOf(wording[0], 5);
    if (place < 0) continue;
    readings += text.indexOf(wording[0], place + 1) < 0 ? 1 : 2;
    if (at >= 0 && place > at) continue;
    at = place;
    found = wording[0];
    reason = wording[1];
  }
  if (at < 0) return;
  fails(draft, reason);
  if (readings > 1) {
    // The user or the path contains one of these wordings: which is which cannot be told.
    addFlag(draft, 'ambiguous');
    return;
  }
  draft.username = bounded(draft, unquoted(text.slice(5, at)));
  const rest = text.slice(at + found.length);
  const isQuoted = found.charAt(found.length - 1) === '"';
  const target = isQuoted ? rest.slice(0, Math.max(0, rest.lastIndexOf('":'))) : rest;
  if (target.charAt(0) === '/') takeTarget(target, draft);
}

/** A name as it stands, between quotes, or of digest's "`U' in realm `R'". */
function unquoted(name: string): string {
  const first = name.charAt(0);
  const realm = first === '`' || first === "'" ? name.lastIndexOf("' in realm ") : -1;
  if (realm > 0) return name.slice(1, realm);
  return name.length > 1 && (first === "'" || first === '`') && endsWith(name, "'")
    ? name.slice(1, -1)
    : name;
}

/** `Authorization of user U to access URI failed, reason: …`. */
function authorization(text: string, draft: Draft): void {
  fails(draft, 'not_allowed');
  if (!between(text, 22, ' to access ', draft)) return;
  const start = text.indexOf(' to access ') + 11;
  const end = text.indexOf(' failed, reason: ', start);
  const target = end < 0 ? '' : text.slice(start, end);
  if (target.charAt(0) === '/') takeTarget(target, draft);
}

/** Takes the user that stands before the mark, unless the mark is there twice. */
function between(text: string, start: number, mark: string, draft: Draft): boolean {
  const end = text.indexOf(mark, start);
  if (end < 0) return false;
  if (text.indexOf(mark, end + 1) >= 0) {
    addFlag(draft, 'ambiguous');
    return false;
  }
  draft.username = bounded(draft, text.slice(start, end));
  return true;
}

/** mod_security 2: quotes in what it shows are escaped, so what stands before the first ` [unique_id "` is its own. */
function modSecurity(message: string, draft: Draft): void {
  const end = message.indexOf(' [unique_id "');
  const text = end < 0 ? message : message.slice(0, end);
  if (text.slice(0, 2048).indexOf('Access denied with ') > 0) {
    draft.action = 'http_denied';
    draft.status = 'blocked';
    draft.reason = 'web_firewall';
  }
  const host = field(text, 'hostname');
  if (host !== undefined) draft.http_host = bounded(draft, host);
  const uri = field(text, 'uri');
  if (uri !== undefined) takeTarget(uri, draft);
  const id = field(text, 'id');
  if (id !== undefined && /^\d{1,10}$/.test(id)) draft.extra = { rule_id: id };
}

function field(text: string, name: string): string | undefined {
  const mark = ' [' + name + ' "';
  const at = text.lastIndexOf(mark);
  if (at < 0) return undefined;
  const end = text.indexOf('"]', at + mark.length);
  return end < 0 ? undefined : text.slice(at + mark.length, end);
}

function fails(draft: Draft, reason: string): void {
  draft.action = 'http_auth';
  draft.status = 'failure';
  draft.reason = reason;
}
