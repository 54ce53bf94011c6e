/** Logins by HTTP that lighttpd refuses: `(mod_auth.c.828) password doesn't match for PAGE username: U IP: ADDR`. */
import type { Draft } from './draft.ts';
import { readOwnTime } from './own-time.ts';
import { readSentence, refused, type Sentence } from './sentence.ts';
import type { TimeContext } from './timestamp.ts';

const MISMATCH = /^\(?(?:http|mod)_auth\.c\.\d{1,6}\) password doesn't match for /;
const SENTENCES: readonly Sentence[] = [
  refused('bad_password', MISMATCH, ', IP: ', /^, IP: ([0-9A-Fa-f.:]{2,45})$/, {
    userBehind: ' username: ',
  }),
  refused('bad_password', MISMATCH, ' IP: ', /^ IP: ([0-9A-Fa-f.:]{2,45})$/, {
    userBehind: ' username: ',
  }),
  refused(
    'bad_password',
    /^\(?(?:http|mod)_auth\.c\.\d{1,6}\) digest: auth failed(?: for {1,2}|: )/,
    ', IP: ',
    /^, IP: ([0-9A-Fa-f.:]{2,45})$/,
    { userUntil: ' : wrong password' },
  ),
  refused(
    'invalid_user',
    /^\(?(?:http|mod)_auth\.c\.\d{1,6}\) get_password failed, IP: ([0-9A-Fa-f.:]{2,45})$/,
  ),
];
const SPEAKER = { action: 'http_auth', event: 'http_error', protocol: 'http' } as const;

/** For lines that begin with a digit. */
export function looksLikeLighttpd(line: string): boolean {
  return line.indexOf('_auth.c.') > 0;
}

export function parseLighttpdLine(
  line: string,
  draft: Draft,
  context: TimeContext,
): number | undefined {
  const time = readOwnTime(line, context);
  if (time === undefined || !parseLighttpd(line.slice(time.end), draft)) return undefined;
  draft.program = 'lighttpd';
  return time.ms;
}

/** False when the message is no refused login. */
export function parseLighttpd(message: string, draft: Draft): boolean {
  if (message.indexOf('_auth.c.') < 0 || !readSentence(message, SENTENCES, SPEAKER, draft))
    return false;
  draft.log_type = 'web';
  draft.auth_method = 'basic';
  return true;
}
