/**
 * Regular expressions in time linear to the text: all places of the expression are followed side by side
 * (Thompson, "Regular Expression Search Algorithm", 1968), so hostile text costs its length times the size
 * of the expression, never more. Only the subset that compileRegexp() allows, and only whether there is a
 * match. What one character may be is asked of the engine of Node, a character at a time, so that both
 * mean the same.
 */
type Assertion = 'start' | 'end' | 'boundary' | 'inside';
export type RegexpNode =
  | { readonly kind: 'character'; readonly source: string }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence' | 'alternatives'; readonly of: readonly RegexpNode[] }
  | {
      readonly kind: 'repeat';
      readonly of: RegexpNode;
      readonly least: number;
      readonly most: number;
    };

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
export const MAX_STEPS = 2000;

/** Throws RangeError when the expression is too large. */
export function compileLinear(source: string, flags: string): (text: string) => boolean {
  const steps = toSteps(parseRegexp(source), flags);
  return (text) => run(steps, text, flags.includes('m'));
}

/** `source` must be one that compileRegexp() allows and the engine of Node reads. */
export function parseRegexp(source: string): RegexpNode {
  let at = 0;
  const alternatives = (): RegexpNode => {
    const branches = [sequence()];
    while (source.charAt(at) === '|') {
      at += 1;
      branches.push(sequence());
    }
    return branches.length === 1
      ? (branches[0] as RegexpNode)
      : { kind: 'alternatives', of: branches };
  };
  const sequence = (): RegexpNode => {
    const parts: RegexpNode[] = [];
    while (at < source.length && source.charAt(at) !== '|' && source.charAt(at) !== ')')
      parts.push(repeat(atom()));
    return { kind: 'sequence', of: parts };
  };
  const atom = (): RegexpNode => {
    const from = at;
    const character = source.charAt(at);
    at += 1;
    if (character === '(') {
      if (source.startsWith('?:', at)) at += 2;
      const inner = alternatives();
      at += 1;
      return inner;
    }
    if (character === '^') return { kind: 'assertion', assertion: 'start' };
    if (character === '$') return { kind: 'assertion', assertion: 'end' };
    if (character === '[') {
      if (source.charAt(at) === '^') at += 1;
      while (at < source.length && source.charAt(at) !== ']')
        at += source.charAt(at) === '\\' ? 2 : 1;
      at += 1;
    } else if (character === '\\') {
      const escape = /^(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[a-zA-Z]|0[0-7]{0,2}|[^])/.exec(
        source.slice(at, at + 5),
      )?.[0];
      if (escape === 'b') at += 1;
      if (escape === 'b') return { kind: 'assertion', assertion: 'boundary' };
      if (escape === 'B') at += 1;
      if (escape === 'B') return { kind: 'assertion', assertion: 'inside' };
      at += escape?.length ?? 0;
    }
    return { kind: 'character', source: source.slice(from, at) };
  };
  const repeat = (of: RegexpNode): RegexpNode => {
    const found = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/.exec(source.slice(at, at + 24));
    if (found === null) return of;
    at += found[0].length;
    const sign = found[0].charAt(0);
    if (sign === '?') return { kind: 'repeat', of, least: 0, most: 1 };
    if (sign !== '{')
      return { kind: 'repeat', of, least: sign === '+' ? 1 : 0, most: Number.POSITIVE_INFINITY };
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : Number(found[3] === '' ? 'Infinity' : found[3]);
    return { kind: 'repeat', of, least, most };
  };
  return alternatives();
}

/** Built from the end: each node is given what follows it. */
function toSteps(tree: RegexpNode, flags: string): readonly Step[] {
  const steps: Step[] = [{ kind: 'match' }];
  const testers = new Map<string, (code: number) => boolean>();
  const add = (step: Step): number => {
    if (steps.length >= MAX_STEPS)
      throw new RangeError(`it may have ${MAX_STEPS} steps, repeats written out`);
    return steps.push(step) - 1;
  };
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
function testCharacter(source: string, flags: string): (code: number) => boolean {
  const expression = new RegExp(`^${source}$`, flags);
  const ask = (code: number): boolean => expression.test(String.fromCharCode(code));
  const known = Uint8Array.from({ length: 256 }, (_none, code) => (ask(code) ? 1 : 0));
  return (code) => (code < 256 ? known[code] === 1 : ask(code));
}

function run(steps: readonly Step[], text: string, isMultiline: boolean): boolean {
  const seenAt = new Int32Array(steps.length).fill(-1);
  let present: number[] = [];
  const pending: number[] = [];
  for (let at = 0; at <= text.length; at += 1) {
    // Followed without reading a character: what is reached is looked at once for each place.
    const reading: number[] = [];
    pending.push(...present.toReversed(), 0);
    while (pending.length > 0) {
      const index = pending.pop() as number;
      if (seenAt[index] === at) continue;
      seenAt[index] = at;
      const step = steps[index] as Step;
      if (step.kind === 'match') return true;
      if (step.kind === 'character') reading.push(index);
      else if (step.kind === 'split') for (const next of step.next) pending.push(next);
      else if (holds(step.assertion, text, at, isMultiline)) pending.push(step.next);
    }
    if (at === text.length) return false;
    const code = text.charCodeAt(at);
    present = [];
    for (const index of reading) {
      const step = steps[index] as Step & { readonly kind: 'character' };
      if (step.isMatch(code)) present.push(step.next);
    }
  }
  return false;
}

function holds(assertion: Assertion, text: string, at: number, isMultiline: boolean): boolean {
  if (assertion === 'start') return at === 0 || (isMultiline && isLineEnd(text, at - 1));
  if (assertion === 'end') return at === text.length || (isMultiline && isLineEnd(text, at));
  const isBoundary = isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at));
  return (assertion === 'boundary') === isBoundary;
}

function isLineEnd(text: string, at: number): boolean {
  return /[\n\r\u2028\u2029]/.test(text.charAt(at));
}

/** NaN, beyond the ends, is none. */
function isWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code === 95
  );
}
