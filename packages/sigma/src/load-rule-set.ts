/**
 * The rules that come with the product and, beside them, those of the user. A file that cannot be used is
 * left out and named; the others run. Nothing in a rule file stops the product.
 */
import path from 'node:path';
import { AppError, messageOf } from '@mini-soc/model';
import { applyOverrides, type RuleOverride } from './apply-overrides.ts';
import { parseRuleFile } from './compile-rule.ts';
import {
  checkException,
  concerns,
  EXCEPTIONS_FILE,
  readExceptions,
  withExceptions,
  type RuleException,
} from './exceptions.ts';
import { joinLists, LISTS_FILE, NO_LISTS, readLists, type Lists } from './lists.ts';
import type { YamlDocument } from './parse-yaml.ts';
import { listRuleFiles, readBeside, readRuleFile } from './load-rules.ts';
import { RuleError } from './rule-error.ts';
import { freezeDeep, type Rule } from './rule.ts';

/** A file, or an override, that is not in force. */
export interface RuleFault {
  /** Name of the file without folders, or of the folder or setting. */
  readonly file: string;
  /** What is wrong, with line, wish and present value, in one sentence. */
  readonly reason: string;
}

export interface RuleSet {
  /** Without the events that exceptions cover. */
  readonly rules: readonly Rule[];
  readonly exceptions: readonly RuleException[];
  /** Lists that rules and exceptions may name. */
  readonly lists: Lists;
  readonly faults: readonly RuleFault[];
}

export interface LoadRuleSetOptions {
  /** Rules that come with the product. */
  readonly directory: string;
  /** Folder of the user's own rules; empty or absent means none. */
  readonly ownDirectory?: string;
  readonly overrides: readonly RuleOverride[];
}

/**
 * The product's rules by file name, then the user's; a rule of the user's with the id of one of ours takes
 * its place, and says so. Throws UsageError when the product's own folder cannot be
 * read, ConfigError for overrides that are wrong while every file was read.
 */
export async function loadRuleSet(options: LoadRuleSetOptions): Promise<RuleSet> {
  const faults: RuleFault[] = [];
  const { lists, exceptions } = await readWords(options, faults);
  const ours = await readFolder(
    options.directory,
    await listRuleFiles(options.directory, { mayBeEmpty: false }),
    { lists, faults },
  );
  const own = await readOwn(options, { lists, faults });
  const rules = withOverrides(beside(ours, own, faults), options.overrides, faults);
  for (const exception of exceptions)
    if (exception.rule !== '*' && !rules.some((rule) => concerns(exception, rule)))
      faults.push({
        file: EXCEPTIONS_FILE,
        reason: `no rule in force is called so: current value is "${exception.rule}"`,
      });
  return {
    rules: rules.map((rule) => withExceptions(rule, exceptions)),
    exceptions,
    lists,
    faults,
  };
}

/** Our lists with the user's, and the user's exceptions; a file that is not there says nothing. */
async function readWords(
  { directory, ownDirectory = '' }: LoadRuleSetOptions,
  faults: RuleFault[],
): Promise<{ readonly lists: Lists; readonly exceptions: readonly RuleException[] }> {
  const read = async <Value>(
    folder: string,
    file: string,
    absent: Value,
    parse: (documents: readonly YamlDocument[]) => Value,
  ): Promise<Value> => {
    if (folder === '') return absent;
    try {
      return parse(await readBeside(folder, file));
    } catch (error) {
      faults.push(faultOf(file, error));
      return absent;
    }
  };
  const lists = joinLists(
    await read(directory, LISTS_FILE, NO_LISTS, readLists),
    await read(ownDirectory, LISTS_FILE, NO_LISTS, readLists),
  );
  const exceptions = await read(ownDirectory, EXCEPTIONS_FILE, [], (documents) =>
    readExceptions(documents, lists, (error) => faults.push(faultOf(EXCEPTIONS_FILE, error))),
  );
  return { lists, exceptions: [...exceptions, ...exceptionsOfGoodActors(lists, faults)] };
}

/** The list of addresses and networks that no rule accuses. */
const GOOD_ACTORS = 'good_actors';

