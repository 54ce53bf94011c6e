/** What the list of formats says of one. */
import type { ParsedEvent } from '@mini-soc/model';
import type { Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';

/**
 * Fills the draft from what stands behind the header. `false` when the message says nothing to us; a number is the
 * time that the message itself names, in milliseconds (NaN: none that can be told); nothing: it is an event.
 */
export type MessageParser = (
  message: string,
  draft: Draft,
  context: ReadContext,
) => boolean | number | void;

/** Fills the draft from a whole line; its time in milliseconds, NaN when wrong, undefined for another's line. */
export type LineParser = (line: string, draft: Draft, context: ReadContext) => number | undefined;

/** Lines of a program's own file that say just what its messages say. */
export function linesOf(program: string, parse: MessageParser): LineParser {
  return (line, draft, context) => {
    const told = parse(line, draft, context);
    if (typeof told !== 'number') return undefined;
    draft.program = program;
    return told;
  };
}

/** Lines without the header of syslog. What does not look like one costs nothing. */
export interface LineFormat {
  /**
   * When it is asked: `first` before a header is looked for, of all lines, each first character by one format;
   * `last` of those that nothing else explains, by as many as there are.
   */
  readonly turn: 'first' | 'last';
  /** Characters that such a line can begin with. */
  readonly starts: string;
  /** Whether a line that begins so looks like one, at a few characters. */
  readonly looksLike: (line: string) => boolean;
  readonly parse: LineParser;
}

export interface Format {
  /** As `soc parse --format` takes it. */
  readonly name: string;
  /** What it is, for docs/formats.md. */
  readonly title: string;
  /** As headers name them, each in one format only; the first is meant where a file of this format has no header. */
  readonly programs: readonly string[];
  /** Reads the messages of these programs. */
  readonly parse?: MessageParser;
  /** For files without the header of syslog. */
  readonly line?: LineFormat;
  /** What `log_type` its events can have. */
  readonly logTypes: readonly ParsedEvent['log_type'][];
  /** Where distributions put it. What stands in two of their files is named once: it would count twice. */
  readonly paths: readonly string[];
}
