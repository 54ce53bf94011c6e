/**
 * Logins that MySQL and MariaDB refuse, by syslog and in their own error log: `… Access denied for user 'U'@'ADDR' (using
 * password: YES)`. The user is the client's text; nothing stands behind the address but the server's words.
 */
import { parsePamOnly } from './any-program.ts';
import { bounded, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { login, refusal } from './login.ts';
import { readIsoTime } from './timestamp.ts';

const MARK = "Access denied for user '";

/** For lines that begin with a digit. */
export function looksLikeMysql(line: string): boolean {
  return line.indexOf(MARK) > 0 || line.indexOf(" user: 'unauthenticated' host: '") > 0;
}

export function parseMysqlLine(
  line: string,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  // A server's own line names its thread or its level behind the time; a message of another program does not.
  const head =
    /^(?:\d{4}-\d\d-\d\d[T ][ \d]\d:\d\d:\d\d[0-9.Z+:-]{0,20}|\d{6} [ \d]\d:\d\d:\d\d)\s{1,20}(?:\d{1,20}\s{1,4})?(?:\[[A-Za-z0-9-]{1,16}\] )?(?:\[[A-Za-z0-9-]{1,16}\] )?(?:\[[A-Za-z0-9-]{1,16}\] )?(?:Connect\s{1,4})?(?=Access denied|Aborted connection)/.exec(
      line.slice(0, 160),
    );
  if (head === null || !parseMysql(line.slice(head[0].length), draft)) return undefined;
  draft.program = 'mysqld';
  return readTime(line, context);
}

export function parseMysql(message: string, draft: Draft): boolean {
  const from = message.indexOf(MARK);
  const peer = /'@'([^'\s@]{1,255})'(?: \(using password: (?:YES|NO)\))?$/.exec(
    message.slice(-320),
  );
  if (from < 0 || peer === null) return readAborted(message, draft) || parsePamOnly(message, draft);
  const start = from + MARK.length;
  draft.username = bounded(
    draft,
    message.slice(start, Math.max(start, message.length - peer[0].length)),
  );
  draft.protocol = 'mysql';
  return login(draft, 'database_login', false, peer[1]);
}

/** Whoever connects and leaves without a login: a scan, or a check of the port. */
function readAborted(message: string, draft: Draft): boolean {
  const found =
    /Aborted connection \d{1,20} to db: 'unconnected' user: 'unauthenticated' host: '([^'\s]{1,255})' \(/.exec(
      message.slice(0, 500),
    );
  if (found === null) return false;
  draft.protocol = 'mysql';
  return refusal(draft, 'database_event', 'preauth_close', found[1]);
}

/** `2026-11-21T11:00:00.861934Z`, `2026-11-21  5:13:12`, `261121  5:13:12`: a blank stands for the hour's first digit. */
function readTime(line: string, context: ReadContext): number {
  const isShort = line.charCodeAt(4) !== 45;
  const day = isShort
    ? '20' + line.slice(0, 2) + '-' + line.slice(2, 4) + '-' + line.slice(4, 6)
    : line.slice(0, 10);
  const clock = line.slice(isShort ? 7 : 11, isShort ? 15 : 48);
  const time = readIsoTime(day + 'T' + clock.replace(/^ /, '0'), 0, context);
  return time === undefined ? NaN : time.ms;
}
