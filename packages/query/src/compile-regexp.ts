/**
 * Regular expressions of rules, which hostile text must not make slow. Node's engine is fast and backtracks:
 * it is asked where the ways it could go are few for the length of the text, whatever the text is. Else
 * all ways are followed side by side, in time linear to the text (`linear-regexp.ts`). Refused is what
 * neither can do: a repeat of something that itself repeats or has alternatives, back-references,
 * lookaround, and what is too large.
 */
import { LIMITS } from '@mini-soc/model';
import { compileLinear, parseRegexp, type RegexpNode } from './linear-regexp.ts';
import { neededLiterals } from './needed-literals.ts';

const MAX_SOURCE = 1000;
const MAX_UNBOUNDED = 3;
/** Ways Node's engine may have to go through for one text: some tens of milliseconds. */
const MAX_WAYS = 50_000_000;
/** More texts than these are not looked for before the expression is asked. */
const MAX_LITERALS = 100;
/** Longest field of an event: up to here an expression must be fast. */
const FIELD_LENGTH = LIMITS.field_characters.value;

export interface Expression {
  readonly test: (text: string) => boolean;
}

/**
 * What means the same in PCRE, which Sigma names, and here. Node takes `\A` for the letter A and `[[:digit:]` for
 * the letters of it, so that a rule would miss its target and match others.
 */
const KNOWN_ESCAPE = /[^A-Za-z1-9]|[dDwWsSbBtnrfvxu]/;

/** Flags: any of i, m, s. Throws RangeError that says what is not allowed. */
export function compileRegexp(source: string, flags: string): Expression {
  const fault = findFault(source, flags);
  if (fault !== undefined) throw notAllowed(fault, source);
  let native: RegExp;
  try {
    native = new RegExp(source, flags);
  } catch (cause) {
    throw new RangeError(
      `Expected a regular expression: current value is "${source.slice(0, 100)}"`,
      { cause },
    );
  }
  const tree = parseRegexp(source);
  const isQuick = (length: number): boolean => length * waysOf(tree, length) <= MAX_WAYS;
  // Without endless repeats the ways do not grow with the text.
  if (isQuick(FIELD_LENGTH) && waysOf(tree, FIELD_LENGTH) === waysOf(tree, 1)) return native;
  let linear: (text: string) => boolean;
  try {
    linear = compileLinear(source, flags);
  } catch (cause) {
    throw notAllowed(cause instanceof Error ? cause.message : String(cause), source);
  }
  const quickUpTo = [4096, 2048, 1024, 512, 256, 128, 64, 32].find(isQuick) ?? 0;
  const literals = neededLiterals(source)?.slice(0, MAX_LITERALS + 1) ?? [];
  const mayMatch = (text: string): boolean => {
    if (literals.length === 0 || literals.length > MAX_LITERALS) return true;
    const folded = text.toLowerCase();
    return literals.some((literal) => folded.includes(literal));
  };
  return {
    test: (text) => (text.length <= quickUpTo ? native.test(text) : mayMatch(text) && linear(text)),
  };
}

function notAllowed(fault: string, source: string): RangeError {
  return new RangeError(
    `Regular expression not allowed: ${fault}: current value is "${source.slice(0, 100)}"`,
  );
}

/** At most so many ways lead on from one place of a text of this length, those that fail included. */
function waysOf(node: RegexpNode, length: number): number {
  switch (node.kind) {
    case 'character':
    case 'assertion':
      return 1;
    case 'sequence':
      return node.of.reduce((ways, part) => ways * waysOf(part, length), 1);
    case 'alternatives':
      return node.of.reduce((ways, branch) => ways + waysOf(branch, length), 0);
    case 'repeat': {
      const most = Math.min(node.most, length);
      const ofOne = waysOf(node.of, length);
      const ways = Math.max(1, most - node.least + 1);
      return ofOne === 1 ? ways : ways * ofOne ** most;
    }
    default:
      return node satisfies never;
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
