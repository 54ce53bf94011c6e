/** The `detection` of a document → one filter. Source: Sigma rules specification 2.1, "Detection". */
import { GROUND_TRUTH_FIELDS } from '@mini-soc/model';
import type { Filter } from '@mini-soc/query';
import { compileValues, join, parseWildcards } from './compile-values.ts';
import { NO_LISTS, type Lists } from './lists.ts';
import type { LogSource } from './log-sources.ts';
import { parseCondition, type Condition } from './parse-condition.ts';
import { showValue } from './rule-error.ts';
import { eventFieldsOf } from './sigma-fields.ts';
import type { DetectionDocument } from './rule-document.ts';
import type { YamlDocument } from './parse-yaml.ts';

const MAX_SELECTIONS = 500;
const MAX_NODES = 50_000;
const NOT_FOR_RULES: readonly string[] = ['extra'];

export interface CompiledDetection {
  readonly filter: Filter;
  readonly warnings: readonly string[];
}

export interface DetectionContext {
  /** Says what foreign names of fields mean. */
  readonly logSource?: LogSource;
  /** The user's lists, for the modifier `expand`. */
  readonly lists?: Lists;
}

/** Throws RuleError. */
export function compileDetection(
  detection: DetectionDocument['detection'],
  source: YamlDocument,
  { logSource = {}, lists = NO_LISTS }: DetectionContext = {},
): CompiledDetection {
  const warnings: string[] = [];
  const selections = new Map<string, Filter>();
  const entries = Object.entries(detection).filter(([name]) => name !== 'condition');
  if (entries.length > MAX_SELECTIONS)
    throw source.errorAt(
      ['detection'],
      `at most ${MAX_SELECTIONS} selections: current value has ${entries.length}`,
    );
  for (const [name, content] of entries)
    selections.set(
      name,
      compileSelection(content, ['detection', name], {
        source,
        logSource,
        lists,
        warn: (text) => warnings.push(text),
      }),
    );
  const conditions = [detection.condition].flat();
  let nodes = 0;
  const filters = conditions.map((text, index) => {
    const path = ['detection', 'condition', ...(Array.isArray(detection.condition) ? [index] : [])];
    const fail = (sentence: string): Error => source.errorAt(path, sentence);
    const count = (found: number): void => {
      nodes += found;
      if (nodes > MAX_NODES) throw fail(`condition unfolds to more than ${MAX_NODES} selections`);
    };
    return applyCondition(parseCondition(text, fail), selections, fail, count);
  });
  return { filter: join('any', filters), warnings };
}

function applyCondition(
  condition: Condition,
  selections: ReadonlyMap<string, Filter>,
  fail: (sentence: string) => Error,
  count: (nodes: number) => void,
): Filter {
  switch (condition.kind) {
    case 'name': {
      const filter = selections.get(condition.name);
      if (filter === undefined)
        throw fail(
          `condition names a selection that is not there: current value is "${condition.name}"`,
        );
      count(1);
      return filter;
    }
    case 'of': {
      const names = [...selections.keys()].filter(namesOf(condition.pattern));
      if (names.length === 0)
        throw fail(`no selection is called so: current value is "${condition.pattern}"`);
      count(names.length);
      return join(
        condition.quantity === 'all' ? 'all' : 'any',
        names.map((name) => selections.get(name) as Filter),
      );
    }
    case 'not':
      return { kind: 'not', of: applyCondition(condition.of, selections, fail, count) };
    case 'and':
    case 'or':
      return join(
        condition.kind === 'and' ? 'all' : 'any',
        condition.of.map((part) => applyCondition(part, selections, fail, count)),
      );
    default:
      return condition satisfies never;
  }
}

/** `them` is every selection whose name does not begin with `_`; in a pattern `*` is any run. */
function namesOf(pattern: string): (name: string) => boolean {
  if (pattern === 'them') return (name) => !name.startsWith('_');
  const parts = pattern.split('*');
  const first = parts[0] as string;
  const last = parts.at(-1) as string;
  if (parts.length === 1) return (name) => name === pattern;
  return (name) => {
    if (!name.startsWith(first) || name.length < first.length + last.length) return false;
    let at = first.length;
    for (const part of parts.slice(1, -1)) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return name.endsWith(last) && name.length - last.length >= at;
  };
}

