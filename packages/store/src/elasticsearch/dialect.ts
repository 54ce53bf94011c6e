/**
 * Filters as Elasticsearch queries, over the mapping that the model generates. A leaf never lets less
 * through than the filter means; where the DSL cannot say the same exactly (regular expressions,
 * analysed text, fields of `extra`), it lets more through and `exact` is false: the store then asks
 * the oracle for each document it was given.
 *
 * Beware of two traps. Elasticsearch's own `case_insensitive` folds ASCII letters only, so text is
 * compared by a pattern that spells out every character that folds to the same one. And values longer
 * than `ignore_above` are in no index: such documents carry `_ignored`, are always let through, and are
 * left to the oracle even when `exact` is true.
 */
import { EVENT_FIELDS, parseIpRange } from '@mini-soc/model';
import { foldCase, type Filter, type WildcardPiece } from '@mini-soc/query';

export type ElasticsearchQuery = Readonly<Record<string, unknown>>;

export interface ElasticsearchFilter {
  readonly query: ElasticsearchQuery;
  /** False when the query may let more documents through than the filter, besides those with `_ignored`. */
  readonly exact: boolean;
}

/** Where the text of a field is indexed as it is. */
export interface IndexedField {
  readonly path: string;
  readonly type: 'keyword' | 'integer' | 'long' | 'boolean' | 'flattened';
}

const FIELDS = new Map(EVENT_FIELDS.map((field) => [field.name, field]));
const LIMITS = { integer: 2 ** 31 - 1, long: Number.MAX_SAFE_INTEGER };

/** Deepest filter that is written out; below that the oracle decides. Elasticsearch allows 30 bools. */
const MAX_DEPTH = 20;
/** Longest pattern; Elasticsearch's `index.max_regex_length` is 1,000 unless set otherwise. */
const MAX_PATTERN = 1000;
/** Longest run of text and most single wildcards in a pattern: both multiply the automaton's states. */
const MAX_UNITS = 200;
const MAX_SINGLES = 8;

export const MATCH_ALL: ElasticsearchQuery = { match_all: {} };
export const MATCH_NONE: ElasticsearchQuery = { match_none: {} };
/** Documents that have a value too long to be indexed. */
export const HAS_UNINDEXED: ElasticsearchQuery = { exists: { field: '_ignored' } };

const ANYTHING: ElasticsearchFilter = { query: MATCH_ALL, exact: false };
const NOTHING: ElasticsearchFilter = { query: MATCH_NONE, exact: true };

/**
 * Where the text of an event field can be looked up: keywords and numbers under their own name, an
 * address under `NAME.keyword` (an `ip` field gives back its own spelling), an unknown field as a key
 * of the flattened `extra`. Undefined for analysed text, dates, and names that are no plain key.
 */
export function indexedField(name: string): IndexedField | undefined {
  if (name.startsWith('extra.'))
    return /^[\w-]+(\.[\w-]+)*$/.test(name) ? { path: name, type: 'flattened' } : undefined;
  const known = FIELDS.get(name);
  switch (known?.type) {
    case 'keyword':
    case 'integer':
    case 'long':
    case 'boolean':
      return { path: name, type: known.type };
    case 'ip':
      return { path: `${name}.keyword`, type: 'keyword' };
    default:
      return undefined;
  }
}

/** The field whose values can be grouped: one scalar, in full, under its own text; else undefined. */
export function groupableField(name: string): IndexedField | undefined {
  const field = indexedField(name);
  return field === undefined || field.type === 'flattened' || FIELDS.get(name)?.isArray === true
    ? undefined
    : field;
}

/** Documents whose field has exactly this text, and perhaps more (`exact`). */
export function equalsText(name: string, text: string): ElasticsearchFilter {
  const field = indexedField(name);
  if (field === undefined) return ANYTHING;
  switch (field.type) {
    case 'keyword':
    case 'flattened':
      return hasHalfPair(text)
        ? NOTHING
        : { query: { term: { [field.path]: text } }, exact: field.type === 'keyword' };
    case 'boolean':
      return text === 'true' || text === 'false'
        ? { query: { term: { [field.path]: text } }, exact: true }
        : NOTHING;
    case 'integer':
    case 'long':
      return /^(0|-?[1-9]\d*)$/.test(text) && Math.abs(Number(text)) <= LIMITS[field.type]
        ? { query: { term: { [field.path]: text } }, exact: true }
        : NOTHING;
    default:
      return field.type satisfies never;
  }
}

/** A query for `filter` context. */
export function compileFilterToElasticsearch(filter: Filter): ElasticsearchFilter {
  const compiled = compile(filter, MAX_DEPTH);
  if (compiled.query === MATCH_ALL) return compiled;
  return {
    query: { bool: { should: [compiled.query, HAS_UNINDEXED] } },
    exact: compiled.exact,
  };
}

function compile(filter: Filter, depth: number): ElasticsearchFilter {
  if (depth === 0) return ANYTHING;
  switch (filter.kind) {
    case 'all': {
      const parts = filter.of.map((part) => compile(part, depth - 1));
      const queries = parts.map((part) => part.query).filter((query) => query !== MATCH_ALL);
      const exact = parts.every((part) => part.exact);
      return { query: queries.length === 0 ? MATCH_ALL : { bool: { filter: queries } }, exact };
    }
    case 'any': {
      if (filter.of.length === 0) return NOTHING;
      const parts = filter.of.map((part) => compile(part, depth - 1));
      const exact = parts.every((part) => part.exact);
      return parts.some((part) => part.query === MATCH_ALL)
        ? { query: MATCH_ALL, exact }
        : { query: { bool: { should: parts.map((part) => part.query) } }, exact };
    }
    case 'not': {
      const inner = compile(filter.of, depth - 1);
      // The negation of more would be less.
      return inner.exact ? { query: { bool: { must_not: [inner.query] } }, exact: true } : ANYTHING;
    }
    case 'equals':
      return equals(filter);
    case 'wildcard':
      return matchesPattern(filter.field, filter.pattern, filter.cased);
    case 'exists':
      // An empty array is a value to the filter and none to Elasticsearch.
      return groupableField(filter.field) === undefined
        ? ANYTHING
        : { query: { exists: { field: filter.field } }, exact: true };
    case 'regexp':
      return hasText(filter.field);
    case 'cidr':
      return inRange(filter.field, filter.range);
    case 'compare':
      return compare(filter);
    case 'before':
    case 'clock':
      return ANYTHING;
    default:
      return filter satisfies never;
  }
}

