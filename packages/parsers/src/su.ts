/** su of util-linux and shadow: `(to root) alice on pts/0`, `FAILED SU (to root) alice on pts/0`, older wordings. */
import { bounded, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';

export function parseSu(message: string, draft: Draft): void {
  draft.log_type = 'auth';
  draft.action = 'su_event';
  draft.status = 'info';
  if (
    startsWith(message, 'pam_') ||
    startsWith(message, '(pam_') ||
    startsWith(message, 'authentication failure;') ||
    startsWith(message, 'session ')
  ) {
    return parsePam(message, draft);
  }
  let text = message;
  let isFailure = false;
  const failed = /^(?:FAILED (?:SU|su) |BAD (?:SU|su) )/.exec(text);
  if (failed !== null) {
    isFailure = true;
    text = text.slice(failed[0].length);
  } else if (startsWith(text, 'Successful su ')) text = text.slice(14);
  const to = /^\(to ([^\s()]{1,64})\) (\S{1,64}) on (\S{1,64})$/.exec(text);
  const by = /^for (\S{1,64}) by (\S{1,64})$/.exec(text);
  const bsd = /^(\S{1,64}) to (\S{1,64}) on (\S{1,64})$/.exec(text);
  const short = /^([+-]) (\S{1,64}) ([^\s:]{1,64}):(\S{1,64})$/.exec(text);
  const found =
    to !== null
      ? [to[2], to[1], to[3]]
      : by !== null
        ? [by[2], by[1], undefined]
        : bsd !== null
          ? [bsd[1], bsd[2], bsd[3]]
          : short !== null
            ? [short[3], short[4], short[2]]
            : undefined;
  if (found === undefined) return;
  if (short !== null && short[1] === '-') isFailure = true;
  draft.action = 'su';
  draft.status = isFailure ? 'failure' : 'success';
  draft.username = bounded(draft, found[0] as string);
  draft.target_user = bounded(draft, found[1] as string);
  if (found[2] !== undefined) draft.tty = found[2];
}