interface Scope {
  readonly source: YamlDocument;
  /** Says what foreign names of fields mean. */
  readonly logSource: LogSource;
  readonly lists: Lists;
  readonly warn: (sentence: string) => void;
}

/** A map is all of its fields, a list any of its parts; text in a list is searched in the raw line. */
function compileSelection(content: unknown, path: readonly PropertyKey[], scope: Scope): Filter {
  if (Array.isArray(content)) {
    if (content.length === 0)
      throw scope.source.errorAt(path, 'expected at least one value: current value is []');
    return join(
      'any',
      content.map((part: unknown, index) => {
        const place = [...path, index];
        return typeof part === 'object' && part !== null
          ? compileSelection(part, place, scope)
          : compileKeyword(part, place, scope);
      }),
    );
  }
  if (typeof content === 'object' && content !== null) {
    const entries = Object.entries(content);
    if (entries.length === 0)
      throw scope.source.errorAt(path, 'expected at least one field: current value is {}');
    return join(
      'all',
      entries.map(([key, value]) => compileField(key, value, [...path, key], scope)),
    );
  }
  return compileKeyword(content, path, scope);
}

function compileKeyword(value: unknown, path: readonly PropertyKey[], scope: Scope): Filter {
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '')
    throw scope.source.errorAt(path, `expected a keyword: current value is ${showValue(value)}`);
  return {
    kind: 'wildcard',
    field: 'message',
    pattern: [{ kind: 'many' }, ...trimMany(parseWildcards(String(value))), { kind: 'many' }],
    cased: false,
  };
}

function trimMany(pieces: ReturnType<typeof parseWildcards>): ReturnType<typeof parseWildcards> {
  const from = pieces[0]?.kind === 'many' ? 1 : 0;
  const to = pieces.at(-1)?.kind === 'many' ? -1 : pieces.length;
  return pieces.slice(from, to);
}

function compileField(
  key: string,
  value: unknown,
  path: readonly PropertyKey[],
  scope: Scope,
): Filter {
  const [name = '', ...modifiers] = key.split('|');
  const fail = (sentence: string, cause?: unknown): Error =>
    scope.source.errorAt(path, sentence, cause);
  if (name === '') {
    // `'|all': [a, b]`: keywords that must all be there.
    if (
      modifiers.length !== 1 ||
      modifiers[0] !== 'all' ||
      !Array.isArray(value) ||
      value.length < 2
    )
      throw fail('keywords without a field take only "|all" with a list of at least two');
    return {
      kind: 'all',
      of: value.map((one: unknown, index) => compileKeyword(one, [...path, index], scope)),
    };
  }
  return compileValues({
    fields: resolveFields(name, scope.logSource, fail),
    modifiers,
    value,
    lists: scope.lists,
    fail,
    warn: scope.warn,
  });
}

/** As resolveFields(), the one that groups. */
export function resolveField(name: string, fail: (sentence: string) => Error): string {
  return resolveFields(name, {}, fail)[0] as string;
}

/**
 * Fields of an event under a name of ours, of ECS or of Sigma; `extra.NAME` for one we have no name for.
 * Throws what `fail` returns for ground truth of the generator, which no rule may read.
 */
function resolveFields(
  name: string,
  logSource: LogSource,
  fail: (sentence: string) => Error,
): readonly string[] {
  if (name.length > 256)
    throw fail(`a field name may have 256 characters: current value has ${name.length}`);
  const plain = name.startsWith('extra.') ? name.slice(6) : name;
  if (GROUND_TRUTH_FIELDS.includes(plain))
    throw fail(`rules cannot read ground truth of the generator: current value is "${name}"`);
  if (NOT_FOR_RULES.includes(plain) || plain === '')
    throw fail(`expected the name of one field: current value is "${name}"`);
  return eventFieldsOf(name, logSource);
}
