/** `key=value key="quoted value"`, as Go's loggers write it: what a client sent stands in quotes where it could end a value. */

export type LogfmtFields = { [key: string]: string | undefined };

/** Keys that are kept of a line. */
const MAX_KEYS = 64;

/** The first value of each key, unescaped; undefined when the text is anything else. */
export function readLogfmt(text: string): LogfmtFields | undefined {
  const fields = Object.create(null) as LogfmtFields;
  let at = 0;
  for (let i = 0; i < MAX_KEYS; i++) {
    while (text.charCodeAt(at) === 32) at++;
    if (at >= text.length) return fields;
    const equals = text.indexOf('=', at);
    if (equals <= at) return undefined;
    const key = text.slice(at, equals);
    if (key.length > 64 || !/^[A-Za-z0-9_.@-]+$/.test(key)) return undefined;
    at = equals + 1;
    let value: string;
    if (text.charCodeAt(at) === 34) {
      const end = quoteEnd(text, at + 1);
      const behind = text.charCodeAt(end + 1);
      if (end < 0 || (behind === behind && behind !== 32)) return undefined;
      value = unescaped(text.slice(at, end + 1));
      at = end + 1;
    } else {
      let end = text.indexOf(' ', at);
      if (end < 0) end = text.length;
      value = text.slice(at, end);
      at = end;
    }
    if (fields[key] === undefined) fields[key] = value;
  }
  return fields;
}

function quoteEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at;
  }
  return -1;
}

/** Go escapes as JSON does but for a few odd bytes, which stay as written. */
function unescaped(quoted: string): string {
  if (quoted.indexOf('\\') < 0) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch (_error) {
    return quoted.slice(1, -1);
  }
}
