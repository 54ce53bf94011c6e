/**
 * Logins at Grafana, as logfmt and as JSON: `msg="Invalid username or password" … remote_addr=ADDR`, later versions
 * `msg=Unauthorized error="[password-auth.failed] …"` or `msg="Request Completed" … errorMessageID=password-auth.failed`.
 * The address comes from a header that a stranger can send where no proxy sets it: such events prove nothing.
 */
import { addFlag, bounded, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import type { JsonObject } from './json-event.ts';
import { readLogfmt } from './logfmt.ts';
import { login } from './login.ts';
import { readIsoTime } from './timestamp.ts';

type Values = { readonly [key: string]: unknown };

/** For lines that begin with l or t. */
export function looksLikeGrafana(line: string): boolean {
  return (
    (startsWith(line, 'logger=') || startsWith(line, 't=')) &&
    (line.indexOf(' remote_addr=') > 0 || line.indexOf('Successful Login') > 0)
  );
}

/** The time that the message names, NaN when it names none; false when it is no login. */
export function parseGrafana(message: string, draft: Draft, context: ReadContext): number | false {
  const fields = looksLikeGrafana(message) ? readLogfmt(message) : undefined;
  return fields === undefined || !takeLogin(fields, draft) ? false : timeOf(fields, context);
}

/** Undefined when the object is no login at Grafana. */
export function parseGrafanaObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  return typeof object['msg'] === 'string' &&
    typeof object['logger'] === 'string' &&
    takeLogin(object, draft)
    ? timeOf(object, context)
    : undefined;
}

function takeLogin(fields: Values, draft: Draft): boolean {
  const said = text(fields['msg']);
  const error = text(fields['error']);
  if (said === 'Successful Login') {
    const user = text(fields['User']) || text(fields['user']);
    if (user !== '') draft.username = bounded(draft, user);
    login(draft, 'web_login', true, undefined);
  } else if (isRefused(said, error, text(fields['errorMessageID']))) {
    const peer = text(fields['remote_addr']);
    login(draft, 'web_login', false, peer === '' ? undefined : peer);
    if (/\buser not found\b/i.test(error.slice(0, 300))) draft.reason = 'invalid_user';
    const user = text(fields['uname']);
    if (user !== '') draft.username = bounded(draft, user);
  } else return false;
  draft.program = 'grafana';
  draft.protocol = 'http';
  draft.auth_method = 'password';
  addFlag(draft, 'untrusted');
  return true;
}

function isRefused(said: string, error: string, id: string): boolean {
  switch (said) {
    case 'Invalid username or password':
      return true;
    case 'Unauthorized':
      return startsWith(error, '[password-auth.');
    case 'Request Completed':
      return startsWith(id, 'password-auth.');
    default:
      return false;
  }
}

function timeOf(fields: Values, context: ReadContext): number {
  const stamp = text(fields['t']) || text(fields['time']);
  const time = stamp === '' ? undefined : readIsoTime(stamp, 0, context);
  return time === undefined || time.end !== stamp.length ? NaN : time.ms;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