function exceptionsOfGoodActors(lists: Lists, faults: RuleFault[]): readonly RuleException[] {
  if ((lists.get(GOOD_ACTORS) ?? []).length === 0) return [];
  try {
    const when = { 'source_ip|cidr|expand': `%${GOOD_ACTORS}%` };
    const reason = `known to be good: ${GOOD_ACTORS} in ${LISTS_FILE}`;
    return [checkException({ rule: '*', reason, when }, lists)];
  } catch (error) {
    faults.push(faultOf(LISTS_FILE, error));
    return [];
  }
}

interface Reading {
  readonly lists: Lists;
  readonly faults: RuleFault[];
}

/**
 * Ours without those that a file of the user's takes the place of, then the user's. Of two of the user's
 * with one id the first is in force.
 */
function beside(ours: readonly Rule[], own: readonly Rule[], faults: RuleFault[]): readonly Rule[] {
  const byId = new Map<string, Rule>();
  const kept = ours.filter((rule) => isFirst(rule, byId, faults));
  const names = new Map(ours.map((rule) => [rule.name, rule]));
  const taken = new Map<string, Rule>();
  for (const rule of own) {
    if (!isFirst(rule, taken, faults)) continue;
    const namesake = names.get(rule.name);
    const warning = byId.has(rule.id)
      ? `it takes the place of the product's rule of that file name, "${rule.id}"`
      : namesake === undefined
        ? undefined
        : `another rule is called "${rule.name}", that of the file "${namesake.file}"`;
    taken.set(
      rule.id,
      warning === undefined ? rule : freezeDeep({ ...rule, warnings: [...rule.warnings, warning] }),
    );
  }
  return [...kept.filter(({ id }) => !taken.has(id)), ...taken.values()];
}

/** Whether no rule before has the id; then it is noted. */
function isFirst(rule: Rule, taken: Map<string, Rule>, faults: RuleFault[]): boolean {
  const other = taken.get(rule.id);
  if (other === undefined) taken.set(rule.id, rule);
  else
    faults.push({
      file: rule.file,
      reason: `rule id "${rule.id}" is taken by the file "${other.file}": give one of them another name`,
    });
  return other === undefined;
}

async function readOwn(
  { directory, ownDirectory = '' }: LoadRuleSetOptions,
  reading: Reading,
): Promise<readonly Rule[]> {
  if (ownDirectory === '' || path.resolve(ownDirectory) === path.resolve(directory)) return [];
  try {
    const files = await listRuleFiles(ownDirectory, { mayBeEmpty: true });
    return await readFolder(ownDirectory, files, reading);
  } catch (error) {
    reading.faults.push({ file: ownDirectory, reason: messageOf(error) });
    return [];
  }
}

async function readFolder(
  directory: string,
  files: readonly string[],
  { lists, faults }: Reading,
): Promise<readonly Rule[]> {
  const rules: Rule[] = [];
  for (const file of files)
    try {
      rules.push(...parseRuleFile(await readRuleFile(directory, file), file, lists));
    } catch (error) {
      faults.push(faultOf(file, error));
    }
  return rules;
}

/** Throws what is no fault of a file. */
function faultOf(file: string, error: unknown): RuleFault {
  if (!(error instanceof AppError)) throw error;
  const place = error instanceof RuleError && error.line > 0 ? `line ${error.line}: ` : '';
  return { file, reason: `${place}${sentenceOf(error)}` };
}

/** The message without the file and the place before it. */
function sentenceOf(error: AppError): string {
  return error.message.replace(/^Cannot compile rule "[^"]*"(?: \([^)]*\))?: /, '');
}

/** An override of a rule that may be in a file left out is no reason to stop. */
function withOverrides(
  rules: readonly Rule[],
  overrides: readonly RuleOverride[],
  faults: RuleFault[],
): readonly Rule[] {
  if (faults.length === 0) return applyOverrides(rules, overrides);
  const isKnown = ({ rule }: RuleOverride): boolean =>
    rules.some(({ id, name }) => id === rule || name === rule);
  for (const override of overrides)
    if (!isKnown(override))
      faults.push({
        file: 'RULE_OVERRIDES',
        reason: `no rule in force is called so: current value is "${override.rule}"`,
      });
  return applyOverrides(rules, overrides.filter(isKnown));
}
