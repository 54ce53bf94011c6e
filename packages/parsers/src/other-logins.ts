/**
 * Logins at ftp, mail and databases: proftpd, pure-ftpd, dovecot, postfix, MySQL. Their other messages say nothing to
 * us. The user is the client's text, so the peer is read from the side on which the server writes nothing of it.
 */
import { bounded, endsWith, setSource, startsWith, type Draft } from './draft.ts';
import { parsePamOnly } from './any-program.ts';

const MAX_ATTEMPTS = 1000;

function login(draft: Draft, action: string, isSuccess: boolean, peer: string): boolean {
  draft.log_type = 'auth';
  draft.action = action;
  draft.status = isSuccess ? 'success' : 'failure';
  if (!isSuccess) draft.reason = 'bad_password';
  setSource(draft, peer);
  return true;
}

/** `HOST (NAME[ADDR]) - USER U (Login failed): …`, `… - USER U: no such user found from …`, `… - USER U: Login successful.` */
export function parseProftpd(message: string, draft: Draft): boolean {
  const head =
    /^[^\s()]{1,255} \([^\s()[\]]{0,255}\[([0-9a-fA-F.:]{2,45})\]\) - (?=(?:USER|SECURITY) )/.exec(
      message.slice(0, 640),
    );
  if (head === null) return parsePamOnly(message, draft);
  const text = message.slice(head[0].length);
  if (!startsWith(text, 'USER ')) return false;
  draft.protocol = 'ftp';
  const ends: readonly [mark: string, reason: string][] = [
    [' (Login failed)', 'bad_password'],
    [': no such user found from ', 'invalid_user'],
  ];
  for (let i = 0; i < ends.length; i++) {
    const [mark, reason] = ends[i] as [string, string];
    const at = text.lastIndexOf(mark);
    if (at < 5) continue;
    draft.username = bounded(draft, text.slice(5, at));
    login(draft, 'ftp_login', false, head[1] as string);
    draft.reason = reason;
    return true;
  }
  if (!endsWith(text, ': Login successful.')) return false;
  draft.username = bounded(draft, text.slice(5, -19));
  return login(draft, 'ftp_login', true, head[1] as string);
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
    return login(draft, 'ftp_login', false, head[1] as string);
  }
  if (!endsWith(text, ' is now logged in')) return false;
  draft.username = bounded(draft, text.slice(0, -17));
  return login(draft, 'ftp_login', true, head[1] as string);
}

/** `imap-login: Disconnected (auth failed, N attempts in …): user=<U>, method=PLAIN, rip=ADDR, lip=…`, `… Login: user=<U>, …`. */
export function parseDovecot(message: string, draft: Draft): boolean {
  const head = /^(imap|pop3|submission|managesieve)-login: (?:Info: )?/.exec(message.slice(0, 48));
  if (head === null) return parsePamOnly(message, draft);
  const userAt = message.indexOf(' user=<');
  const peerAt = message.lastIndexOf(', rip=');
  if (userAt < 0 || peerAt < userAt) return false;
  const said = message.slice(head[0].length, userAt);
  const failed = /\(auth failed, (\d{1,6}) attempts/.exec(said.slice(0, 200));
  const isSuccess = said === 'Login:';
  if (failed === null && !isSuccess) return false;
  const peer = /^[0-9a-fA-F.:]{2,45}/.exec(message.slice(peerAt + 6, peerAt + 52));
  if (peer === null) return false;
  const method = message.lastIndexOf('>, method=', peerAt);
  const end = method < userAt ? message.lastIndexOf('>', peerAt) : method;
  if (end >= userAt + 7) draft.username = bounded(draft, message.slice(userAt + 7, end));
  draft.protocol = head[1] as string;
  const attempts = failed === null ? 0 : Number(failed[1]);
  if (attempts > 1) draft.repeat_count = Math.min(MAX_ATTEMPTS, attempts);
  return login(draft, 'mail_login', isSuccess, peer[0]);
}

/** `warning: NAME[ADDR]: SASL METHOD authentication failed: …[, sasl_username=U]`, `ID: client=NAME[ADDR], sasl_method=M, sasl_username=U`. */
export function parsePostfix(message: string, draft: Draft): boolean {
  const failed =
    /^warning: [^\s[\]]{1,255}\[([0-9a-fA-F.:]{2,45})\]: SASL ([A-Z0-9-]{2,32}) authentication failed/.exec(
      message.slice(0, 400),
    );
  const accepted =
    /^[0-9A-Za-z]{5,24}: client=[^\s[\],]{1,255}\[([0-9a-fA-F.:]{2,45})\], sasl_method=([A-Z0-9-]{2,32}), (?=sasl_username=)/.exec(
      message.slice(0, 400),
    );
  const found = failed === null ? accepted : failed;
  if (found === null) return parsePamOnly(message, draft);
  const userAt =
    failed === null ? found[0].length + 14 : message.lastIndexOf(', sasl_username=') + 16;
  if (userAt >= found[0].length) draft.username = bounded(draft, message.slice(userAt));
  draft.protocol = 'smtp';
  draft.auth_method = (found[2] as string).toLowerCase();
  return login(draft, 'mail_login', failed === null, found[1] as string);
}

/** `… Access denied for user 'U'@'ADDR' (using password: YES)`. */
export function parseMysql(message: string, draft: Draft): boolean {
  const from = message.indexOf("Access denied for user '");
  const peer = /'@'([^'\s@]{1,255})' \(using password: (?:YES|NO)\)$/.exec(message.slice(-320));
  if (from < 0 || peer === null) return parsePamOnly(message, draft);
  draft.username = bounded(
    draft,
    message.slice(from + 24, Math.max(from + 24, message.length - peer[0].length)),
  );
  draft.protocol = 'mysql';
  return login(draft, 'database_login', false, peer[1] as string);
}
