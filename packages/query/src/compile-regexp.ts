/**
 * Regular expressions of rules, which hostile text must not make slow. Node's engine is fast and backtracks:
 * it is asked where its steps are few for the length of the text, whatever the text is
 * (`backtracking-cost.ts`). Else all ways are followed side by side, in time linear to the text
 * (`linear-regexp.ts`). Refused is what neither can do: a repeat of something that itself repeats or has
 * alternatives, back-references, lookaround, and what is too large. Each is made ready once.
 */
import { LIMITS } from '@mini-soc/model';
import { backtrackingCost } from './backtracking-cost.ts';
import { compileLinear, MAX_STEPS, testCharacter } from './linear-regexp.ts';
import { parseRegexp, stepsOf, type RegexpNode } from './parse-regexp.ts';
import { neededLiterals } from './needed-literals.ts';

const MAX_SOURCE = 1000;
const MAX_UNBOUNDED = 3;
const MAX_COST = LIMITS.expression_backtracking.value;
/** Always few. */
const FEW = 1_000_000;
/** Node's engine takes so many steps while the other one looks at one. */
const TIMES_FASTER = 4;
const MAX_KEPT = LIMITS.expressions_kept.value;
/** More texts than these are not looked for before the expression is asked. */
const MAX_LITERALS = 100;
/** No text of an event is longer. */
const LONGEST_TEXT = LIMITS.line_bytes.value;

export interface Expression {
  readonly test: (text: string) => boolean;
}

/**
 * What means the same in PCRE, which Sigma names, and here. Node takes `\A` for the letter A and `[[:digit:]` for
 * the letters of it, so that a rule would miss its target and match others.
 */
const KNOWN_ESCAPE = /[^A-Za-z1-9]|[dDwWsSbBtnrfvxu]/;

/** By flags and source. */
const kept = new Map<string, Expression>();

/** Flags: any of i, m, s. Throws RangeError that says what is not allowed. */
export function compileRegexp(source: string, flags: string): Expression {
  const key = `${flags}/${source}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = compile(source, flags);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(key, made);
  return made;
}

function compile(source: string, flags: string): Expression {
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
  const steps = stepsOf(tree);
  if (steps > MAX_STEPS)
    throw notAllowed(`at most ${MAX_STEPS} steps, repeats written out: it has ${steps}`, source);
  let quickUpTo: number | undefined;
  let linear: ((text: string) => boolean) | undefined;
  return {
    test(text) {
      // Most expressions of a rule set are never asked.
      quickUpTo ??= longestQuick(tree, steps, flags);
      if (text.length <= quickUpTo) return native.test(text);
      linear ??= followLinear(source, tree, flags);
      return linear(text);
    },
  };
}

/** Looks for the texts that the expression needs before it is followed. */
function followLinear(source: string, tree: RegexpNode, flags: string): (text: string) => boolean {
  const { follow } = compileLinear(tree, flags);
  const literals = neededLiterals(source);
  if (literals === undefined || literals.length > MAX_LITERALS)
    return (text) => follow(text).isMatch;
  return (text) => {
    const folded = text.toLowerCase();
    return literals.some((literal) => folded.includes(literal)) && follow(text).isMatch;
  };
}

/** Texts up to this length cost Node's engine few steps, whatever they are, or fewer than the other one. */
function longestQuick(tree: RegexpNode, steps: number, flags: string): number {
  const cost = backtrackingCost(tree, {
    flags,
    isMatch: (character) => testCharacter(character, flags.replace('m', '')),
  });
  const isQuick = (length: number): boolean =>
    cost(length) <= Math.max(FEW, Math.min(MAX_COST, TIMES_FASTER * steps * length));
  let quick = 0;
  let slow = LONGEST_TEXT + 1;
  while (slow - quick > 1) {
    const between = Math.floor((quick + slow) / 2);
    if (isQuick(between)) quick = between;
    else slow = between;
  }
  return quick;
}

function notAllowed(fault: string, source: string): RangeError {
  return new RangeError(
    `Regular expression not allowed: ${fault}: current value is "${source.slice(0, 100)}"`,
  );
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
