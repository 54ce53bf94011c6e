/** BIND: `client @0x7f ADDR#PORT (NAME): query (cache) 'NAME/A/IN' denied`, zone transfers alike. The address stands in front of the client's text. */
import { bounded, readPort, setPort, setSource, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { readOwnTime } from './own-time.ts';

const REFUSED =
  /^(?:[a-z-]{3,32}: )?(?:(?:info|warning|error|notice): )?client (?:@0x[0-9a-f]{1,16} )?([0-9a-fA-F.:]{2,45})#(\d{1,5})(?: \([^\s]{1,255}\))?: (?:view [A-Za-z0-9_-]{1,64}: )?(?:query(?: \(cache\))?|zone transfer|bad zone transfer request:?|update) '([^\s'/]{1,255})\/(?:([A-Z0-9]{1,16})\/)?[A-Z]{2,4}'(?: denied|: )/;

/** For lines that begin with a time. */
export function looksLikeNamed(line: string): boolean {
  return line.indexOf('client ') > 0 && line.indexOf(" '") > 0;
}

/** A line of a channel of its own: `11-Aug-2026 03:36:11.372 security: error: client …`. */
export function parseNamedLine(
  line: string,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const time = readOwnTime(line, context);
  if (time === undefined || !parseNamed(line.slice(time.end), draft)) return undefined;
  draft.program = 'named';
  return time.ms;
}

export function parseNamed(message: string, draft: Draft): boolean {
  const found = REFUSED.exec(message.slice(0, 900));
  if (found === null || !setSource(draft, found[1] as string)) return false;
  const port = readPort(found[2] as string);
  if (port > 0) setPort(draft, port);
  draft.log_type = 'network';
  draft.action = 'dns_refused';
  draft.status = 'blocked';
  draft.protocol = 'dns';
  draft.dns_question_name = bounded(draft, (found[3] as string).toLowerCase());
  if (found[4] !== undefined) draft.dns_question_type = found[4];
  return true;
}
