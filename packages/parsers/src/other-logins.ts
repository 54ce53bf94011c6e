/**
 * Logins at ftp: proftpd and pure-ftpd. Their other messages say nothing to us. The user is the client's text, so the
 * peer is read from the side on which the server writes nothing of it.
 */
import { parsePamOnly } from './any-program.ts';
import { bounded, endsWith, startsWith, type Draft } from './draft.ts';
import { login, refusal } from './login.ts';

/** `HOST (NAME[ADDR]) - USER U (Login failed): …`, `… - USER U: no such user found from …`, `… - USER U: Login successful.` */
export function parseProftpd(message: string, draft: Draft): boolean {
  const head =
    /^[^\s()]{1,255} \([^\s()[\]]{0,255}\[([0-9a-fA-F.:]{2,45})\]\)(?: -|:) (?=(?:USER|SECURITY|Maximum) )/.exec(
      message.slice(0, 640),
    );
  if (head === null) return parsePamOnly(message, draft);
  const text = message.slice(head[0].length);
  draft.protocol = 'ftp';
  if (startsWith(text, 'Maximum login attempts '))
    return refusal(draft, 'ftp_event', 'max_attempts', head[1]);
  if (/^SECURITY VIOLATION: [Rr]oot login attempted/.test(text)) {
    draft.username = 'root';
    login(draft, 'ftp_login', false, head[1]);
    draft.reason = 'root_refused';
    return true;
  }
  if (!startsWith(text, 'USER ')) return false;
  const ends: readonly [mark: string, reason: string][] = [
    [' (Login failed)', 'bad_password'],
    [': no such user found from ', 'invalid_user'],
  ];
  for (let i = 0; i < ends.length; i++) {
    const [mark, reason] = ends[i] as [string, string];
    const at = text.lastIndexOf(mark);
    if (at < 5) continue;
    draft.username = bounded(draft, text.slice(5, at));
    login(draft, 'ftp_login', false, head[1]);
    draft.reason = reason;
    return true;
  }
  if (!endsWith(text, ': Login successful.')) return false;
  draft.username = bounded(draft, text.slice(5, -19));
  return login(draft, 'ftp_login', true, head[1]);
}

/** `(?@ADDR) [WARNING] Authentication failed for user [U]`, `(?@ADDR) [INFO] U is now logged in`. */
export function parsePureFtpd(message: string, draft: Draft): boolean {
  const head =
    /^\([^@\s()]{1,64}@([0-9A-Za-z.:_-]{2,255})\) \[(?:INFO|NOTICE|WARNING|ERROR)\] /.exec(
      message.slice(0, 400),
    );
  if (head === null) return parsePamOnly(message, draft);
  const text = message.slice(head[0].length);
  draft.protocol = 'ftp';
  if (startsWith(text, 'Authentication failed for user [') && endsWith(text, ']')) {
    draft.username = bounded(draft, text.slice(32, -1));
    return login(draft, 'ftp_login', false, head[1]);
  }
  if (!endsWith(text, ' is now logged in')) return false;
  draft.username = bounded(draft, text.slice(0, -17));
  return login(draft, 'ftp_login', true, head[1]);
}
