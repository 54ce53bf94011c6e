/** A regular expression of the subset that compileRegexp() allows, as a tree. */
export type Assertion = 'start' | 'end' | 'boundary' | 'inside';
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

/** How many steps toSteps() makes of it, told without making them. */
export function stepsOf(tree: RegexpNode): number {
  const count = (node: RegexpNode): number => {
    switch (node.kind) {
      case 'character':
      case 'assertion':
        return 1;
      case 'sequence':
        return node.of.reduce((sum, part) => sum + count(part), 0);
      case 'alternatives':
        return node.of.reduce((sum, branch) => sum + count(branch), 1);
      case 'repeat': {
        const one = count(node.of);
        return node.most === Number.POSITIVE_INFINITY
          ? 1 + one + node.least * one
          : node.least * one + Math.max(0, node.most - node.least) * (one + 1);
      }
      default:
        return node satisfies never;
    }
  };
  // Where it begins, and where it ends.
  return count(tree) + 2;
}
