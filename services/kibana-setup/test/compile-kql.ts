/**
 * The little of Kibana's query language that our charts use, as Elasticsearch's DSL: `and`, `or`, `not`,
 * brackets, `field : value`, `field : ("a" or "b")`, `field : *`. Anything else throws.
 */
export type Dsl = Readonly<Record<string, unknown>>;

const TOKEN = /\s*(?:(and|or|not)\b|([():*])|"([^"\\]*)"|([A-Za-z0-9_@.-]+))/y;

type Token =
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'word' | 'text'; readonly text: string };

function tokens(kql: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const text = kql.trim();
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw new TypeError(`Not the KQL we use: ${kql}`);
    const [, keyword, sign, quoted, word] = match;
    if (keyword !== undefined || sign !== undefined)
      found.push({ kind: 'sign', text: keyword ?? sign ?? '' });
    else if (quoted !== undefined) found.push({ kind: 'text', text: quoted });
    else found.push({ kind: 'word', text: word ?? '' });
  }
  return found;
}

export interface CompiledKql {
  readonly query: Dsl;
  /** Fields it names, in order. */
  readonly fields: readonly string[];
}

export function compileKql(kql: string): CompiledKql {
  if (kql.trim() === '') return { query: { match_all: {} }, fields: [] };
  const rest = tokens(kql);
  const fields: string[] = [];
  const is = (sign: string) => rest[0]?.kind === 'sign' && rest[0].text === sign;
  const expect = (sign: string) => {
    if (!is(sign)) throw new TypeError(`Expected "${sign}" in KQL: ${kql}`);
    rest.shift();
  };
  const next = (): Token => {
    const token = rest.shift();
    if (token === undefined) throw new TypeError(`KQL ends too early: ${kql}`);
    return token;
  };

  const anyOf = (term: () => Dsl): Dsl => {
    const should = [allOf(term)];
    while (is('or')) {
      rest.shift();
      should.push(allOf(term));
    }
    return should.length === 1 && should[0] !== undefined
      ? should[0]
      : { bool: { should, minimum_should_match: 1 } };
  };
  const allOf = (term: () => Dsl): Dsl => {
    const filter = [term()];
    while (is('and')) {
      rest.shift();
      filter.push(term());
    }
    return filter.length === 1 && filter[0] !== undefined ? filter[0] : { bool: { filter } };
  };
  const clause = (): Dsl => {
    if (is('not')) {
      rest.shift();
      return { bool: { must_not: [clause()] } };
    }
    if (is('(')) {
      rest.shift();
      const inner = anyOf(clause);
      expect(')');
      return inner;
    }
    const field = next();
    if (field.kind !== 'word') throw new TypeError(`Expected a field in KQL: ${kql}`);
    fields.push(field.text);
    expect(':');
    if (is('*')) {
      rest.shift();
      return { exists: { field: field.text } };
    }
    const value = (): Dsl => {
      const token = next();
      if (token.kind === 'sign') throw new TypeError(`Expected a value in KQL: ${kql}`);
      return token.kind === 'text'
        ? { match_phrase: { [field.text]: token.text } }
        : { match: { [field.text]: token.text } };
    };
    if (!is('(')) return value();
    rest.shift();
    const inner = anyOf(value);
    expect(')');
    return inner;
  };

  const query = anyOf(clause);
  if (rest.length > 0) throw new TypeError(`Not the KQL we use: ${kql}`);
  return { query, fields };
}
