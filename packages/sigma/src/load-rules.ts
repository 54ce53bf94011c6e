/** Rule files of a folder → rules, ready to run; every file must be right. See load-rule-set.ts. */
import { access, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '@mini-soc/model';
import { applyOverrides, type RuleOverride } from './apply-overrides.ts';
import { parseRuleFile } from './compile-rule.ts';
import { EXCEPTIONS_FILE } from './exceptions.ts';
import { LISTS_FILE, readLists } from './lists.ts';
import { MAX_FILE_LENGTH, parseYaml, type YamlDocument } from './parse-yaml.ts';
import { createRuleError } from './rule-error.ts';
import type { Rule } from './rule.ts';

const MAX_FILES = 20_000;
/** What stands beside the rules of a user and is none. */
const NO_RULES: readonly string[] = [LISTS_FILE, EXCEPTIONS_FILE];

export interface LoadRulesOptions {
  readonly directory: string;
  readonly overrides: readonly RuleOverride[];
}

/**
 * Rules of every .yml and .yaml file in the folder (not below it), by file name. Throws UsageError
 * for a folder that cannot be read or is empty, RuleError for the first broken file, ConfigError for
 * overrides.
 */
export async function loadRules(options: LoadRulesOptions): Promise<readonly Rule[]> {
  const files = await listRuleFiles(options.directory, { mayBeEmpty: false });
  const lists = readLists(await readBeside(options.directory, LISTS_FILE));
  const rules: Rule[] = [];
  for (const file of files)
    rules.push(...parseRuleFile(await readRuleFile(options.directory, file), file, lists));
  const ids = new Map<string, Rule>();
  for (const rule of rules) {
    const other = ids.get(rule.id);
    if (other !== undefined)
      throw createRuleError(
        { file: rule.file, line: 0, path: '' },
        `rule id "${rule.id}" is taken by "${other.file}"`,
      );
    ids.set(rule.id, rule);
  }
  return applyOverrides(rules, options.overrides);
}

/** What stands in a file beside the rules that need not be there; then it says nothing. Throws RuleError. */
export async function readBeside(
  directory: string,
  file: string,
): Promise<readonly YamlDocument[]> {
  try {
    await access(path.join(directory, file));
  } catch {
    return [];
  }
  return parseYaml(await readRuleFile(directory, file), file);
}

/** Names of the rule files in the folder, sorted. Throws UsageError. */
export async function listRuleFiles(
  directory: string,
  { mayBeEmpty }: { readonly mayBeEmpty: boolean },
): Promise<readonly string[]> {
  let entries: readonly string[];
  try {
    entries = await readdir(directory);
  } catch (cause) {
    throw new UsageError(`Cannot read the folder of rules: current value is "${directory}"`, {
      cause,
    });
  }
  const files = entries
    .filter((name) => /\.ya?ml$/.test(name) && !NO_RULES.includes(name))
    .toSorted();
  if (files.length === 0 && !mayBeEmpty)
    throw new UsageError(`The folder of rules has no .yml file: current value is "${directory}"`);
  if (files.length > MAX_FILES)
    throw new UsageError(
      `The folder of rules may have ${MAX_FILES} files: current value is ${files.length}`,
    );
  return files;
}

/** The text of a rule file. Throws RuleError. */
export async function readRuleFile(directory: string, file: string): Promise<string> {
  const place = { file, line: 0, path: '' };
  const full = path.join(directory, file);
  try {
    const facts = await stat(full);
    if (!facts.isFile()) throw createRuleError(place, 'expected a regular file');
    if (facts.size > MAX_FILE_LENGTH)
      throw createRuleError(
        place,
        `file must be at most ${MAX_FILE_LENGTH} bytes: current value is ${facts.size}`,
      );
    return await readFile(full, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'path' in cause && 'line' in cause) throw cause;
    throw createRuleError(place, 'file cannot be read', cause);
  }
}
