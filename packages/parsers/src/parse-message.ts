/** Message → event: the program of the envelope names the parser. */
import { parseAnyProgram, parsePamOnly } from './any-program.ts';
import type { Draft } from './draft.ts';
import { messageParserOf } from './find-format.ts';
import type { ReadContext } from './file-memory.ts';

/**
 * Fills in the draft. False when the message says nothing to us; a number is the time that it names itself, in
 * milliseconds, NaN when it names none.
 */
export function parseMessage(
  program: string,
  module: string | undefined,
  message: string,
  draft: Draft,
  context: ReadContext,
): boolean | number | void {
  if (module !== undefined && module.lastIndexOf('pam_', 0) === 0)
    return parsePamOnly(message, draft);
  const parse = messageParserOf(program);
  return parse === undefined ? parseAnyProgram(message, draft) : parse(message, draft, context);
}
