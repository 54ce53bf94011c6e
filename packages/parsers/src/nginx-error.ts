/**
 * nginx's error log: `2026/11/21 03:40:00 [error] PID#TID: *CONNECTION MESSAGE[ while ACTION], client:
 * ADDR, server: NAME, request: "…", host: "…", referrer: "…"`. nginx escapes nothing here: a path or a
 * header may contain `, client: `. A Basic user cannot (it ends at the first colon), nor can messages
 * without the client's text: there the first client is nginx's. Elsewhere two clients are two readings,
 * and no address is taken. Wordings: ngx_log.c, ngx_http_request.c, ngx_http_auth_basic_module.c, …
 */
import { takeRequest } from './access-log.ts';
import { setAddressPort } from './address-port.ts';
import { addFlag, bounded, startsWith, type Draft } from './draft.ts';
import { readIsoTime, type TimeContext } from './timestamp.ts';

/** True when the line begins like one of nginx's error log; cheap. */
export function isNginxError(line: string): boolean {
  return line.charCodeAt(4) === 47 && line.charCodeAt(19) === 32 && line.charCodeAt(20) === 91;
}

/** The time in milliseconds (NaN when it does not exist) when the line is one of nginx's error log; else undefined. */
export function parseNginxError(
  line: string,
  draft: Draft,
  context: TimeContext,
): number | undefined {
  const time = readIsoTime(line, 0, context);
  if (time === undefined || time.end !== 19) return undefined;
  const head = /^ \[([a-z]{1,8})\] (\d{1,10})[#:](\d{1,20}):? ?(?:\*\d{1,20} )?/.exec(
    line.slice(19, 100),
  );
  if (head === null) return undefined;
  draft.log_type = 'web';
  draft.action = 'http_error';
  draft.status = 'info';
  draft.pid = Number(head[2]);
  if (time.isAmbiguous) addFlag(draft, 'ambiguous');
  const body = line.slice(19 + head[0].length);
  const isFixed =
    (startsWith(body, 'user "') && countWordings(body) === 1) ||
    startsWith(body, "PAM: user '") ||
    startsWith(body, 'limiting ') ||
    startsWith(body, 'delaying ') ||
    startsWith(body, 'access forbidden by rule') ||
    startsWith(body, 'SSL_') ||
    startsWith(body, 'no user/password was provided');
  const place = findClient(body, isFixed);
  const isOne = place !== undefined && place.address !== undefined;
  const message = isOne ? body.slice(0, place.at) : body;
  classify(message, draft);
  if (place === undefined) return time.ms;
  if (place.address === undefined) addFlag(draft, 'ambiguous');
  else {
    setAddressPort(draft, place.address, false);
    takeContext(body.slice(place.end), draft);
  }
  return time.ms;
}

/** How often the text says why a user was refused: a name, or a path, can hold such words too. */
function countWordings(body: string): number {
  return body.split(/": password mismatch|":? was not found in "/, 4).length - 1;
}

interface ClientPlace {
  readonly at: number;
  /** Undefined when the line can be read in two ways. */
  readonly address: string | undefined;
  readonly end: number;
}

const CLIENT = ', client: ';
const MAX_READINGS = 64;

function findClient(body: string, isFixed: boolean): ClientPlace | undefined {
  let found: ClientPlace | undefined;
  let readings = 0;
  for (
    let at = body.indexOf(CLIENT);
    at >= 0 && readings < MAX_READINGS;
    at = body.indexOf(CLIENT, at + 1)
  ) {
    readings++;
    const start = at + CLIENT.length;
    let end = start;
    while (end < body.length && end - start < 64 && body.charCodeAt(end) !== 44) end++;
    const address = body.slice(start, end);
    if (body.substr(end, 10) !== ', server: ' && end !== body.length) continue;
    if (found === undefined) found = { at: at, address: address, end: end };
    else if (found.address !== address) return { at: found.at, address: undefined, end: found.end };
    if (isFixed) return found;
  }
  return found;
}

/** `, server: NAME, request: "GET / HTTP/1.1", subrequest: "…", upstream: "…", host: "…", referrer: "…"`. */
function takeContext(text: string, draft: Draft): void {
  const request = text.indexOf(', request: "');
  if (request < 0) return;
  const start = request + 12;
  const host = text.indexOf('", host: "', start);
  const referrer = text.indexOf('", referrer: "', host < 0 ? start : host);
  let end = host < 0 ? referrer : host;
  const upstream = text.indexOf('", upstream: "', start);
  if (upstream >= 0 && (end < 0 || upstream < end)) end = upstream;
  const subrequest = text.indexOf('", subrequest: "', start);
  if (subrequest >= 0 && (end < 0 || subrequest < end)) end = subrequest;
  if (end < 0) end = text.charAt(text.length - 1) === '"' ? text.length - 1 : text.length;
  takeRequest(text.slice(start, end), draft);
  if (host >= 0) {
    const close = text.indexOf('"', host + 10);
    draft.http_host = bounded(draft, text.slice(host + 10, close < 0 ? text.length : close));
  }
  if (referrer >= 0 && text.charAt(text.length - 1) === '"')
    draft.referrer = bounded(draft, text.slice(referrer + 14, -1));
}

function classify(message: string, draft: Draft): void {
  if (startsWith(message, 'user "')) {
    const unknown = message.indexOf('" was not found in "');
    const wrong = message.indexOf('": password mismatch');
    const end = unknown >= 0 ? unknown : wrong;
    if (end < 0) return;
    fails(draft, unknown >= 0 ? 'invalid_user' : 'bad_password');
    // Two wordings in one message: the name itself contains one of them.
    if (countWordings(message) === 1) draft.username = bounded(draft, message.slice(6, end));
    else addFlag(draft, 'ambiguous');
  } else if (startsWith(message, 'client login failed: "')) {
    fails(draft, 'bad_password');
    draft.action = 'mail_login';
  } else if (startsWith(message, "PAM: user '")) {
    const end = message.lastIndexOf("' - not authenticated");
    if (end < 11) return;
    fails(draft, 'pam');
    draft.username = bounded(draft, message.slice(11, end));
  } else if (
    startsWith(message, 'access forbidden by rule') ||
    (startsWith(message, 'limiting ') && message.indexOf(', dry run') < 0) ||
    (startsWith(message, 'directory index of "') && message.indexOf('" is forbidden') > 0)
  ) {
    draft.action = 'http_denied';
    draft.status = 'blocked';
    draft.reason = startsWith(message, 'limiting ') ? 'rate_limit' : 'forbidden';
  } else if (
    startsWith(message, 'ModSecurity: Access denied with code ') ||
    startsWith(message, '[client ')
  ) {
    if (message.indexOf('ModSecurity: Access denied with code ') < 0) return;
    draft.action = 'http_denied';
    draft.status = 'blocked';
    draft.reason = 'web_firewall';
  }
}

function fails(draft: Draft, reason: string): void {
  draft.action = 'http_auth';
  draft.status = 'failure';
  draft.auth_method = 'basic';
  draft.reason = reason;
}
