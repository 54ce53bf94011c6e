/** Lines of files whose programs put no header of syslog in front. */
import { parseAccessLog } from './access-log.ts';
import { parseApacheMessage } from './apache-error.ts';
import type { Draft } from './draft.ts';
import { lastFormatsOf, lineParserOf } from './find-format.ts';
import { finish, newDraft, withHost } from './finish-event.ts';
import type { LineFormat, LogFormat } from './formats.ts';
import { takeForwardedClient } from './forwarded-client.ts';
import type { ParseContext } from './parse-context.ts';

/** Files whose lines begin with their own time: `[Sat Nov …`, `2026/11/21 … [error]`, `Sat Nov …`. */
export function fromOwnFile(line: string, first: number, context: ParseContext): Draft | undefined {
  const parse = lineParserOf(line, first);
  if (parse === undefined) return undefined;
  const draft = newDraft(line);
  const timeMs = parse(line, draft, context);
  return timeMs === undefined ? undefined : finish(withHost(draft, context), timeMs, context);
}

/** Files of programs that put something of their own in front, told by it alone. */
export function fromLastFormats(
  line: string,
  first: number,
  format: LogFormat,
  context: ParseContext,
): Draft | undefined {
  const formats = lastFormatsOf(first, format);
  for (let i = 0; i < formats.length; i++) {
    const one = formats[i] as LineFormat;
    if (!one.looksLike(line)) continue;
    const draft = newDraft(line);
    const timeMs = one.parse(line, draft, context);
    if (timeMs !== undefined) return finish(withHost(draft, context), timeMs, context);
  }
  return undefined;
}

export function fromWebFile(
  line: string,
  format: LogFormat,
  context: ParseContext,
): Draft | undefined {
  const draft = newDraft(line);
  if (format === 'access') {
    const timeMs = parseAccessLog(line, draft);
    if (timeMs === undefined) return undefined;
    const proxies = context.trustedProxies;
    if (proxies !== undefined && proxies.length > 0) takeForwardedClient(line, draft, proxies);
    return finish(withHost(draft, context), timeMs, context);
  }
  const event = fromOwnFile(line, line.charCodeAt(0), context);
  if (event !== undefined) return event;
  return parseApacheMessage(line, draft)
    ? finish(withHost(draft, context), undefined, context)
    : undefined;
}