function equals(filter: Extract<Filter, { kind: 'equals' }>): ElasticsearchFilter {
  const type = indexedField(filter.field)?.type;
  const isText = type === 'keyword' || type === 'flattened';
  if (filter.cased || (isText && !hasCase(filter.value)))
    return equalsText(filter.field, filter.value);
  return isText
    ? matchesPattern(filter.field, [{ kind: 'text', text: filter.value }], false)
    : equalsText(filter.field, foldCase(filter.value));
}

/** Documents where the field has any text. */
function hasText(name: string): ElasticsearchFilter {
  const field = indexedField(name);
  // What is too long in a flattened field leaves no trace in `_ignored`.
  if (field === undefined || field.type === 'flattened') return ANYTHING;
  return { query: { exists: { field: field.path } }, exact: false };
}

function inRange(name: string, text: string): ElasticsearchFilter {
  const range = parseIpRange(text);
  if (range === undefined || FIELDS.get(name)?.type !== 'ip') return hasText(name);
  // Elasticsearch sees IPv4 addresses inside ::/0 and its like; we do not.
  return {
    query: { term: { [name]: range.text } },
    exact: range.family === 4 || range.prefix > 96,
  };
}

function compare(filter: Extract<Filter, { kind: 'compare' }>): ElasticsearchFilter {
  const field = indexedField(filter.field);
  if (field?.type !== 'integer' && field?.type !== 'long') return ANYTHING;
  const { operator } = filter;
  const upper = operator === 'lt' || operator === 'lte';
  const limit = LIMITS[field.type];
  if (Number.isNaN(filter.value)) return NOTHING;
  if (Math.abs(filter.value) > limit)
    return upper === filter.value > 0
      ? { query: { exists: { field: field.path } }, exact: true }
      : NOTHING;
  // Values are whole, so a limit between two of them moves to the one that changes nothing.
  const value =
    operator === 'lt' || operator === 'gte' ? Math.ceil(filter.value) : Math.floor(filter.value);
  return { query: { range: { [field.path]: { [operator]: value } } }, exact: true };
}

function matchesPattern(
  name: string,
  pattern: readonly WildcardPiece[],
  cased: boolean,
): ElasticsearchFilter {
  const field = indexedField(name);
  const isWhole = pattern.every((piece) => piece.kind === 'text');
  if (field === undefined || (field.type === 'flattened' && !isWhole)) return ANYTHING;
  // Numbers and booleans have no terms a pattern could run over.
  if (field.type !== 'keyword' && field.type !== 'flattened')
    return { query: { exists: { field: field.path } }, exact: false };
  if (pattern.some((piece) => piece.kind === 'text' && hasHalfPair(piece.text))) return NOTHING;
  const { source, exact } = patternSource(pattern, cased);
  // A flattened field matches patterns only over the values of all its keys.
  const path = field.type === 'flattened' ? 'extra' : field.path;
  return {
    query: {
      regexp: { [path]: { value: source, flags: 'NONE', max_determinized_states: 100_000 } },
    },
    exact: exact && field.type === 'keyword',
  };
}

/** Lucene's syntax for a pattern; cut short, and then not exact, where it would grow too large. */
function patternSource(
  pattern: readonly WildcardPiece[],
  cased: boolean,
): { readonly source: string; readonly exact: boolean } {
  const singles = pattern.filter((piece) => piece.kind === 'one').length;
  const few = singles <= MAX_SINGLES;
  const units = pattern.flatMap((piece): readonly string[] => {
    if (piece.kind === 'many' || (piece.kind === 'one' && !few)) return ['.*'];
    if (piece.kind === 'one') return ['.'];
    return [...piece.text].map((character) => characterSource(character, cased));
  });
  let source = '';
  for (const [index, unit] of units.entries()) {
    if (index >= MAX_UNITS || source.length + unit.length > MAX_PATTERN - 2)
      return { source: `${source}.*`, exact: false };
    if (unit !== '.*' || !source.endsWith('.*')) source += unit;
  }
  return { source, exact: few };
}

function characterSource(character: string, cased: boolean): string {
  const same = cased ? undefined : charactersFoldingTo().get(foldCase(character));
  if (same !== undefined) return `[${same}]`;
  return /[!-/:-@[-`{-~]/.test(character) ? `\\${character}` : character;
}

function hasCase(text: string): boolean {
  return [...text].some((character) => charactersFoldingTo().has(foldCase(character)));
}

/** Half of a surrogate pair is no text that UTF-8 could carry, so no document has it. */
function hasHalfPair(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

let folding: ReadonlyMap<string, string> | undefined;

/** A folded character → all characters that fold to it, itself included; only where there are others. */
function charactersFoldingTo(): ReadonlyMap<string, string> {
  if (folding !== undefined) return folding;
  const found = new Map<string, string>();
  for (let code = 0; code <= 0x1_ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    const folded = foldCase(character);
    if (folded !== character) found.set(folded, (found.get(folded) ?? folded) + character);
  }
  folding = found;
  return found;
}
