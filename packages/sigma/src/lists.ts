/**
 * Lists (networks, users, hosts, words), which rules and exceptions name as `%name%` with the modifier
 * `expand`, as Sigma's rules do. They stand in `lists.yml`: what our rules share beside our rules, the user's
 * in the folder of own rules.
 */
import { z } from 'zod';
import type { YamlDocument } from './parse-yaml.ts';

export const LISTS_FILE = 'lists.yml';

/** Name → values as texts. */
export type Lists = ReadonlyMap<string, readonly string[]>;
export const NO_LISTS: Lists = new Map();

/** Most values of one list: a rule that names it compares with each. */
export const MAX_LIST_VALUES = 10_000;
const MAX_LISTS = 1000;

const listsSchema = z.record(
  z.string().regex(/^[\w.-]{1,128}$/),
  z.array(z.union([z.string().min(1).max(8192), z.number()])).max(MAX_LIST_VALUES),
);

/** `name: [value, …]` for each list. Throws RuleError. */
export function readLists(documents: readonly YamlDocument[]): Lists {
  const lists = new Map<string, readonly string[]>();
  for (const document of documents) {
    if (document.value === null) continue;
    const parsed = listsSchema.safeParse(document.value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw document.errorAt(
        issue?.path ?? [],
        `expected names, each with a list of at most ${MAX_LIST_VALUES} texts or numbers`,
      );
    }
    for (const [name, values] of Object.entries(parsed.data)) lists.set(name, values.map(String));
    if (lists.size > MAX_LISTS) throw document.errorAt([], `at most ${MAX_LISTS} lists`);
  }
  return lists;
}

/** Both; a list of the user's takes the place of one of ours. */
export function joinLists(ours: Lists, own: Lists): Lists {
  return new Map([...ours, ...own]);
}

const PLACEHOLDER = /%([\w.-]{1,128})%/;

/**
 * The texts that a value with at most one `%name%` stands for, in Sigma's notation: what a list says is
 * plain text, never a wildcard, unless it is a list of expressions (`isPlain` is false). Throws what `fail`
 * returns for a list that is not there.
 */
export function expandLists(
  text: string,
  {
    lists,
    isPlain,
    fail,
  }: {
    readonly lists: Lists;
    readonly isPlain: boolean;
    readonly fail: (sentence: string) => Error;
  },
): readonly string[] {
  const found = PLACEHOLDER.exec(text);
  if (found === null) return [text];
  const [whole, name = ''] = found;
  const values = lists.get(name);
  if (values === undefined)
    throw fail(
      `no list is called so in ${LISTS_FILE} (there are ${[...lists.keys()].join(', ') || 'none'}): current value is "${name}"`,
    );
  const rest = text.slice(found.index + whole.length);
  if (PLACEHOLDER.test(rest))
    throw fail(`a value may name one list: current value is "${text.slice(0, 80)}"`);
  const before = text.slice(0, found.index);
  return values.map(
    (value) => before + (isPlain ? value.replaceAll(/[\\*?]/g, '\\$&') : value) + rest,
  );
}
