/**
 * Lines that a container wrote, as its engine keeps them: Docker's `{"log":"LINE\n","stream":"stdout","time":"…"}` and
 * `TIME stdout F LINE` of Kubernetes. A long line comes in pieces. Only the whole is read: whoever sends so much that the
 * second piece begins with his own words must not have them taken for a line.
 */
import { LIMITS } from '@mini-soc/model/limits';
import { isAt } from './draft.ts';
import type { JsonObject } from './json-event.ts';
import { readIsoTime, type TimeContext } from './timestamp.ts';

export interface ContainerLine {
  readonly text: string;
  readonly stream: Stream;
  /** More of the line follows. */
  readonly isPiece: boolean;
  /** When it was written, milliseconds. */
  readonly timeMs: number;
}

export type Stream = 'stdout' | 'stderr';
/** What came of a line so far, by its output; `undefined` between lines. */
export type Pieces = { [Output in Stream]?: string | undefined };

const MAX_LINE = LIMITS.line_bytes.value;
/** Docker cuts behind so many bytes; a character has three at most of each unit of text. */
const DOCKER_PIECE = 16384 / 3;

/** Undefined when the object is no line of Docker. */
export function readDockerLine(
  object: JsonObject,
  context: TimeContext,
): ContainerLine | undefined {
  const log = object['log'];
  const stream = object['stream'];
  const stamp = object['time'];
  if (typeof log !== 'string' || typeof stamp !== 'string' || !isStream(stream)) return undefined;
  const time = readIsoTime(stamp, 0, context);
  const isEnd = log.charCodeAt(log.length - 1) === 10;
  return {
    text: isEnd ? log.slice(0, log.charCodeAt(log.length - 2) === 13 ? -2 : -1) : log,
    stream: stream,
    isPiece: !isEnd && log.length >= DOCKER_PIECE,
    timeMs: time === undefined ? NaN : time.ms,
  };
}

/** Undefined when the line is none of Kubernetes. */
export function readCriLine(line: string, context: TimeContext): ContainerLine | undefined {
  if (line.charCodeAt(10) !== 84) return undefined;
  const blank = line.indexOf(' ', 19);
  if (blank < 0 || blank > 36 || line.charCodeAt(blank + 1) !== 115) return undefined;
  const stream = isAt(line, blank, ' stdout ')
    ? 'stdout'
    : isAt(line, blank, ' stderr ')
      ? 'stderr'
      : '';
  const tag = line.charAt(blank + 8);
  if (stream === '' || (tag !== 'F' && tag !== 'P') || line.charCodeAt(blank + 9) !== 32)
    return undefined;
  const time = readIsoTime(line, 0, context);
  if (time === undefined || time.end !== blank) return undefined;
  return { text: line.slice(blank + 10), stream: stream, isPiece: tag === 'P', timeMs: time.ms };
}

/** The whole line; undefined while more of it follows, or when it is too long to be kept. */
export function joinPieces(line: ContainerLine, pieces: Pieces | undefined): string | undefined {
  if (pieces === undefined) return line.isPiece ? undefined : line.text;
  const before = pieces[line.stream];
  if (before === undefined && !line.isPiece) return line.text;
  const whole = (before || '') + line.text;
  const isTooLong = whole.length > MAX_LINE;
  // What is too long already stays so, however much more comes.
  pieces[line.stream] = line.isPiece
    ? isTooLong
      ? whole.slice(0, MAX_LINE + 1)
      : whole
    : undefined;
  return line.isPiece || isTooLong ? undefined : whole;
}

function isStream(value: unknown): value is Stream {
  return value === 'stdout' || value === 'stderr';
}
