/**
 * How many steps an engine that backtracks may take for an expression, on the worst text of a length. What
 * multiplies are repeats that can share a stretch of text: `a+b+` has one way to divide what it reads,
 * `\w+a+` has many (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991). That
 * a match may begin anywhere is one more such repeat, of any character. Never too low; often too high.
 */
import type { RegexpNode } from './parse-regexp.ts';

/** Characters as bits: 256 by their code, and one for all others. */
type Characters = bigint;
const OTHERS = 256;
const BITS = Array.from({ length: OTHERS + 1 }, (_none, code) => 1n << BigInt(code));

interface Place {
  /** What must be read to go on; absent: nothing. */
  readonly reads?: Characters;
  readonly repeat?: Repeat;
  readonly next: readonly number[];
}

interface Repeat {
  readonly characters: Characters;
  /** Ways to leave it on a text of this length. */
  readonly ways: (length: number) => number;
}

export interface CostOptions {
  readonly flags: string;
  /** Whether the source of one character allows it. */
  readonly isMatch: (source: string) => (code: number) => boolean;
}

export function backtrackingCost(
  tree: RegexpNode,
  options: CostOptions,
): (length: number) => number {
  const charactersOf = readCharacters(options);
  const places = layOut(tree, charactersOf);
  const previous = reverse(places);
  const repeats = [...places.entries()].flatMap(([at, { repeat }]) =>
    repeat === undefined ? [] : [{ at, repeat }],
  );
  const nextOf = (at: number): readonly number[] => places[at]?.next ?? [];
  const previousOf = (at: number): readonly number[] => previous[at] ?? [];
  const start = places.length - 1;
  const ahead = new Map<number, ReadonlySet<number>>();
  const behind = new Map<number, ReadonlySet<number>>();
  for (const { at, repeat } of repeats) {
    ahead.set(at, reach(at, repeat.characters, places, nextOf));
    behind.set(at, reach(at, repeat.characters, places, previousOf));
  }
  const sharing = (from: { at: number; repeat: Repeat }) =>
    repeats.filter(
      ({ at, repeat }) =>
        at !== from.at &&
        (repeat.characters & from.repeat.characters) !== 0n &&
        ahead.get(from.at)?.has(at) === true &&
        behind.get(at)?.has(from.at) === true,
    );
  // Places are laid out from the end: what follows a repeat comes before it.
  const followers = repeats.map((one) => ({ ...one, shared: sharing(one) }));
  const first = repeats.filter(({ at }) => at === start || behind.get(at)?.has(start) === true);
  const isAnchored = beginsAtStart(tree) && !options.flags.includes('m');
  const choices = choicesOf(tree, charactersOf);
  return (length) => {
    const ways = new Map<number, number>();
    const most = (list: readonly { at: number }[]): number =>
      list.reduce((best, { at }) => Math.max(best, ways.get(at) ?? 1), 1);
    for (const { at, repeat, shared } of followers)
      ways.set(at, repeat.ways(length) * most(shared));
    const begun = isAnchored ? most(followers) : Math.max(length * most(first), most(followers));
    // Where nothing can be shared each beginning still looks at the repeats that follow it, one by one.
    return choices(length) * Math.max(begun, isAnchored ? 1 : length);
  };
}

/** Places for what is read, and one for each repeat; the last one is where the expression begins. */
function layOut(tree: RegexpNode, charactersOf: (source: string) => Characters): readonly Place[] {
  const places: Place[] = [{ next: [] }];
  const add = (place: Place): number => places.push(place) - 1;
  const build = (node: RegexpNode, next: number): number => {
    switch (node.kind) {
      case 'character':
        return add({ reads: charactersOf(node.source), next: [next] });
      case 'assertion':
        return next;
      case 'sequence':
        return node.of.reduceRight((following, part) => build(part, following), next);
      case 'alternatives':
        return add({ next: node.of.map((branch) => build(branch, next)) });
      case 'repeat': {
        const body = build(node.of, next);
        const characters = unionOf(node.of, charactersOf);
        const ways = (length: number): number => waysToRepeat(node, length);
        const around = add({ repeat: { characters, ways }, next: [body, next] });
        return node.least === 0 ? around : build(node.of, around);
      }
      default:
        return node satisfies never;
    }
  };
  const entry = build(tree, 0);
  add({ next: [entry] });
  return places;
}

function waysToRepeat(node: RegexpNode & { kind: 'repeat' }, length: number): number {
  const most = Math.min(node.most, length);
  // Half of a text on average, where it shares the text with what is before.
  const itself = Math.max(1, (node.most > length ? most / 2 : most) - node.least + 1);
  return node.most > 1 && repeatsInside(node.of) ? itself * 2 ** most : itself;
}

function repeatsInside(node: RegexpNode): boolean {
  if (node.kind === 'character' || node.kind === 'assertion') return false;
  return node.kind === 'repeat' || node.of.some(repeatsInside);
}

