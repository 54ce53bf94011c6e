/** Which parser reads what: looked up in the list of formats, by program, by first character, by name. */
import {
  FORMATS,
  type Format,
  type LineFormat,
  type LineParser,
  type LogFormat,
  type MessageParser,
} from './formats.ts';

const formats: readonly Format[] = FORMATS;

/** Without the names that every object has: a program is what the writer of a line says it is. */
type Table<Value> = { [name: string]: Value | undefined };

const messageParsers = Object.create(null) as Table<MessageParser>;
const bareProgram = Object.create(null) as Table<string>;
const linesApart = Object.create(null) as Table<boolean>;
const firstFormats: (LineFormat | undefined)[] = [];
const lastFormats: (LineFormat[] | undefined)[] = [];
const lastOfName = Object.create(null) as Table<LineFormat>;

for (let i = 0; i < formats.length; i++) {
  const format = formats[i] as Format;
  if (format.parse !== undefined)
    for (let k = 0; k < format.programs.length; k++)
      messageParsers[format.programs[k] as string] = format.parse;
  bareProgram[format.name] = format.programs[0];
  if (format.line === undefined) continue;
  if (format.line.turn === 'first') {
    linesApart[format.name] = true;
    for (let k = 0; k < format.line.starts.length; k++)
      firstFormats[format.line.starts.charCodeAt(k)] = format.line;
    continue;
  }
  lastOfName[format.name] = format.line;
  for (let k = 0; k < format.line.starts.length; k++) {
    const code = format.line.starts.charCodeAt(k);
    const others = lastFormats[code];
    if (others === undefined) lastFormats[code] = [format.line];
    else others.push(format.line);
  }
}

const NONE: readonly LineFormat[] = [];

let lastProgram = '';
let lastParser: MessageParser | undefined;

/**
 * The parser of the messages of a program; undefined for one that is not in the list. Most lines are of the
 * program of the line before: two short texts are compared faster than one is looked up.
 */
export function messageParserOf(program: string): MessageParser | undefined {
  if (program !== lastProgram) {
    lastProgram = program;
    lastParser = messageParsers[program] || parserOfInstance(program);
  }
  return lastParser;
}

/** `ovpn-*` of the list is each `ovpn-NAME`: a program that carries the name of its instance. */
function parserOfInstance(program: string): MessageParser | undefined {
  const dash = program.indexOf('-');
  return dash > 0 ? messageParsers[program.slice(0, dash + 1) + '*'] : undefined;
}

/** The parser of this line without a header; undefined when it looks like none. */
export function lineParserOf(line: string, first: number): LineParser | undefined {
  const format = firstFormats[first];
  return format !== undefined && format.looksLike(line) ? format.parse : undefined;
}

/** The formats to ask about a line that nothing else explains, in their order; of a file of one format that one alone. */
export function lastFormatsOf(first: number, name: LogFormat): readonly LineFormat[] {
  if (name === 'auto') return lastFormats[first] || NONE;
  const own = lastOfName[name];
  return own === undefined ? NONE : [own];
}

/** Whether a file that is known to be of this format can have lines without a header. */
export function hasLinesOfItsOwn(format: LogFormat): boolean {
  return format === 'auto' || linesApart[format] === true;
}

/** Whose messages the lines of a file without headers are; undefined when the format is no program's. */
export function programOf(format: LogFormat): string | undefined {
  return bareProgram[format];
}

/** The logs of all formats where distributions put them, each once, in the order of the list. */
export function usualLogs(): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < formats.length; i++)
    for (const path of (formats[i] as Format).paths) if (found.indexOf(path) < 0) found.push(path);
  return found;
}
