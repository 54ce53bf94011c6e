/**
 * Regular expressions in time linear to the text: all places of the expression are followed side by side
 * (Thompson, "Regular Expression Search Algorithm", 1968), so hostile text costs its length times the size
 * of the expression, never more; what was met before costs a look-up for each character. Only the subset that compileRegexp() allows, and only whether there is a
 * match. What one character may be is asked of the engine of Node, a character at a time, so that both
 * mean the same.
 */
import { LIMITS } from '@mini-soc/model';
import type { Assertion, RegexpNode } from './parse-regexp.ts';

type Step =
  | {
      readonly kind: 'character';
      readonly isMatch: (code: number) => boolean;
      readonly next: number;
    }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'split'; readonly next: readonly number[] }
  | { readonly kind: 'match' };

/** Steps an expression may become. */
export const MAX_STEPS = LIMITS.expression_steps.value;
/** Steps that are looked at for one text. */
const MAX_VISITS = LIMITS.expression_work.value;
/** States that are remembered of one expression. */
const MAX_STATES = 600;
/** Steps looked at for one text to find states; then it is read without them. */
const MAX_NEW_VISITS = 100_000;

export interface LinearExpression {
  /**
   * `visits`: steps that are looked at without what is remembered, at most as many as the expression has for each
   * character and once more. With more than `expression_work` the rest of the text is not looked at.
   */
  readonly follow: (text: string) => { readonly isMatch: boolean; readonly visits: number };
}

/** Where it is in a text: steps that may go on, and what stands before. */
interface Places {
  readonly steps: readonly number[];
  readonly before: Neighbour;
}

/** What one character leads to. */
interface Move {
  /** Undefined: it matches. */
  readonly to: Places | undefined;
  readonly visits: number;
}

/** Places that are remembered, with the moves from there as far as they were met. */
interface State extends Places {
  /** By the code of the character, of ASCII; the others by themselves. */
  readonly ofAscii: (KnownMove | undefined)[];
  readonly ofOthers: Map<number, KnownMove>;
}

interface KnownMove {
  readonly to: State | undefined;
  readonly visits: number;
}

const ASCII = 128;

/**
 * All places at once are one state, and which state follows by which character is remembered: most texts
 * lead through a few of them. An expression of more than MAX_STEPS is not given to it.
 */
export function compileLinear(tree: RegexpNode, flags: string): LinearExpression {
  const walk = createWalk(toSteps(tree, flags), flags.includes('m'));
  const states = new Map<string, State>();
  let first: State | undefined;
  const stateOf = (places: Places): State => {
    const key = `${places.before}:${places.steps.toSorted((a, b) => a - b).join(',')}`;
    let state = states.get(key);
    if (state === undefined) {
      state = { ...places, ofAscii: Array.from({ length: ASCII }), ofOthers: new Map() };
      states.set(key, state);
    }
    return state;
  };
  const finish = (places: Places, visits: number) => {
    const last = walk.step(places, undefined);
    return { isMatch: last.to === undefined, visits: visits + last.visits };
  };
  const plainly = (text: string, from: number, start: Places, begun: number) => {
    let visits = begun;
    let places = start;
    for (let at = from; at < text.length; at += 1) {
      if (visits > MAX_VISITS) return { isMatch: false, visits };
      const { to, visits: more } = walk.step(places, text.charCodeAt(at));
      visits += more;
      if (to === undefined) return { isMatch: true, visits };
      places = to;
    }
    return finish(places, visits);
  };
  return {
    follow(text) {
      if (states.size >= MAX_STATES) {
        states.clear();
        first = undefined;
      }
      let state = (first ??= stateOf({ steps: [], before: 'none' }));
      let visits = 0;
      let newVisits = 0;
      for (let at = 0; at < text.length; at += 1) {
        if (visits > MAX_VISITS) return { isMatch: false, visits };
        const code = text.charCodeAt(at);
        let move = code < ASCII ? state.ofAscii[code] : state.ofOthers.get(code);
        if (move === undefined) {
          if (newVisits > MAX_NEW_VISITS || states.size >= MAX_STATES)
            return plainly(text, at, state, visits);
          const { to, visits: more } = walk.step(state, code);
          newVisits += more;
          move = { to: to === undefined ? undefined : stateOf(to), visits: more };
          if (code < ASCII) state.ofAscii[code] = move;
          else state.ofOthers.set(code, move);
        }
        visits += move.visits;
        if (move.to === undefined) return { isMatch: true, visits };
        state = move.to;
      }
      return finish(state, visits);
    },
  };
}