function unionOf(node: RegexpNode, charactersOf: (source: string) => Characters): Characters {
  switch (node.kind) {
    case 'character':
      return charactersOf(node.source);
    case 'assertion':
      return 0n;
    case 'repeat':
      return unionOf(node.of, charactersOf);
    case 'sequence':
    case 'alternatives':
      return node.of.reduce((all, part) => all | unionOf(part, charactersOf), 0n);
    default:
      return node satisfies never;
  }
}

/** Places that can be reached by reading such characters only. */
function reach(
  from: number,
  characters: Characters,
  places: readonly Place[],
  neighbours: (at: number) => readonly number[],
): ReadonlySet<number> {
  const seen = new Set<number>();
  const pending = [...neighbours(from)];
  while (pending.length > 0) {
    const at = pending.pop() as number;
    const reads = places[at]?.reads;
    if (seen.has(at) || (reads !== undefined && (reads & characters) === 0n)) continue;
    seen.add(at);
    pending.push(...neighbours(at));
  }
  return seen;
}

function reverse(places: readonly Place[]): readonly (readonly number[])[] {
  const previous: number[][] = places.map(() => []);
  for (const [at, { next }] of places.entries()) for (const to of next) previous[to]?.push(at);
  return previous;
}

/** `^` before everything else. */
function beginsAtStart(node: RegexpNode): boolean {
  if (node.kind === 'assertion') return node.assertion === 'start';
  if (node.kind === 'alternatives') return node.of.every(beginsAtStart);
  return node.kind === 'sequence' && node.of[0] !== undefined && beginsAtStart(node.of[0]);
}

/** Ways that alternatives add: as many as may begin with the same character. */
function choicesOf(
  node: RegexpNode,
  charactersOf: (source: string) => Characters,
): (length: number) => number {
  switch (node.kind) {
    case 'character':
    case 'assertion':
      return () => 1;
    case 'sequence': {
      const parts = node.of.map((part) => choicesOf(part, charactersOf));
      return (length) => parts.reduce((ways, part) => ways * part(length), 1);
    }
    case 'alternatives': {
      const branches = node.of.map((branch) => choicesOf(branch, charactersOf));
      const alike = mostAlike(node.of.map((branch) => firstOf(branch, charactersOf)));
      return (length) => alike * Math.max(...branches.map((branch) => branch(length)));
    }
    case 'repeat': {
      const inside = choicesOf(node.of, charactersOf);
      return (length) => inside(length) ** Math.min(node.most, length);
    }
    default:
      return node satisfies never;
  }
}

function mostAlike(firsts: readonly First[]): number {
  let most = 1;
  for (const bit of BITS) {
    const count = firsts.filter(({ set, isEmpty }) => isEmpty || (set & bit) !== 0n).length;
    most = Math.max(most, count);
  }
  return most;
}

interface First {
  readonly set: Characters;
  /** True when it may read nothing. */
  readonly isEmpty: boolean;
}

/** What may be read first. */
function firstOf(node: RegexpNode, charactersOf: (source: string) => Characters): First {
  switch (node.kind) {
    case 'character':
      return { set: charactersOf(node.source), isEmpty: false };
    case 'assertion':
      return { set: 0n, isEmpty: true };
    case 'repeat': {
      const inside = firstOf(node.of, charactersOf);
      return { set: inside.set, isEmpty: inside.isEmpty || node.least === 0 };
    }
    case 'sequence': {
      let set = 0n;
      for (const part of node.of) {
        const first = firstOf(part, charactersOf);
        set |= first.set;
        if (!first.isEmpty) return { set, isEmpty: false };
      }
      return { set, isEmpty: true };
    }
    case 'alternatives': {
      const all = node.of.map((branch) => firstOf(branch, charactersOf));
      return {
        set: all.reduce((union, { set }) => union | set, 0n),
        isEmpty: all.some(({ isEmpty }) => isEmpty),
      };
    }
    default:
      return node satisfies never;
  }
}

/** By the source of a character or a class; each is asked once. */
function readCharacters(options: CostOptions): (source: string) => Characters {
  const known = new Map<string, Characters>();
  return (source) => {
    const earlier = known.get(source);
    if (earlier !== undefined) return earlier;
    const set = plainCharacter(source, options.flags) ?? askForEach(source, options);
    known.set(source, set);
    return set;
  };
}

/** A letter or digit that stands for itself: most are, and asking 256 times of each takes long. */
function plainCharacter(source: string, flags: string): Characters | undefined {
  if (!/^[A-Za-z0-9]$/.test(source)) return undefined;
  const cases = flags.includes('i') ? [source.toLowerCase(), source.toUpperCase()] : [source];
  return cases.reduce((set, one) => set | (1n << BigInt(one.charCodeAt(0))), 0n);
}

function askForEach(source: string, options: CostOptions): Characters {
  const isMatch = options.isMatch(source);
  // A character of ASCII, or a class of such, allows no others.
  const isAscii = /^(?:[^.\u0080-\uffff]|\\[^DWSsxuc]|\[(?!\^)[^\\\u0080-\uffff]+\])$/.test(source);
  return BITS.reduce(
    (set, bit, code) => ((code === OTHERS ? !isAscii : isMatch(code)) ? set | bit : set),
    0n,
  );
}
