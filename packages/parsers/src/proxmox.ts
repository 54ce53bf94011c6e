/**
 * Logins at Proxmox: `authentication failure; rhost=ADDR user=U msg=…`, where the address stands in front of the user,
 * and `<U> successful auth for user 'U'`. The backup server puts its time in front of them in a file of its own.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { setAddressPort } from './address-port.ts';
import { bounded, endsWith, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login } from './login.ts';
import { parsePamOnly } from './any-program.ts';
import { readIsoTime } from './timestamp.ts';

const REFUSED = /^authentication failure; rhost=(\S{2,64}) user=/;
const ACCEPTED = "successful auth for user '";

/** For lines that begin with a digit. */
export function looksLikeProxmoxBackup(line: string): boolean {
  const at = line.indexOf(': ');
  return (
    at > 18 &&
    at < 36 &&
    (line.substr(at + 2, 23) === 'authentication failure;' ||
      line.substr(at + 2, ACCEPTED.length) === ACCEPTED)
  );
}

export function parseProxmoxBackupLine(
  line: string,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const time = readIsoTime(line, 0, context);
  if (time === undefined || line.substr(time.end, 2) !== ': ') return undefined;
  if (!takeLogin(line.slice(time.end + 2), draft)) return undefined;
  draft.program = 'proxmox-backup-proxy';
  return time.ms;
}

export function parseProxmox(message: string, draft: Draft): boolean {
  return takeLogin(message, draft) || parsePamOnly(message, draft);
}

function takeLogin(message: string, draft: Draft): boolean {
  const refused = REFUSED.exec(message.slice(0, 120));
  if (refused !== null) {
    const peer = refused[1] as string;
    if (readIpAddress(peer) === undefined ? !setAddressPort(draft, peer, true) : false)
      return false;
    const rest = message.slice(refused[0].length);
    draft.protocol = 'http';
    draft.username = bounded(draft, rest.slice(0, userEnd(rest)));
    login(draft, 'web_login', false, readIpAddress(peer) === undefined ? undefined : peer);
    if (rest.lastIndexOf('no such user') > 0) draft.reason = 'invalid_user';
    return true;
  }
  // pvedaemon says first who asks: the same user, or the one that acts for him.
  const text = message.charAt(0) === '<' ? message.slice(message.indexOf('> ') + 2) : message;
  if (!startsWith(text, ACCEPTED) || !endsWith(text, "'")) return false;
  draft.protocol = 'http';
  draft.username = bounded(draft, text.slice(ACCEPTED.length, -1));
  return login(draft, 'web_login', true, undefined);
}

/** `U msg=no such user ('U')` is cut where both are the same; else at the first mark. */
function userEnd(rest: string): number {
  const between = " msg=no such user ('";
  const length = (rest.length - between.length - 2) / 2;
  if (length > 0 && rest.substr(length, between.length) === between) return length;
  const at = rest.indexOf(' msg=');
  return at < 0 ? rest.length : at;
}
