/**
 * Texts of which a regular expression needs one: whatever it matches contains, lower-cased, at least one
 * of them. Read from the expression without running it, in the subset that compileRegexp() allows; what
 * is not plainly a literal ends a run. Only ASCII counts, whose case every engine folds alike.
 */

/** Share of texts that contain a literal of this length, guessed: only its order matters. */
export function shareOf(length: number): number {
  return [1, 0.6, 0.4, 0.06, 0.03, 0.015, 0.01][length] ?? 0.005;
}

/** At least one of these must be in the text; undefined when nothing is known. */
export type Literals = readonly string[] | undefined;

export function shareOfAny(literals: readonly string[]): number {
  return literals.reduce((sum, literal) => sum + shareOf(literal.length), 0);
}

/** The longest run of printable ASCII, lower-cased; empty when there is none. */
export function longestAsciiRun(text: string): string {
  let longest = '';
  for (const run of text.match(/[\u0020-\u007e]+/g) ?? [])
    if (run.length > longest.length) longest = run;
  return longest.toLowerCase();
}

/** `source` must be one that compileRegexp() accepts. */
export function neededLiterals(source: string): Literals {
  const reader: Reader = { source, at: 0 };
  const found = readAlternatives(reader);
  // Something was read otherwise than the engine reads it: nothing is known then.
  return reader.at === source.length ? found : undefined;
}

interface Reader {
  readonly source: string;
  at: number;
}

/** Up to the closing parenthesis or the end. Every alternative must need something. */
function readAlternatives(reader: Reader): Literals {
  const all: string[] = [];
  let isKnown = true;
  for (;;) {
    const literals = readSequence(reader);
    if (literals === undefined) isKnown = false;
    else all.push(...literals);
    if (reader.source.charAt(reader.at) !== '|') break;
    reader.at += 1;
  }
  return isKnown ? [...new Set(all)] : undefined;
}

/** The most telling of what the parts of a sequence need: all of them have to be there. */
function readSequence(reader: Reader): Literals {
  let best: Literals;
  let run = '';
  const offer = (literals: Literals): void => {
    if (literals === undefined || literals.some((literal) => literal === '')) return;
    if (best === undefined || shareOfAny(literals) < shareOfAny(best)) best = literals;
  };
  const flush = (): void => {
    offer(run === '' ? undefined : [run]);
    run = '';
  };
  while (reader.at < reader.source.length) {
    const character = reader.source.charAt(reader.at);
    if (character === '|' || character === ')') break;
    const atom = readAtom(reader);
    const repeat = readRepeat(reader);
    if (repeat === 'optional') flush();
    else if (typeof atom === 'string') {
      run += atom;
      if (repeat === 'repeated') flush();
    } else {
      flush();
      offer(atom);
    }
  }
  flush();
  return best;
}

/** A literal character, lower-cased, or what a group needs; undefined for everything else. */
function readAtom(reader: Reader): string | Literals {
  const { source } = reader;
  const character = source.charAt(reader.at);
  reader.at += 1;
  if (character === '\\') return readEscape(reader);
  if (character === '[') {
    if (source.charAt(reader.at) === '^') reader.at += 1;
    while (reader.at < source.length && source.charAt(reader.at) !== ']')
      reader.at += source.charAt(reader.at) === '\\' ? 2 : 1;
    reader.at += 1;
    return undefined;
  }
  if (character === '(') {
    if (source.startsWith('?:', reader.at)) reader.at += 2;
    const inner = readAlternatives(reader);
    reader.at += 1;
    return inner;
  }
  if (character === '.' || character === '^' || character === '$') return undefined;
  return /[\u0020-\u007e]/.test(character) ? character.toLowerCase() : undefined;
}

function readEscape(reader: Reader): string | undefined {
  const { source } = reader;
  const character = source.charAt(reader.at);
  reader.at += 1;
  const rest =
    character === 'x'
      ? /^[0-9a-fA-F]{2}/
      : character === 'u'
        ? /^[0-9a-fA-F]{4}/
        : character === 'c'
          ? /^[a-zA-Z]/
          : character === '0'
            ? /^[0-7]{0,2}/
            : undefined;
  reader.at += rest?.exec(source.slice(reader.at, reader.at + 4))?.[0].length ?? 0;
  return /[\u0020-\u007e]/.test(character) && !/\w/.test(character) ? character : undefined;
}

/** How often the atom before stands there; a lazy mark belongs to it. */
function readRepeat(reader: Reader): 'once' | 'optional' | 'repeated' {
  const { source } = reader;
  const found = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(source.slice(reader.at, reader.at + 24));
  if (found === null) return 'once';
  reader.at += found[0].length;
  const sign = found[0].charAt(0);
  if (sign === '+') return 'repeated';
  return sign === '{' && Number(found[1]) > 0 ? 'repeated' : 'optional';
}