/** Built from the end: each node is given what follows it. */
function toSteps(tree: RegexpNode, flags: string): readonly Step[] {
  const steps: Step[] = [{ kind: 'match' }];
  const testers = new Map<string, (code: number) => boolean>();
  const add = (step: Step): number => steps.push(step) - 1;
  const testerOf = (source: string): ((code: number) => boolean) => {
    const known = testers.get(source) ?? testCharacter(source, flags.replace('m', ''));
    testers.set(source, known);
    return known;
  };
  const build = (node: RegexpNode, next: number): number => {
    switch (node.kind) {
      case 'character':
        return add({ kind: 'character', isMatch: testerOf(node.source), next });
      case 'assertion':
        return add({ kind: 'assertion', assertion: node.assertion, next });
      case 'sequence':
        return node.of.reduceRight((following, part) => build(part, following), next);
      case 'alternatives':
        return add({ kind: 'split', next: node.of.map((branch) => build(branch, next)) });
      case 'repeat': {
        let following = next;
        if (node.most === Number.POSITIVE_INFINITY) {
          const ways: number[] = [];
          const loop = add({ kind: 'split', next: ways });
          ways.push(build(node.of, loop), next);
          following = loop;
        } else
          for (let n = node.least; n < node.most; n += 1)
            following = add({ kind: 'split', next: [build(node.of, following), next] });
        for (let n = 0; n < node.least; n += 1) following = build(node.of, following);
        return following;
      }
      default:
        return node satisfies never;
    }
  };
  const start = build(tree, 0);
  // The first step is where it begins.
  return [{ kind: 'split', next: [start + 1] }, ...steps.map((step) => shift(step))];
}

function shift(step: Step): Step {
  if (step.kind === 'match') return step;
  if (step.kind === 'split') return { kind: 'split', next: step.next.map((one) => one + 1) };
  return { ...step, next: step.next + 1 };
}

/** Whether a character is one that the source of a single character allows; asked once of each. */
export function testCharacter(source: string, flags: string): (code: number) => boolean {
  const expression = new RegExp(`^${source}$`, flags);
  const ask = (code: number): boolean => expression.test(String.fromCharCode(code));
  const known = Uint8Array.from({ length: 256 }, (_none, code) => (ask(code) ? 1 : 0));
  return (code) => (code < 256 ? known[code] === 1 : ask(code));
}

/** What stands beside a place of a text, as far as an assertion asks. */
type Neighbour = 'none' | 'line end' | 'word' | 'other';

/** Reads one character from some places; undefined: the text ends there. */
function createWalk(
  steps: readonly Step[],
  isMultiline: boolean,
): { readonly step: (places: Places, code: number | undefined) => Move } {
  /** By step, the question in which it was met last; the same for where a character led. */
  const metIn = new Int32Array(steps.length);
  const goneTo = new Int32Array(steps.length);
  const pending = new Int32Array(steps.length);
  let question = 0;
  return {
    step(places, code) {
      // Far from what fits in, however long the process lives.
      if (question >= 2 ** 30) {
        question = 0;
        metIn.fill(0);
        goneTo.fill(0);
      }
      question += 1;
      const after = code === undefined ? 'none' : neighbourOf(code);
      let count = 0;
      let visits = 0;
      const meet = (index: number): void => {
        if (metIn[index] === question) return;
        metIn[index] = question;
        pending[count] = index;
        count += 1;
      };
      const next: number[] = [];
      // A match may begin anywhere.
      meet(0);
      for (const index of places.steps) meet(index);
      while (count > 0) {
        count -= 1;
        visits += 1;
        const step = steps[pending[count] as number] as Step;
        if (step.kind === 'character') {
          if (code === undefined || goneTo[step.next] === question || !step.isMatch(code)) continue;
          goneTo[step.next] = question;
          next.push(step.next);
        } else if (step.kind === 'split') for (const one of step.next) meet(one);
        else if (step.kind === 'match') return { to: undefined, visits };
        else if (holds(step.assertion, places.before, after, isMultiline)) meet(step.next);
      }
      return { to: { steps: next, before: after }, visits };
    },
  };
}

function neighbourOf(code: number): Neighbour {
  if (code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029) return 'line end';
  return isWord(code) ? 'word' : 'other';
}

function holds(
  assertion: Assertion,
  before: Neighbour,
  after: Neighbour,
  isMultiline: boolean,
): boolean {
  const isEdge = (side: Neighbour): boolean =>
    side === 'none' || (isMultiline && side === 'line end');
  if (assertion === 'start') return isEdge(before);
  if (assertion === 'end') return isEdge(after);
  return (assertion === 'boundary') === ((before === 'word') !== (after === 'word'));
}

function isWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code === 95
  );
}
