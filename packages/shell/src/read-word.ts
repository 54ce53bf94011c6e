/** One word of a command: letters, quotes of every kind, escapes and expansions (POSIX 2.2, 2.6). */
import type { SimpleCommand, Word } from './script.ts';

/** 1 blank, 2 end of line, 3 operator, 4 quote, escape or expansion; the rest are letters. */
const KINDS: number[] = [];
for (let code = 0; code < 128; code++) KINDS.push(0);
for (const code of [32, 9, 13]) KINDS[code] = 1;
KINDS[10] = 2;
for (const code of [59, 38, 124, 40, 41, 60, 62]) KINDS[code] = 3;
for (const code of [39, 34, 92, 36, 96]) KINDS[code] = 4;

const MAX_UNCLOSED = 8;

export interface Reader {
  readonly text: string;
  at: number;
  readonly commands: SimpleCommand[];
  /** Number of the pipeline that is read, and of the last one. */
  pipeline: number;
  pipelines: number;
  isWhole: boolean;
  /** What closes the list that is read; -1 for the end of the text. */
  closer: number;
  /** How often the end of a quote was looked for in vain: beyond a few, quotes are letters. */
  unclosed: number;
  /** Here-documents whose text begins at the next line. */
  readonly waiting: { readonly command: SimpleCommand; readonly delimiter: string }[];
  readonly nested: (
    reader: Reader,
    closer: number,
    command: SimpleCommand,
    isFile: boolean,
    depth: number,
  ) => void;
}

interface Part {
  readonly text: string;
  readonly isQuote: boolean;
  /** Whether it hides a name when it stands within it. */
  readonly isDisguise: boolean;
}

export function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (KINDS[code] as number) : 0;
}

/** `<`, `>` and `&>`; a bracket or other operator is none. */
export function isRedirection(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 60 || code === 62 || (code === 38 && text.charCodeAt(at + 1) === 62);
}

/** The word at which the reader stands, at least one character of the text. */
export function readWord(reader: Reader, command: SimpleCommand, depth: number): Word {
  const text = reader.text;
  const start = reader.at;
  let value = readLetters(reader);
  let isQuoted = false;
  let brackets = 0;
  while (reader.at < text.length) {
    const kind = kindAt(text, reader.at);
    if (kind === 0) {
      value += readLetters(reader);
      continue;
    }
    const code = text.charCodeAt(reader.at);
    if (kind < 3 || (code === 96 && reader.closer === 96)) break;
    if (kind === 3) {
      // A bracket within a word, as in code that was logged without its quotes.
      if (code === 40 && reader.at > start) brackets++;
      else if (code === 41 && brackets > 0) brackets--;
      else break;
      value += text.charAt(reader.at++);
      continue;
    }
    const part = readSpecial(reader, command, code, depth);
    if (part === undefined) {
      // As the value of a variable it hides nothing.
      if (!/^[A-Za-z_]+=$/.test(value)) command.isDisguised = true;
      break;
    }
    if (part.isDisguise && command.words.length === 0 && /[A-Za-z]$/.test(value))
      command.isDisguised = true;
    if (part.isQuote) isQuoted = true;
    value += part.text;
  }
  if (reader.at === start) value = text.charAt(reader.at++);
  return { text: value, isQuoted: isQuoted, start: start, end: reader.at };
}

function readLetters(reader: Reader): string {
  const text = reader.text;
  const start = reader.at;
  let at = start;
  while (at < text.length && kindAt(text, at) === 0) at++;
  reader.at = at;
  return text.slice(start, at);
}

/** A quote, an escape or an expansion; undefined when it stands for blanks: the word ends there. */
function readSpecial(
  reader: Reader,
  command: SimpleCommand,
  code: number,
  depth: number,
): Part | undefined {
  switch (code) {
    case 92:
      return readEscape(reader);
    case 39:
      return readSingle(reader);
    case 34:
      return readDouble(reader, command, depth);
    case 96:
      return readBacktick(reader, command, depth);
    default:
      return readDollar(reader, command, depth);
  }
}

/** Characters that stand for themselves. */
function asWritten(reader: Reader, length: number): Part {
  const text = reader.text.substr(reader.at, length);
  reader.at += length;
  return { text: text, isQuote: false, isDisguise: false };
}

function readEscape(reader: Reader): Part {
  const next = reader.text.charAt(reader.at + 1);
  reader.at += 2;
  if (next === '\n') return { text: '', isQuote: false, isDisguise: false };
  return { text: next, isQuote: true, isDisguise: /[A-Za-z]/.test(next) };
}

const hides = (text: string): boolean => text === '' || /^[A-Za-z]{1,3}$/.test(text);

