/**
 * One field of a selection with its modifiers and values → a filter. Source: Sigma specification 2.1,
 * "String Wildcard", "Escape Character", and its appendix of modifiers.
 */
import { parseIpRange } from '@mini-soc/model';
import { compileRegexp, type Filter, type WildcardPiece } from '@mini-soc/query';
import { expandLists, type Lists } from './lists.ts';
import { showValue, type Fail } from './rule-error.ts';
import { spellText, TEXT_MODIFIERS } from './text-modifiers.ts';

const PLACEMENTS = ['contains', 'startswith', 'endswith'] as const;
const COMPARISONS = ['lt', 'lte', 'gt', 'gte'] as const;
const REGEXP_FLAGS = ['i', 'm', 's'] as const;
const TYPES: readonly string[] = [...PLACEMENTS, ...COMPARISONS, 're', 'cidr', 'exists'];
const KNOWN: readonly string[] = [
  ...TYPES,
  ...REGEXP_FLAGS,
  ...TEXT_MODIFIERS,
  'expand',
  'all',
  'cased',
  'neq',
];
/** Texts that one value may become. */
const MAX_SPELLINGS = 2000;
const MAX_VALUES = 10_000;
const MAX_VALUE_LENGTH = 8192;

export interface ValueRequest {
  /** Flat field names: one of them has to match. */
  readonly fields: readonly string[];
  readonly modifiers: readonly string[];
  readonly value: unknown;
  readonly lists: Lists;
  readonly fail: Fail;
  readonly warn: (sentence: string) => void;
}

/** Throws what `fail` returns for a modifier or value that means nothing. */
export function compileValues(request: ValueRequest): Filter {
  const { modifiers, fail, value } = request;
  checkModifiers(modifiers, fail);
  const written = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const values = modifiers.includes('expand')
    ? written.flatMap((one): readonly unknown[] =>
        typeof one === 'string'
          ? expandLists(one, { lists: request.lists, isPlain: !modifiers.includes('re'), fail })
          : [one],
      )
    : written;
  // A list of the user's may be empty: no value is one of none.
  if (values.length === 0 && written.length > 0)
    return modifiers.includes('neq')
      ? { kind: 'not', of: { kind: 'any', of: [] } }
      : { kind: 'any', of: [] };
  if (values.length === 0) throw fail('expected at least one value: current value is []');
  if (values.length > MAX_VALUES)
    throw fail(`a field may have ${MAX_VALUES} values: current value has ${values.length}`);
  const filters = values.map((one) => compileInFields(request, one));
  const isAll = modifiers.includes('all');
  if (isAll && filters.length === 1)
    throw fail('modifier "all" needs a list of at least two values');
  const joined = join(isAll ? 'all' : 'any', filters);
  return modifiers.includes('neq') ? { kind: 'not', of: joined } : joined;
}

/** One part is itself, several are joined. */
export function join(kind: 'all' | 'any', filters: readonly Filter[]): Filter {
  return filters.length === 1 ? (filters[0] as Filter) : { kind, of: filters };
}

function checkModifiers(modifiers: readonly string[], fail: Fail): void {
  for (const modifier of modifiers)
    if (!KNOWN.includes(modifier))
      throw fail(`modifier "${modifier}" is not supported: use one of ${KNOWN.join(', ')}`);
  if (new Set(modifiers).size < modifiers.length)
    throw fail(`a modifier stands once: current value is "${modifiers.join('|')}"`);
  const types = modifiers.filter((modifier) => TYPES.includes(modifier));
  if (types.length > 1) throw fail(`modifiers "${types.join('" and "')}" exclude each other`);
  const spelling = modifiers.find((modifier) => TEXT_MODIFIERS.includes(modifier));
  const other = types.find((type) => !(PLACEMENTS as readonly string[]).includes(type));
  if (spelling !== undefined && other !== undefined)
    throw fail(`modifiers "${spelling}" and "${other}" exclude each other`);
  const flag = modifiers.find((modifier) => (REGEXP_FLAGS as readonly string[]).includes(modifier));
  if (flag !== undefined && !modifiers.includes('re'))
    throw fail(`modifier "${flag}" stands only after "re"`);
}

/** One of the fields has the value; that it is missing is true when it is missing in all. */
function compileInFields(request: ValueRequest, value: unknown): Filter {
  const isAbsence = value === null || (request.modifiers.includes('exists') && value === false);
  return join(
    isAbsence ? 'all' : 'any',
    request.fields.map((field) => compileValue({ ...request, field }, value)),
  );
}

type FieldRequest = ValueRequest & { readonly field: string };

