/**
 * Command line → simple commands, after the grammar of POSIX (2.2 quoting, 2.9 commands, 2.10 grammar) with
 * what bash adds: `$'…'`, `<(…)`, `<<<`, `&>`, `|&`. It reads what was logged, which need not be what a
 * shell was given: sudo joins arguments without quotes, or puts those with blanks in single quotes and
 * writes `\'` within them, and writes control characters and the blanks of a path as `#` and three octal
 * digits. So nothing is refused: a quote or bracket that is never closed is a character like any other.
 * Each character is looked at a bounded number of times. Compiled to ES5 for Filebeat.
 */
import { LIMITS } from '@mini-soc/model/limits';
import { isRedirection, kindAt, readWord, type Reader } from './read-word.ts';
import type { Script, SimpleCommand, Word } from './script.ts';
import { wordTable } from './word-table.ts';

const MAX_COMMANDS = LIMITS.command_parts.value;
const MAX_DEPTH = LIMITS.command_depth.value;

/** Words before a command that belong to the grammar of a shell; what follows is a command again. */
const OPENING = wordTable('if then elif else while until do ! { coproc');
/** Words that end a list; a pipe behind them goes on with the commands before. */
const CLOSING = wordTable('fi done esac }');

/** The commands of a line or script, in the order in which they begin. Never throws. */
export function readScript(text: string): Script {
  const reader: Reader = {
    text: text,
    at: 0,
    commands: [],
    pipeline: 0,
    pipelines: 0,
    isWhole: true,
    closer: -1,
    unclosed: 0,
    waiting: [],
    nested: readNested,
  };
  readList(reader, -1, -1, false, MAX_DEPTH);
  return { commands: reader.commands, isWhole: reader.isWhole };
}

/** A substitution: commands up to the closing character, in a list of their own. */
function readNested(
  reader: Reader,
  closer: number,
  command: SimpleCommand,
  isFile: boolean,
  depth: number,
): void {
  const { pipeline, closer: outer } = reader;
  reader.closer = closer;
  readList(reader, closer, reader.commands.lastIndexOf(command), isFile, depth);
  reader.pipeline = pipeline;
  reader.closer = outer;
}

/** Reads commands up to the closing character, which is taken as well, or to the end. */
function readList(
  reader: Reader,
  closer: number,
  owner: number,
  isFile: boolean,
  depth: number,
): void {
  const text = reader.text;
  reader.pipeline = ++reader.pipelines;
  let command: SimpleCommand | undefined;
  /** The pipeline of the last command that was named. */
  let before = reader.pipeline;
  while (reader.at < text.length) {
    const code = text.charCodeAt(reader.at);
    const kind = kindAt(text, reader.at);
    if (code === closer) {
      reader.at++;
      return;
    }
    if (kind === 1) {
      reader.at++;
      continue;
    }
    if (kind === 2 || (kind === 3 && !isRedirection(text, reader.at))) {
      endCommand(reader, code);
      command = undefined;
      continue;
    }
    if (command === undefined) {
      if (code === 35 && isComment(reader)) continue;
      if (reader.commands.length >= MAX_COMMANDS) {
        reader.isWhole = false;
        reader.at = text.length;
        return;
      }
      command = {
        words: [],
        assignments: [],
        redirections: [],
        pipeline: reader.pipeline,
        owner: owner,
        isFile: isFile,
        isDisguised: false,
        isNegated: false,
        start: reader.at,
      };
      reader.commands.push(command);
    }
    if (kind === 3) readRedirection(reader, command, '', depth);
    else if (isFirst(takeWord(reader, command, depth), command)) {
      const word = command.words[0] as Word;
      if (OPENING[word.text] === true) {
        command.words.pop();
        if (word.text === '!') command.isNegated = true;
      } else if (CLOSING[word.text] === true) {
        command.words.pop();
        command.pipeline = before;
        reader.pipeline = before;
      } else before = command.pipeline;
    }
  }
}

function isFirst(word: Word | undefined, command: SimpleCommand): boolean {
  return word !== undefined && command.words.length === 1;
}

/** Steps over what stands between commands; a pipe and the end of a group leave the pipeline as it is. */
function endCommand(reader: Reader, code: number): void {
  const next = reader.text.charCodeAt(reader.at + 1);
  const isDouble = next === code && code !== 40 && code !== 41 && code !== 10;
  reader.at += isDouble || (code === 124 && next === 38) ? 2 : 1;
  if (code !== 40 && code !== 41 && (code !== 124 || isDouble))
    reader.pipeline = ++reader.pipelines;
  if (code === 10 && reader.waiting.length > 0) readHereDocuments(reader);
}