/** `'…'`, also as sudo writes it, with `\'` within; a quote that is never closed is a letter. */
function readSingle(reader: Reader): Part {
  const text = reader.text;
  let end = text.indexOf("'", reader.at + 1);
  if (end < 0) return asWritten(reader, 1);
  let isSudo = false;
  while (text.charCodeAt(end - 1) === 92 && end + 1 < text.length && !endsWord(text, end + 1)) {
    const further = text.indexOf("'", end + 1);
    if (further < 0) break;
    isSudo = true;
    end = further;
  }
  const inner = text.slice(reader.at + 1, end);
  reader.at = end + 1;
  return {
    text: isSudo ? inner.replace(/\\(['\\])/g, '$1') : inner,
    isQuote: true,
    isDisguise: hides(inner),
  };
}

function endsWord(text: string, at: number): boolean {
  const kind = kindAt(text, at);
  return (
    kind === 1 ||
    kind === 2 ||
    (kind === 3 && text.charCodeAt(at) !== 41 && text.charCodeAt(at) !== 40)
  );
}

/** `"…"` with what stands for itself, and the commands within. */
function readDouble(reader: Reader, command: SimpleCommand, depth: number): Part {
  const text = reader.text;
  if (text.indexOf('"', reader.at + 1) < 0) return asWritten(reader, 1);
  reader.at++;
  let value = '';
  let from = reader.at;
  while (reader.at < text.length) {
    const code = text.charCodeAt(reader.at);
    if (code === 34) break;
    if (code !== 92 && code !== 96 && code !== 36) {
      reader.at++;
      continue;
    }
    value += text.slice(from, reader.at);
    if (code === 92) {
      const next = text.charAt(reader.at + 1);
      value += '"$`\\'.indexOf(next) >= 0 ? next : next === '\n' ? '' : `\\${next}`;
      reader.at += 2;
    } else if (code === 96) value += readBacktick(reader, command, depth).text;
    else if (text.charCodeAt(reader.at + 1) === 40)
      value += readSubstitution(reader, command, depth).text;
    else value += text.charAt(reader.at++);
    from = reader.at;
  }
  value += text.slice(from, reader.at);
  reader.at++;
  return { text: value, isQuote: true, isDisguise: hides(value) };
}

/** An old substitution. Its text keeps its quotes: commands within commands are rare, and `\`` opens another. */
function readBacktick(reader: Reader, command: SimpleCommand, depth: number): Part {
  if (depth <= 0) reader.isWhole = false;
  if (depth <= 0 || reader.text.indexOf('`', reader.at + 1) < 0) return asWritten(reader, 1);
  return readInner(reader, command, 1, 96, depth);
}

function readSubstitution(reader: Reader, command: SimpleCommand, depth: number): Part {
  if (depth <= 0) {
    reader.isWhole = false;
    return asWritten(reader, 2);
  }
  return readInner(reader, command, 2, 41, depth);
}

function readInner(
  reader: Reader,
  command: SimpleCommand,
  length: number,
  closer: number,
  depth: number,
): Part {
  const start = reader.at;
  reader.at += length;
  reader.nested(reader, closer, command, false, depth - 1);
  return { text: reader.text.slice(start, reader.at), isQuote: false, isDisguise: false };
}

/** `$(…)`, `$'…'`, `$"…"`; the separator `$IFS` ends the word; other variables are kept as they are written. */
function readDollar(reader: Reader, command: SimpleCommand, depth: number): Part | undefined {
  const text = reader.text;
  const next = text.charCodeAt(reader.at + 1);
  if (next === 40) return readSubstitution(reader, command, depth);
  if (next === 39 && reader.unclosed < MAX_UNCLOSED) return readAnsi(reader, command);
  if (next === 34) {
    reader.at++;
    return readDouble(reader, command, depth);
  }
  const blank = /^\$(?:IFS|\{IFS[^}]{0,16}\})(?:\$9)?/.exec(text.substr(reader.at, 24));
  if (blank !== null) {
    reader.at += blank[0].length;
    return undefined;
  }
  const empty = /^\$(?:[@*]|\{[@*][^}]{0,16}\})/.exec(text.substr(reader.at, 20));
  if (empty === null) return asWritten(reader, 1);
  reader.at += empty[0].length;
  return { text: '', isQuote: false, isDisguise: true };
}

const ANSI_LETTERS: { readonly [letter: string]: string } = {
  n: '\n',
  t: '\t',
  r: '\r',
  e: '\u001b',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** `$'…'`: escapes of C, also as numbers. */
function readAnsi(reader: Reader, command: SimpleCommand): Part {
  const text = reader.text;
  let at = reader.at + 2;
  while (at < text.length && text.charCodeAt(at) !== 39) at += text.charCodeAt(at) === 92 ? 2 : 1;
  if (at >= text.length) {
    reader.unclosed++;
    return asWritten(reader, 1);
  }
  const inner = text.slice(reader.at + 2, at);
  reader.at = at + 1;
  let hidden = false;
  const value = inner.replace(
    /\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|[0-7]{1,3}|[^])/g,
    (_whole, escape: string) => {
      const first = escape.charAt(0);
      const isNumber = escape.length > 1 || (first >= '0' && first <= '7');
      if (!isNumber) return ANSI_LETTERS[first] || first;
      hidden = true;
      const isHex = first === 'x' || first === 'u';
      return String.fromCharCode(parseInt(isHex ? escape.slice(1) : escape, isHex ? 16 : 8));
    },
  );
  if (hidden && command.words.length === 0) command.isDisguised = true;
  return { text: value, isQuote: true, isDisguise: hides(value) };
}
