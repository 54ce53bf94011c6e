/** Access and error logs of web servers that come by syslog or a journal. */
import { parseAccessLog } from './access-log.ts';
import { parseApacheError, parseApacheMessage } from './apache-error.ts';
import type { Draft } from './draft.ts';
import { isNginxError, parseNginxError } from './nginx-error.ts';
import type { TimeContext } from './timestamp.ts';

/** Servers that send their logs by syslog. */
export const WEB_PROGRAMS = ['nginx', 'apache', 'apache2', 'httpd', 'haproxy', 'lighttpd'];

/** The time of the message itself; NaN when it has none; undefined when it is neither. */
export function parseWebMessage(
  message: string,
  draft: Draft,
  context: TimeContext,
): number | undefined {
  const first = message.charCodeAt(0);
  if (first === 91) {
    const timeMs = parseApacheError(message, draft, context);
    if (timeMs !== undefined) return timeMs;
    if (parseApacheMessage(message, draft)) return NaN;
  }
  if (isNginxError(message)) return parseNginxError(message, draft, context);
  const timeMs = parseAccessLog(message, draft);
  if (timeMs !== undefined) return timeMs;
  // nginx puts a header of its own in front, which a journal keeps.
  const inner = / nginx: /.exec(message.slice(0, 300));
  const rest = inner === null ? '' : message.slice(inner.index + 8);
  return isNginxError(rest) && message.lastIndexOf(' ', (inner as RegExpExecArray).index - 1) < 0
    ? parseNginxError(rest, draft, context)
    : undefined;
}