function compileValue(request: FieldRequest, value: unknown): Filter {
  const { field, modifiers, fail } = request;
  if (modifiers.includes('exists')) {
    if (typeof value !== 'boolean')
      throw fail(`modifier "exists" needs true or false: current value is ${showValue(value)}`);
    return value ? { kind: 'exists', field } : { kind: 'not', of: { kind: 'exists', field } };
  }
  const comparison = COMPARISONS.find((operator) => modifiers.includes(operator));
  if (comparison !== undefined) {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw fail(`modifier "${comparison}" needs a number: current value is ${showValue(value)}`);
    return { kind: 'compare', field, operator: comparison, value };
  }
  if (modifiers.includes('cidr')) {
    if (typeof value !== 'string' || parseIpRange(value) === undefined)
      throw fail(
        `modifier "cidr" needs a range such as 192.0.2.0/24: current value is ${showValue(value)}`,
      );
    if (/\/0+$/.test(value)) request.warn(`${field}: ${value} is every address`);
    return { kind: 'cidr', field, range: value };
  }
  if (modifiers.includes('re')) return compileExpression(request, value);
  return compileText(request, value);
}

function compileExpression({ field, modifiers, fail }: FieldRequest, value: unknown): Filter {
  if (typeof value !== 'string' || value === '')
    throw fail(`modifier "re" needs an expression: current value is ${showValue(value)}`);
  const flags = REGEXP_FLAGS.filter((flag) => modifiers.includes(flag)).join('');
  try {
    compileRegexp(value, flags);
  } catch (cause) {
    const sentence = cause instanceof Error ? cause.message : String(cause);
    throw fail(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`, cause);
  }
  return { kind: 'regexp', field, source: value, flags };
}

function compileText(request: FieldRequest, value: unknown): Filter {
  const { field, modifiers, fail } = request;
  const placement = PLACEMENTS.find((name) => modifiers.includes(name));
  if (value === null && placement === undefined)
    return { kind: 'not', of: { kind: 'exists', field } };
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    throw fail(`expected text, a number, true or false: current value is ${showValue(value)}`);
  const text = String(value);
  if (text.length > MAX_VALUE_LENGTH)
    throw fail(`a value may have ${MAX_VALUE_LENGTH} characters: current value has ${text.length}`);
  if (typeof value !== 'string') return compilePieces(request, [textPiece(text)], value);
  const spellings = spellText(value, modifiers, fail);
  if (spellings.length > MAX_SPELLINGS)
    throw fail(
      `a value may become ${MAX_SPELLINGS} texts: current value becomes ${spellings.length}`,
    );
  return join(
    'any',
    spellings.map((one) => compilePieces(request, parseWildcards(one), value)),
  );
}

function compilePieces(
  request: FieldRequest,
  pieces: readonly WildcardPiece[],
  value: unknown,
): Filter {
  const { field, modifiers } = request;
  const placement = PLACEMENTS.find((name) => modifiers.includes(name));
  const cased = modifiers.includes('cased');
  const many: WildcardPiece = { kind: 'many' };
  const pattern = merge([
    ...(placement === 'contains' || placement === 'endswith' ? [many] : []),
    ...pieces,
    ...(placement === 'contains' || placement === 'startswith' ? [many] : []),
  ]);
  if (pattern.length === 1 && pattern[0]?.kind === 'many')
    request.warn(`${field}: ${showValue(value)} matches every value`);
  const only = pattern[0];
  if (pattern.length === 0) return { kind: 'equals', field, value: '', cased };
  if (pattern.length === 1 && only?.kind === 'text')
    return { kind: 'equals', field, value: only.text, cased };
  return { kind: 'wildcard', field, pattern, cased };
}

const textPiece = (text: string): WildcardPiece => ({ kind: 'text', text });

/**
 * `*` and `?` are wildcards; `\*`, `\?` and `\\` are plain; a backslash before anything else is
 * itself.
 */
export function parseWildcards(value: string): readonly WildcardPiece[] {
  const pieces: WildcardPiece[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') pieces.push(textPiece(text));
    text = '';
  };
  for (let at = 0; at < value.length; at += 1) {
    const character = value.charAt(at);
    const next = value.charAt(at + 1);
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      text += next;
      at += 1;
    } else if (character === '*' || character === '?') {
      flush();
      pieces.push({ kind: character === '*' ? 'many' : 'one' });
    } else text += character;
  }
  flush();
  return pieces;
}

function merge(pieces: readonly WildcardPiece[]): readonly WildcardPiece[] {
  return pieces.filter(
    (piece, index) => piece.kind !== 'many' || pieces[index - 1]?.kind !== 'many',
  );
}
