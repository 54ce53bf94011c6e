/** Error logs of web servers in their files, and what of both logs comes by syslog or a journal. */
import { parseAccessLog } from './access-log.ts';
import { parseApacheError, parseApacheMessage } from './apache-error.ts';
import type { Draft } from './draft.ts';
import { parseHaproxy } from './haproxy.ts';
import { parseLighttpd } from './lighttpd.ts';
import { isNginxError, parseNginxError } from './nginx-error.ts';
import type { TimeContext } from './timestamp.ts';

/** Servers that send their logs by syslog. */
export const WEB_PROGRAMS = ['nginx', 'apache', 'apache2', 'httpd', 'haproxy', 'lighttpd'] as const;

export function isWebProgram(program: string): boolean {
  return (WEB_PROGRAMS as readonly string[]).indexOf(program) >= 0;
}

/** For lines that begin with `[` or a digit. */
export function looksLikeWebError(line: string): boolean {
  return line.charCodeAt(0) === 91 || isNginxError(line);
}

/** The time in milliseconds (NaN when it does not exist) when the line is one of an error log; else undefined. */
export function parseWebErrorFile(
  line: string,
  draft: Draft,
  context: TimeContext,
): number | undefined {
  if (line.charCodeAt(0) === 91) return parseApacheError(line, draft, context);
  return isNginxError(line) ? parseNginxError(line, draft, context) : undefined;
}

/** The time of the message itself, NaN when it has none; false when it is neither. */
export function parseWebMessage(
  message: string,
  draft: Draft,
  context: TimeContext,
): number | false {
  const first = message.charCodeAt(0);
  if (first === 91) {
    const timeMs = parseApacheError(message, draft, context);
    if (timeMs !== undefined) return timeMs;
    if (parseApacheMessage(message, draft)) return NaN;
  }
  if (isNginxError(message)) return nginxError(message, draft, context);
  const timeMs = parseAccessLog(message, draft);
  if (timeMs !== undefined) return timeMs;
  if (parseHaproxy(message, draft) || parseLighttpd(message, draft)) return NaN;
  // nginx puts a header of its own in front, which a journal keeps.
  const inner = / nginx: /.exec(message.slice(0, 300));
  const rest = inner === null ? '' : message.slice(inner.index + 8);
  return isNginxError(rest) && message.lastIndexOf(' ', (inner as RegExpExecArray).index - 1) < 0
    ? nginxError(rest, draft, context)
    : false;
}

function nginxError(message: string, draft: Draft, context: TimeContext): number | false {
  const timeMs = parseNginxError(message, draft, context);
  return timeMs === undefined ? false : timeMs;
}
