/**
 * Logins at Nextcloud: objects with `remoteAddr` and a message such as `Login failed: U (Remote IP: ADDR)`; by syslog
 * the message alone, where the address stands last, behind the user.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { bounded, endsWith, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import type { JsonObject } from './json-event.ts';
import { login } from './login.ts';
import { readIsoTime } from './timestamp.ts';

const FAILED = ['Login failed: ', 'Two-factor challenge failed: ', 'Two-Factor challenge failed: '];
const ACCEPTED = 'Login successful: ';
const PEER = ' (Remote IP: ';

/** Undefined when the object is no login at Nextcloud. */
export function parseNextcloudObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const peer = object['remoteAddr'];
  const message = object['message'];
  if (typeof message !== 'string' || typeof peer !== 'string' || object['reqId'] === undefined)
    return undefined;
  if (!takeLogin(message, draft)) return undefined;
  draft.program = 'nextcloud';
  // What Nextcloud found out itself stands in a place of its own.
  const address = readIpAddress(peer);
  if (address !== undefined) draft.source_ip = address.address;
  const agent = object['userAgent'];
  if (typeof agent === 'string' && agent !== '--') draft.user_agent = bounded(draft, agent);
  const stamp = object['time'];
  const time = typeof stamp === 'string' ? readIsoTime(stamp, 0, context) : undefined;
  return time === undefined ? NaN : time.ms;
}

/** `{no app in context} Login failed: U (Remote IP: ADDR)`. */
export function parseNextcloud(message: string, draft: Draft): boolean {
  const app = /^\{[A-Za-z0-9_ -]{1,64}\} /.exec(message.slice(0, 80));
  return takeLogin(app === null ? message : message.slice(app[0].length), draft);
}

function takeLogin(message: string, draft: Draft): boolean {
  draft.protocol = 'http';
  if (startsWith(message, ACCEPTED)) {
    draft.username = bounded(draft, unquoted(message.slice(ACCEPTED.length)));
    return login(draft, 'web_login', true, undefined);
  }
  for (let i = 0; i < FAILED.length; i++) {
    const start = FAILED[i] as string;
    if (!startsWith(message, start)) continue;
    const at = message.lastIndexOf(PEER);
    const isWhole = at >= start.length && endsWith(message, ')');
    const user = message.slice(start.length, isWhole ? at : undefined);
    draft.username = bounded(draft, unquoted(user));
    return login(
      draft,
      'web_login',
      false,
      isWhole ? unquoted(message.slice(at + PEER.length, -1)) : undefined,
    );
  }
  return false;
}

function unquoted(text: string): string {
  const first = text.charAt(0);
  return text.length > 1 && (first === "'" || first === '"') && endsWith(text, first)
    ? text.slice(1, -1)
    : text;
}
