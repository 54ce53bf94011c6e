/**
 * Regular expressions of rules, kept to a subset that cannot run away on hostile text. Node's engine
 * backtracks, so what makes it exponential or worse is refused: a repeat of something that itself
 * repeats or has alternatives, back-references, lookaround. Two unbounded repeats in a row cost at
 * most a power of the text's length; at most three are allowed and texts are cut at 64 KiB upstream.
 */
const MAX_SOURCE = 1000;
const MAX_UNBOUNDED = 3;

/**
 * What means the same in PCRE, which Sigma names, and here. Node takes `\A` for the letter A and `[[:digit:]` for
 * the letters of it, so that a rule would miss its target and match others.
 */
const KNOWN_ESCAPE = /[^A-Za-z1-9]|[dDwWsSbBtnrfvxu]/;

/** Flags: any of i, m, s. Throws RangeError that says what is not allowed. */
export function compileRegexp(source: string, flags: string): RegExp {
  const fault = findFault(source, flags);
  if (fault !== undefined)
    throw new RangeError(
      `Regular expression not allowed: ${fault}: current value is "${source.slice(0, 100)}"`,
    );
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new RangeError(
      `Expected a regular expression: current value is "${source.slice(0, 100)}"`,
      { cause },
    );
  }
}

interface Group {
  repeats: boolean;
  branches: boolean;
}

function findFault(source: string, flags: string): string | undefined {
  if (source.length > MAX_SOURCE) return `at most ${MAX_SOURCE} characters`;
  if (!/^[ims]*$/.test(flags)) return 'only the flags i, m and s';
  const groups: Group[] = [{ repeats: false, branches: false }];
  let closed: Group | undefined;
  let unbounded = 0;
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charAt(at);
    const current = groups.at(-1) as Group;
    if (character === '\\') {
      if (/[1-9k]/.test(source.charAt(at + 1))) return 'no back-references';
      if (!KNOWN_ESCAPE.test(source.charAt(at + 1))) return unknownEscape(source, at);
      at += 1;
      closed = undefined;
    } else if (character === '[') {
      const end = endOfClass(source, at);
      const fault = faultOfClass(source.slice(at + 1, end));
      if (fault !== undefined) return fault;
      at = end;
      closed = undefined;
    } else if (character === '(') {
      if (source.charAt(at + 1) === '?' && source.charAt(at + 2) !== ':')
        return 'no lookaround, names or inline flags';
      if (source.charAt(at + 1) === '?') at += 2;
      groups.push({ repeats: false, branches: false });
      closed = undefined;
    } else if (character === ')') {
      closed = groups.pop();
      const outer = groups.at(-1);
      if (outer === undefined || closed === undefined) return 'parentheses must match';
      outer.repeats ||= closed.repeats;
      outer.branches ||= closed.branches;
    } else if (character === '|') {
      current.branches = true;
      closed = undefined;
    } else if (character === '*' || character === '+' || character === '{') {
      const bounds = character === '{' ? /^\{(\d+)(,(\d*))?\}/.exec(source.slice(at)) : undefined;
      if (bounds === null) {
        closed = undefined;
        continue;
      }
      if (closed !== undefined && (closed.repeats || closed.branches))
        return 'no repeat of a group that repeats or has alternatives';
      const isUnbounded = bounds === undefined || bounds[3] === '';
      if (!isUnbounded && Number(bounds[3] ?? bounds[1]) > 1000)
        return 'no repeat of more than 1000';
      if (isUnbounded) unbounded += 1;
      if (unbounded > MAX_UNBOUNDED) return `at most ${MAX_UNBOUNDED} unbounded repeats`;
      current.repeats = true;
      if (bounds !== undefined) at += bounds[0].length - 1;
      closed = undefined;
    } else if (character !== '?') {
      closed = undefined;
    }
  }
  return groups.length === 1 ? undefined : 'parentheses must match';
}

const unknownEscape = (source: string, at: number): string =>
  `no escape ${source.slice(at, at + 2)}, which not every engine understands`;

/** What stands between the brackets. */
function faultOfClass(inside: string): string | undefined {
  if (inside === '' || inside === '^') return 'no bracket right behind the start of a class';
  for (let at = 0; at < inside.length; at += 1) {
    const character = inside.charAt(at);
    if (character === '[' && /[:.=]/.test(inside.charAt(at + 1)))
      return 'no classes by name such as [:digit:]';
    if (character !== '\\') continue;
    if (!KNOWN_ESCAPE.test(inside.charAt(at + 1))) return unknownEscape(inside, at);
    at += 1;
  }
  return undefined;
}

function endOfClass(source: string, start: number): number {
  let at = start + 1;
  if (source.charAt(at) === '^') at += 1;
  while (at < source.length && source.charAt(at) !== ']') at += source.charAt(at) === '\\' ? 2 : 1;
  return at;
}
