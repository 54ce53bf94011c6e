/**
 * The log files there are, and the format of each: what a line may be is said by its file, never by the line. A format
 * is named in front of the path (`access:/srv/www/requests.log`), follows from the name of an access log, or is settled
 * by the first lines and then kept. Who can write into a web server's log would else write sshd's lines there.
 */
import path from 'node:path';
import { UsageError } from '@mini-soc/model';
import {
  FORMATS,
  LOG_FORMATS,
  parseLine,
  type LogFormat,
  type ParseContext,
} from '@mini-soc/parsers';
import { createPatternMatcher } from '@mini-soc/tailer';

export interface LogSource {
  /** A file or a glob. */
  readonly pattern: string;
  /** As it was named; absent when the file is to say. */
  readonly format?: LogFormat;
  /** True for what the product writes itself: the demo. */
  readonly isOurs?: boolean;
}

/** A word in front of a path: longer than a drive of Windows, and no address of another machine. */
const NAMED = /^([a-z][a-z-]+):(?!\/\/)(.+)$/;

/** `[FORMAT:]PATH`. Throws UsageError for a format that there is not. */
export function parseLogSource(text: string): LogSource {
  const [, word = '', pattern = ''] = NAMED.exec(text) ?? [];
  if (word === '') return { pattern: text };
  const format = LOG_FORMATS.find((name) => name === word);
  if (format !== undefined && format !== 'auto') return { pattern, format };
  if (!path.isAbsolute(pattern)) return { pattern: text }; // a file that is called so
  throw new UsageError(
    `Cannot watch "${text}": expected one of the formats ${LOG_FORMATS.filter((name) => name !== 'auto').join(', ')} before the path: current value is "${word}"`,
  );
}

/** What one file holds. */
export interface FileFormat {
  readonly format: LogFormat;
  /** Who said so: somebody in the settings, the name of the file, or its first lines. */
  readonly saidBy: 'settings' | 'name' | 'lines';
  readonly isOurs: boolean;
}

/** Formats that read nothing but their own lines; what fits several is the first of them. */
const SETTLED: readonly LogFormat[] = ['json', 'access', 'web-error', 'syslog'];
const LINES_ASKED = 20;

/** The format of a file from its source, its name, or these lines; undefined as long as none of them says. */
export function createFormatFinder(
  sources: readonly LogSource[],
): (file: string, lines: readonly string[], context: ParseContext) => FileFormat | undefined {
  const matchers = sources.map((source) => ({
    source,
    names: createPatternMatcher(source.pattern),
  }));
  return (file, lines, context) => {
    const lead = withoutGeneration(file);
    const source = matchers.find(({ names }) => names(file) || names(lead))?.source;
    const isOurs = source?.isOurs === true;
    if (source?.format !== undefined) return { format: source.format, saidBy: 'settings', isOurs };
    if (isAccessLog(lead))
      return { format: usualFormatOf(lead) ?? 'access', saidBy: 'name', isOurs };
    const format = formatOfLines(lines, context);
    return format === undefined ? undefined : { format, saidBy: 'lines', isOurs };
  };
}

/** Squid calls its log access.log, too: the one format whose usual log this is. */
function usualFormatOf(file: string): LogFormat | undefined {
  const name = FORMATS.find((format) => format.paths.includes(file))?.name;
  return LOG_FORMATS.find((format) => format === name);
}

function isAccessLog(file: string): boolean {
  return /(?:^|[._-])access(?:[._-]|$)/.test(path.basename(file));
}

/** Without what logrotate puts behind the name. */
function withoutGeneration(file: string): string {
  return file.replace(/(?:\.gz)?$/, '').replace(/(?:\.\d{1,4}|-\d{8}(?:-\d{1,10})?)$/, '');
}

/**
 * The format in which most of the first lines are understood; `auto` for the rest: files with a time of their own in
 * front of each line, which no client can begin.
 */
function formatOfLines(lines: readonly string[], context: ParseContext): LogFormat | undefined {
  const asked = lines.slice(0, LINES_ASKED);
  let best: { readonly format: LogFormat; readonly count: number } | undefined;
  for (const format of SETTLED) {
    const count = asked.filter((line) => fits(line, format, context)).length;
    if (count > (best?.count ?? 0)) best = { format, count };
  }
  return best?.format ?? (asked.some((line) => fits(line, 'auto', context)) ? 'auto' : undefined);
}

function fits(line: string, format: LogFormat, context: ParseContext): boolean {
  const { arrivalMs, zoneOffsetMinutes } = context;
  const event = parseLine(line, { arrivalMs, zoneOffsetMinutes, format });
  // The header of a line of syslog can pass for the client of a request.
  return event !== undefined && (format !== 'access' || event.source_ip !== undefined);
}
