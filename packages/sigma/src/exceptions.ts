/**
 * Exceptions of rules: what the user knows to be harmless. They stand in `exceptions.yml` of the folder of
 * own rules, each with a reason, and an end where it has one. An event that one covers does not count for
 * its rule, whichever store is asked: the exception is part of the filter.
 */
import { z } from 'zod';
import type { Filter } from '@mini-soc/query';
import { compileDetection } from './compile-detection.ts';
import type { Lists } from './lists.ts';
import { parseYaml, type YamlDocument } from './parse-yaml.ts';
import { RuleError } from './rule-error.ts';
import { narrowRule } from './narrow-rule.ts';
import type { Rule } from './rule.ts';

export const EXCEPTIONS_FILE = 'exceptions.yml';
const MAX_EXCEPTIONS = 1000;

/** An exception as it is in force. */
export interface RuleException {
  /** Name or id of the rule; `*` for every rule. */
  readonly rule: string;
  readonly reason: string;
  /** Events of this time and later count again, milliseconds; undefined when it has no end. */
  readonly untilMs: number | undefined;
  /** What it covers, as it is written. */
  readonly when: unknown;
  /** Events it covers, its end aside. */
  readonly filter: Filter;
}

const exceptionSchema = z.strictObject({
  rule: z.string().min(1).max(256),
  reason: z.string().min(1).max(500),
  until: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })])
    .optional()
    .describe('a day, or a time with its zone'),
  when: z.record(z.string(), z.unknown()),
});

/**
 * A list of exceptions, each `{ rule, when, reason, until }`; `when` is a selection as in a detection. A
 * value such as 192.0.2.0/24 of an address is a network. One that is wrong is told and left out: the
 * others must not end with it. Throws RuleError for a file that is no list.
 */
export function readExceptions(
  documents: readonly YamlDocument[],
  lists: Lists,
  onFault: (error: RuleError) => void,
): readonly RuleException[] {
  const exceptions: RuleException[] = [];
  for (const document of documents) {
    if (document.value === null) continue;
    if (!Array.isArray(document.value)) throw document.errorAt([], 'expected a list of exceptions');
    if (document.value.length > MAX_EXCEPTIONS)
      throw document.errorAt([], `at most ${MAX_EXCEPTIONS} exceptions`);
    for (const [index, content] of (document.value as readonly unknown[]).entries())
      try {
        exceptions.push(readException(content, index, document, lists));
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        onFault(error);
      }
  }
  return exceptions;
}

/** One exception by itself, as from a request; it needs an end. Throws RuleError. */
export function checkException(content: unknown, lists: Lists): RuleException {
  const [document] = parseYaml(JSON.stringify(content), EXCEPTIONS_FILE);
  if (document === undefined) throw new TypeError('A document of one value has one');
  const within: YamlDocument = {
    ...document,
    errorAt: (path, sentence, cause) => document.errorAt(path.slice(1), sentence, cause),
  };
  return readException(content, 0, within, lists);
}

function readException(
  content: unknown,
  index: number,
  document: YamlDocument,
  lists: Lists,
): RuleException {
  const parsed = exceptionSchema.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw document.errorAt(
      [index, ...(issue?.path ?? [])],
      `expected rule, reason, when and perhaps until: ${issue?.message ?? ''}`,
    );
  }
  const { rule, reason, until, when } = parsed.data;
  if (Object.keys(when).length === 0)
    throw document.errorAt([index, 'when'], 'an exception without a condition is none');
  const source: YamlDocument = {
    ...document,
    // Its paths begin with the selection of a detection.
    errorAt: (path, sentence, cause) =>
      document.errorAt([index, ...path.slice(1)], sentence, cause),
  };
  const { filter } = compileDetection({ when: asNetworks(when), condition: 'when' }, source, {
    lists,
  });
  return {
    rule,
    reason,
    untilMs: until === undefined ? undefined : Date.parse(until),
    when,
    filter,
  };
}

/** `source_ip: 192.0.2.0/24` means the network; so does a list with a network in it. */
function asNetworks(when: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(when).map(([key, value]) => {
      const isNetwork = [value]
        .flat()
        .some((one) => typeof one === 'string' && /^[\da-fA-F:.]+\/\d{1,3}$/.test(one));
      return [isNetwork && !key.includes('|') ? `${key}|cidr` : key, value];
    }),
  );
}

/** The events it covers now and at any time. */
export function coverOf({ filter, untilMs }: RuleException): Filter {
  return untilMs === undefined
    ? filter
    : { kind: 'all', of: [filter, { kind: 'before', ms: untilMs }] };
}

export function concerns(
  { rule }: RuleException,
  { id, name }: Pick<Rule, 'id' | 'name'>,
): boolean {
  return rule === '*' || rule === id || rule === name;
}

/** The rule without the events that its exceptions cover. */
export function withExceptions(rule: Rule, exceptions: readonly RuleException[]): Rule {
  const own = exceptions.filter((exception) => concerns(exception, rule));
  if (own.length === 0) return rule;
  return narrowRule(rule, { kind: 'not', of: { kind: 'any', of: own.map(coverOf) } });
}
