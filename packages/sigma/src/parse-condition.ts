/**
 * Sigma's condition language, by hand: `or` binds least, then `and`, then `not`, then `1 of x*`,
 * `all of them` and parentheses. Length and depth are bounded, so no file can exhaust the stack.
 * Source: Sigma rules specification 2.1, "Condition".
 */
export type Condition =
  | { readonly kind: 'name'; readonly name: string }
  /** `pattern` is `them` or a name with `*`. */
  | { readonly kind: 'of'; readonly quantity: 'one' | 'all'; readonly pattern: string }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition };

const MAX_LENGTH = 4096;
const MAX_DEPTH = 50;
const TOKEN = /\s*([()]|[^\s()]+)/y;

/** Parses a condition; calls `fail` with a sentence for the first fault, which must throw. */
export function parseCondition(text: string, fail: (sentence: string) => Error): Condition {
  if (text.length > MAX_LENGTH)
    throw fail(
      `condition must be at most ${MAX_LENGTH} characters: current value has ${text.length}`,
    );
  if (text.includes('|'))
    throw fail(`a condition cannot count: write a correlation: current value is "${clip(text)}"`);
  const tokens = tokenize(text);
  let at = 0;
  const peek = (offset = 0): string => tokens[at + offset] ?? '';
  const isWord = (word: string, offset = 0): boolean => peek(offset).toLowerCase() === word;
  const unexpected = (wish: string): Error =>
    fail(
      peek() === ''
        ? `condition ends where ${wish} was expected: current value is "${clip(text)}"`
        : `expected ${wish} in the condition: current value is "${clip(peek())}"`,
    );

  const parseChain = (word: 'or' | 'and', next: (depth: number) => Condition, depth: number) => {
    const parts = [next(depth)];
    while (isWord(word)) {
      at += 1;
      parts.push(next(depth));
    }
    return parts.length === 1 ? (parts[0] as Condition) : { kind: word, of: parts };
  };
  const parseOr = (depth: number): Condition => parseChain('or', parseAnd, depth);
  const parseAnd = (depth: number): Condition => parseChain('and', parseNot, depth);
  const parseNot = (depth: number): Condition => {
    if (depth > MAX_DEPTH) throw fail(`condition may nest ${MAX_DEPTH} deep`);
    if (!isWord('not')) return parseAtom(depth);
    at += 1;
    return { kind: 'not', of: parseNot(depth + 1) };
  };
  const parseAtom = (depth: number): Condition => {
    const token = peek();
    if (token === '(') {
      at += 1;
      const inner = parseOr(depth + 1);
      if (peek() !== ')') throw unexpected('")"');
      at += 1;
      return inner;
    }
    if (isWord('of', 1)) return parseOf();
    if (!/^[\w.-]+$/.test(token) || RESERVED.has(token.toLowerCase()))
      throw unexpected('the name of a selection');
    at += 1;
    return { kind: 'name', name: token };
  };
  const parseOf = (): Condition => {
    const quantity = isWord('all') ? 'all' : isWord('1') || isWord('any') ? 'one' : undefined;
    if (quantity === undefined) throw unexpected('"1" or "all" before "of"');
    at += 2;
    if (!/^[\w.*-]+$/.test(peek()) || (RESERVED.has(peek().toLowerCase()) && !isWord('them')))
      throw unexpected('"them" or a pattern of names');
    const pattern = isWord('them') ? 'them' : peek();
    at += 1;
    return { kind: 'of', quantity, pattern };
  };

  const condition = parseOr(0);
  if (at < tokens.length) throw unexpected('"and", "or" or the end');
  return condition;
}

const RESERVED = new Set(['and', 'or', 'not', 'of', 'them']);

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text))
    tokens.push(match[1] as string);
  return tokens;
}

function clip(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
