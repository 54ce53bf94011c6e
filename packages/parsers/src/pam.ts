/**
 * Messages of PAM modules (pam_unix, pam_sss, …), whatever program carries them. The order of the
 * fields is PAM's: logname uid euid tty ruser rhost, then two blanks and user. `ruser` and `user` are
 * the client's text; when the line can be read in two ways no address is taken.
 */
import {
  addFlag,
  bounded,
  setSource,
  startsWith,
  withoutBlanksBehind,
  type Draft,
} from './draft.ts';

/** Fills in what a PAM message says; leaves the draft alone when it says nothing of a login or session. */
export function parsePam(message: string, draft: Draft): void {
  draft.log_type = 'auth';
  let text = message;
  const module = /^\(?pam_[a-z0-9_]{1,32}\)?(?:\([A-Za-z0-9_.@/-]{1,64}(?::[a-z]+)?\))?:? /.exec(
    text,
  );
  if (module !== null) text = text.slice(module[0].length);
  if (startsWith(text, 'session opened for user ')) return session(text, 24, 'success', draft);
  if (startsWith(text, 'session closed for user ')) return session(text, 24, 'info', draft);
  const locked =
    /^user (\S{1,64}) \(\d{1,10}\) tally \d|^Consecutive login failures for user (\S{1,64}) account temporarily locked/.exec(
      text,
    );
  if (locked !== null) {
    draft.action = 'account_locked';
    draft.status = 'failure';
    draft.reason = 'too_many_failures';
    draft.username = (locked[1] || locked[2]) as string;
    return;
  }
  if (/^(?:PAM )?(?:\d{1,6} more )?authentication failures?;/.test(text))
    return failure(text, draft);
  if (startsWith(text, 'password changed for ')) {
    draft.action = 'password_changed';
    draft.status = 'success';
    draft.target_user = bounded(draft, text.slice(21));
    return;
  }
  if (startsWith(text, 'check pass; user unknown')) {
    draft.action = 'pam_auth';
    draft.status = 'info';
    draft.reason = 'invalid_user';
    return;
  }
  refusal(text, draft);
}

/** What modules say beside pam_unix's line of a failure; the module before says it too, so most are no failure of their own. */
const REFUSALS: readonly (readonly [RegExp, string, 'failure' | 'info'])[] = [
  [/^auth could not identify password for \[([^\]]{1,64})\]$/, 'no_password', 'failure'],
  [/^bad username \[([^\]]{0,64})\]$/, 'invalid_user', 'info'],
  [/^account (\S{1,64}) has expired/, 'account_expired', 'failure'],
  [/^received for user (\S{1,64}): \d{1,3} \(/, 'pam', 'info'],
  [/^user '([^']{1,64})' denied access/, 'bad_password', 'info'],
  [/^Refused user (\S{1,64}) for service /, 'not_allowed', 'failure'],
  [/^access denied for user [`']([^`'\s]{1,64})' from /, 'not_allowed', 'failure'],
  [/^requirement "[^"]{1,128}" not met by user "([^"]{1,64})"$/, 'not_allowed', 'info'],
  [/^Invalid verification code for (\S{1,64})$/, 'bad_password', 'failure'],
  [/^Authentication failure; user=(\S{1,64})$/, 'pam', 'failure'],
];

function refusal(text: string, draft: Draft): void {
  if (text.length > 512) return;
  for (let i = 0; i < REFUSALS.length; i++) {
    const row = REFUSALS[i] as (typeof REFUSALS)[number];
    const match = row[0].exec(text);
    if (match === null) continue;
    draft.action = 'pam_auth';
    draft.status = row[2];
    draft.reason = row[1];
    draft.username = match[1] as string;
    const from = /' from [`']([^`'\s]{2,255})'$/.exec(text);
    if (from !== null) setSource(draft, from[1] as string);
    return;
  }
}

function failure(text: string, draft: Draft): void {
  draft.action = 'pam_auth';
  draft.status = 'failure';
  draft.reason = 'pam';
  const more = /^(?:PAM )?(\d{1,4}) more /.exec(text);
  if (more !== null && Number(more[1]) > 0) draft.repeat_count = Number(more[1]);
  const ruserAt = text.indexOf(' ruser=');
  if (ruserAt < 0) return;
  const userAt = text.indexOf(' user=', ruserAt);
  const end = userAt < 0 ? text.length : userAt;
  const rhostAt = text.indexOf(' rhost=', ruserAt);
  if (userAt >= 0) draft.username = bounded(draft, text.slice(userAt + 6));
  else if (rhostAt > ruserAt + 7) draft.username = bounded(draft, text.slice(ruserAt + 7, rhostAt));
  if (rhostAt < 0 || rhostAt > end) return;
  if (
    text.lastIndexOf(' rhost=', end) !== rhostAt ||
    text.lastIndexOf(' ruser=', end) !== ruserAt
  ) {
    addFlag(draft, 'ambiguous');
    return;
  }
  const rhost = withoutBlanksBehind(text.slice(rhostAt + 7, end));
  if (rhost !== '' && rhost.indexOf(' ') < 0) setSource(draft, rhost);
}

/** `session opened for user alice(uid=1000) by root(uid=0)`. */
function session(text: string, start: number, status: 'success' | 'info', draft: Draft): void {
  draft.action = 'session';
  draft.status = status;
  let end = text.lastIndexOf(' by ');
  if (end < start) end = text.length;
  draft.username = bounded(draft, text.slice(start, end).replace(/\(uid=\d{1,10}\)$/, ''));
}
