/** `soc parse`: lines on standard input → one JSON per line, `{"event": {…}}` or `{"event": null}`. */
import { safeJson, UsageError } from '@mini-soc/model';
import { createRecordMemory, LOG_FORMATS, parseLine, type LogFormat } from '@mini-soc/parsers';
import { createLineSplitter } from '@mini-soc/tailer';
import { createZoneOffset } from '@mini-soc/ingest';
import { readConfig } from '../read-config.ts';
import type { CommandContext } from '../command.ts';
import { readArguments } from './read-arguments.ts';

const FLUSH_CHARACTERS = 65_536;

export const PARSE_DETAILS = `FORMAT is one of ${LOG_FORMATS.join(', ')}\n`;

export async function runParse(context: CommandContext): Promise<number> {
  const { values } = readArguments(context.argv, { format: { type: 'string', default: 'auto' } });
  const format = values.format;
  if (!isLogFormat(format)) {
    throw new UsageError(
      `Option --format expects one of ${LOG_FORMATS.join(', ')}: current value is "${format}"`,
    );
  }
  const settings = await readConfig({ file: undefined, variables: context.variables, flags: {} });
  const zoneOffsetMinutes = createZoneOffset(settings.LOG_TIME_ZONE);
  const splitter = createLineSplitter({ maxLineBytes: 1_048_576 });
  // What stands in several lines is joined; otherwise each line stands for itself.
  const memory = createRecordMemory();
  let output = '';
  const take = (text: string): void => {
    const event = parseLine(text, {
      arrivalMs: context.now().getTime(),
      zoneOffsetMinutes,
      format,
      memory,
    });
    output += `${safeJson({ event: event ?? null })}\n`;
  };
  const flush = async (): Promise<void> => {
    const isTaken = context.write(output);
    output = '';
    if (!isTaken) await context.drained();
  };
  for await (const chunk of context.stdin) {
    for (const line of splitter.push(chunk as Buffer)) take(line.text);
    if (output.length > FLUSH_CHARACTERS) await flush();
    if (context.signal.aborted) break;
  }
  for (const line of splitter.end()) take(line.text);
  if (output !== '') await flush();
  return 0;
}

function isLogFormat(text: string): text is LogFormat {
  return (LOG_FORMATS as readonly string[]).includes(text);
}