/** True when a comment stood there and was stepped over: only whole ones, `# …` at the start of a command. */
function isComment(reader: Reader): boolean {
  const text = reader.text;
  const next = text.charCodeAt(reader.at + 1);
  if (next !== 32 && next !== 33) return false;
  const end = text.indexOf('\n', reader.at);
  if (end < 0) return false;
  reader.at = end;
  return true;
}

/** Takes one word; undefined when it was an assignment, a descriptor or nothing. */
function takeWord(reader: Reader, command: SimpleCommand, depth: number): Word | undefined {
  const start = reader.at;
  const word = readWord(reader, command, depth);
  if (word.text === '' && !word.isQuoted) return undefined;
  if (isDescriptor(reader, word)) {
    readRedirection(reader, command, word.text, depth);
    return undefined;
  }
  if (command.words.length === 0 && isAssignment(reader.text, start, word)) {
    const equals = word.text.indexOf('=');
    // sudo's own word before a command: a directory may be called like the end of its line.
    if (word.text.slice(0, equals) !== 'COMMAND') {
      command.assignments.push(word.text);
      return undefined;
    }
    command.words.push({
      text: word.text.slice(equals + 1),
      isQuoted: word.isQuoted,
      start: word.start,
      end: word.end,
    });
    return word;
  }
  command.words.push(word);
  return word;
}

/** A number right before `<` or `>`. */
function isDescriptor(reader: Reader, word: Word): boolean {
  const code = reader.text.charCodeAt(reader.at);
  return (
    (code === 60 || code === 62) &&
    !word.isQuoted &&
    word.text.length < 4 &&
    /^[0-9]+$/.test(word.text)
  );
}

/** `NAME=…`, `NAME+=…`; the name unquoted. */
function isAssignment(text: string, start: number, word: Word): boolean {
  return (
    word.text.indexOf('=') > 0 &&
    /^[A-Za-z_][A-Za-z0-9_]{0,127}\+?=/.test(text.slice(start, start + 130))
  );
}

function readRedirection(
  reader: Reader,
  command: SimpleCommand,
  descriptor: string,
  depth: number,
): void {
  const text = reader.text;
  const start = reader.at;
  const found = /^(?:&>>?|<<<|<<-?|>>|>\||<>|[<>]&?)/.exec(text.substr(start, 3));
  const operator = found === null ? text.charAt(start) : found[0];
  reader.at += operator.length;
  if (operator.length === 1 && text.charCodeAt(reader.at) === 40) {
    // A file that is a command, `<(…)`: a word like others.
    reader.at++;
    if (depth > 0) reader.nested(reader, 41, command, true, depth - 1);
    else reader.isWhole = false;
    command.words.push({ text: '/dev/fd/63', isQuoted: true, start: start, end: reader.at });
    return;
  }
  while (kindAt(text, reader.at) === 1) reader.at++;
  const kind = reader.at < text.length ? kindAt(text, reader.at) : 2;
  // Another operator, or the file of `< <(…)`, is read by itself.
  const target = kind === 2 || kind === 3 ? '' : readWord(reader, command, depth).text;
  if (operator === '<<' || operator === '<<-')
    reader.waiting.push({ command: command, delimiter: target });
  else command.redirections.push({ operator: operator, descriptor: descriptor, target: target });
}

/** The texts of here-documents, which begin at the line that follows; one without an end is none. */
function readHereDocuments(reader: Reader): void {
  const text = reader.text;
  const waiting = reader.waiting.splice(0, reader.waiting.length);
  for (let i = 0; i < waiting.length; i++) {
    const { command, delimiter } = waiting[i] as Reader['waiting'][number];
    const start = reader.at;
    let at = start;
    let end = -1;
    while (at < text.length && end < 0) {
      const newline = text.indexOf('\n', at);
      const stop = newline < 0 ? text.length : newline;
      if (text.slice(at, stop).replace(/^\t+/, '') === delimiter) end = at;
      at = stop + 1;
    }
    if (end < 0) return;
    command.redirections.push({
      operator: '<<',
      descriptor: '',
      target: text.slice(start, end),
    });
    reader.at = Math.min(at, text.length);
  }
}
