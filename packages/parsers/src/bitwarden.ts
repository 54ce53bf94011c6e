/** Bitwarden's own server: `TIME +01:00 [WRN] Failed login attempt[, 2FA invalid]. ADDR`. No user is named. */
import { type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login } from './login.ts';
import { readIsoTime } from './timestamp.ts';

const FAILED =
  /^(?:\[[A-Za-z0-9_.]{1,120}\] )?(?:\[(?:WRN|Warning)\] )?Failed login attempt(, 2FA invalid)?\. ([0-9a-fA-F.:]{2,45})$/;

/** For lines that begin with a digit. */
export function looksLikeBitwarden(line: string): boolean {
  return line.length < 200 && line.indexOf('] Failed login attempt') > 0;
}

export function parseBitwardenLine(
  line: string,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const time = readIsoTime(line, 0, context);
  if (time === undefined) return undefined;
  const zone = /^ ([+-]\d\d:\d\d) /.exec(line.slice(time.end, time.end + 8));
  const end = zone === null ? time.end + 1 : time.end + zone[0].length;
  if (!parseBitwarden(line.slice(end), draft)) return undefined;
  draft.program = 'bitwarden';
  if (zone === null) return time.ms;
  const exact = readIsoTime(line.slice(0, time.end) + (zone[1] as string), 0, context);
  return exact === undefined ? NaN : exact.ms;
}

export function parseBitwarden(message: string, draft: Draft): boolean {
  const found = FAILED.exec(message.slice(0, 300));
  if (found === null) return false;
  login(draft, 'web_login', false, found[2]);
  draft.protocol = 'http';
  draft.auth_method = found[1] === undefined ? 'password' : 'otp';
  return true;
}
