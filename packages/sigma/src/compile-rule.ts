/**
 * The documents of one file → rules. A rule is every document that no correlation of the file uses:
 * a correlation over detections, or a plain detection that fires on each event.
 */
import {
  compareSeverity,
  formatDuration,
  RULE_EXTENSION_KEY,
  type Severity,
} from '@mini-soc/model';
import type { Filter, Query } from '@mini-soc/query';
import {
  compileCorrelation,
  labelOf,
  type CorrelationEntry,
  type CorrelationScope,
  type DetectionEntry,
} from './compile-correlation.ts';
import { compileDetection, resolveField } from './compile-detection.ts';
import { NO_LISTS, type Lists } from './lists.ts';
import { logSourceFilter, withLogSource } from './log-sources.ts';
import { parseYaml } from './parse-yaml.ts';
import { readPast, withClock } from './compile-past.ts';
import { createRuleError } from './rule-error.ts';
import { readRuleDocument, type RuleDocument } from './rule-document.ts';
import { freezeDeep, type Rule, type RuleMember } from './rule.ts';

const DEFAULT_SUPPRESS_MS = 5 * 60_000;
const MAX_SUPPRESS_MS = 30 * 86_400_000;
/** A plain detection counts per minute: how many there were in the busiest minute. */
const PLAIN_WINDOW_MS = 60_000;
const DEFAULT_LEVEL: Severity = 'medium';

/** Rules of a file, in its order. `file` is a file name without folders. Throws RuleError. */
export function parseRuleFile(
  text: string,
  file: string,
  lists: Lists = NO_LISTS,
): readonly Rule[] {
  const base = file.replace(/\.ya?ml$/, '');
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(base))
    throw createRuleError(
      { file, line: 0, path: '' },
      `file name must be letters, digits, ".", "_" and "-": current value is ${JSON.stringify(file)}`,
    );
  const documents = parseYaml(text, file).map(readRuleDocument);
  if (documents.length === 0)
    throw createRuleError({ file, line: 0, path: '' }, 'file holds no rule');
  const byReference = indexDocuments(documents);
  const used = new Set<RuleDocument>();
  const generated = new Set<RuleDocument>();
  for (const document of documents)
    if (document.kind === 'correlation')
      for (const [index, reference] of document.content.correlation.rules.entries()) {
        const member = byReference.get(reference);
        if (member === undefined)
          throw document.source.errorAt(
            ['correlation', 'rules', index],
            `this file has no rule of that name or id: current value is "${reference}"`,
          );
        used.add(member);
        if (document.content.generate === true) generated.add(member);
      }
  for (const document of documents)
    for (const key of ['proof', 'unless'] as const) {
      const named = document.content[RULE_EXTENSION_KEY]?.[key]?.rule;
      if (named === undefined) continue;
      const member = byReference.get(named);
      if (member?.kind !== 'detection')
        throw document.source.errorAt(
          [RULE_EXTENSION_KEY, key, 'rule'],
          `expected a detection of this file: current value is "${named}"`,
        );
      if (member !== document) used.add(member);
    }
  const warnings = new Map<RuleDocument, readonly string[]>();
  const filters = new Map<RuleDocument, Filter>();
  const unknown = new Map<RuleDocument, string>();
  for (const document of documents)
    if (document.kind === 'detection') {
      const { detection, logsource = {} } = document.content;
      const compiled = compileDetection(detection, document.source, {
        logSource: logsource,
        lists,
      });
      const source = logSourceFilter(logsource);
      if (source.kind === 'unknown') unknown.set(document, source.reason);
      filters.set(document, withLogSource(compiled.filter, source));
      warnings.set(document, compiled.warnings);
    }
  const scope: FileScope = {
    find: (reference) => byReference.get(reference) as RuleDocument,
    filterOf: (document) => filters.get(document) as Filter,
    warningsOf: (document) => warnings.get(document) ?? [],
    unknownSourceOf: (document) => unknown.get(document),
  };
  const outer = documents.filter((document) => {
    const isOuter = !used.has(document) || generated.has(document);
    if (!isOuter && document.content[RULE_EXTENSION_KEY] !== undefined)
      throw document.source.errorAt(
        [RULE_EXTENSION_KEY],
        `${RULE_EXTENSION_KEY} stands only in the outermost document`,
      );
    return isOuter;
  });
  // Documents that all use each other leave none outside: compiling one names the chain.
  const roots = outer.length === 0 ? documents.slice(0, 1) : outer;
  return roots.map((document) =>
    withClock(
      document,
      compileRule(document, roots.length === 1 ? base : `${base}.${idSuffix(document)}`, scope),
    ),
  );
}

interface FileScope extends CorrelationScope {
  readonly warningsOf: (document: DetectionEntry) => readonly string[];
  /** Why no event is of the detection's log source; undefined when some can be. */
  readonly unknownSourceOf: (document: DetectionEntry) => string | undefined;
}

/** A sequence needs all of its steps, a count any of its detections. */
function cannotFire(query: Query, reasons: readonly (string | undefined)[]): string | undefined {
  const found = reasons.filter((reason) => reason !== undefined);
  const isNever =
    query.measure.kind === 'sequence' ? found.length > 0 : found.length === reasons.length;
  return isNever ? found[0] : undefined;
}

function indexDocuments(documents: readonly RuleDocument[]): ReadonlyMap<string, RuleDocument> {
  const byReference = new Map<string, RuleDocument>();
  for (const document of documents)
    for (const key of ['name', 'id'] as const) {
      const reference = document.content[key];
      if (reference === undefined) continue;
      if (byReference.has(reference) && byReference.get(reference) !== document)
        throw document.source.errorAt(
          [key],
          `two documents have one ${key}: current value is "${reference}"`,
        );
      byReference.set(reference, document);
    }
  return byReference;
}

function idSuffix(document: RuleDocument): string {
  if (document.content.name === undefined)
    throw document.source.errorAt([], 'a rule needs a name when its file holds several rules');
  return document.content.name;
}

/** One outermost document → rule. Throws RuleError. */
function compileRule(document: RuleDocument, id: string, scope: FileScope): Rule {
  const { content, source } = document;
  const extension = content[RULE_EXTENSION_KEY] ?? {};
  const { query, detections } =
    document.kind === 'correlation'
      ? compileOuterCorrelation(document, scope)
      : compilePlain(document, scope);
  const level = levelOf(content.level) ?? DEFAULT_LEVEL;
  const suppressMs = extension.suppress ?? Math.max(DEFAULT_SUPPRESS_MS, query.windowMs);
  const failAt = (path: readonly PropertyKey[], sentence: string): Error =>
    source.errorAt([RULE_EXTENSION_KEY, ...path], sentence);
  if (suppressMs < query.windowMs)
    throw failAt(
      ['suppress'],
      `suppress must be at least the window, ${formatDuration(query.windowMs)}: current value is ${formatDuration(suppressMs)}`,
    );
  if (suppressMs > MAX_SUPPRESS_MS)
    throw failAt(
      ['suppress'],
      `suppress must be at most ${formatDuration(MAX_SUPPRESS_MS)}: current value is ${formatDuration(suppressMs)}`,
    );
  const members = detections.map((detection): RuleMember => ({
    name: labelOf(detection),
    title: detection.content.title,
    filter: scope.filterOf(detection),
    level: levelOf(detection.content.level),
    tags: detection.content.tags ?? [],
  }));
  const past = readPast(document, query, failAt, (name) =>
    scope.filterOf(scope.find(name) as DetectionEntry),
  );
  const tests = extension.tests ?? [];
  const named = [...members, ...(past.unless === undefined ? [] : [past.unless])];
  for (const [index, test] of tests.entries())
    for (const [number, step] of [test.given].flat().entries())
      if (step.of !== undefined && !named.some((member) => member.name === step.of))
        throw failAt(
          ['tests', index, 'given', ...(Array.isArray(test.given) ? [number] : []), 'of'],
          `expected one of ${named.map((member) => member.name).join(', ')}: current value is "${step.of}"`,
        );
  const never = cannotFire(query, detections.map(scope.unknownSourceOf));
  checkSummary(extension.summary, query.groupBy, (sentence) => failAt(['summary'], sentence));
  return freezeDeep({
    id,
    name: content.title,
    title: content.title,
    description: content.description ?? '',
    file: source.file,
    level,
    tags: content.tags ?? [],
    query,
    members,
    severityBy: extension['severity-by'] ?? 'count',
    severitySteps: readSteps(extension.severity ?? [], level, failAt),
    suppressMs,
    response: extension.response ?? 'ticket',
    proof:
      extension.proof === undefined
        ? undefined
        : {
            filter: scope.filterOf(scope.find(extension.proof.rule) as DetectionEntry),
            atLeast: extension.proof.gte,
            share: extension.proof.share,
          },
    spoofable: extension.spoofable ?? false,
    summary: extension.summary,
    enabled: extension.enabled ?? true,
    ...(never === undefined ? {} : { cannotFire: never }),
    ...past,
    tests,
    warnings: detections.flatMap(scope.warningsOf),
  });
}

interface CompiledParts {
  readonly query: Query;
  readonly detections: readonly DetectionEntry[];
}

function compileOuterCorrelation(document: CorrelationEntry, scope: FileScope): CompiledParts {
  if (document.content[RULE_EXTENSION_KEY]?.['group-by'] !== undefined)
    throw document.source.errorAt(
      [RULE_EXTENSION_KEY, 'group-by'],
      'a correlation says its group-by itself',
    );
  return compileCorrelation(document, scope);
}

function compilePlain(document: DetectionEntry, scope: FileScope): CompiledParts {
  const { 'group-by': named, 'first-seen': first } = document.content[RULE_EXTENSION_KEY] ?? {};
  if (named !== undefined && first !== undefined)
    throw document.source.errorAt(
      [RULE_EXTENSION_KEY, 'group-by'],
      'the fields of first-seen are the entity: leave group-by out',
    );
  const path = first === undefined ? ['group-by'] : ['first-seen', 'fields'];
  const groupBy = (first?.fields ?? named ?? []).map((name, index) =>
    resolveField(name, (sentence) =>
      document.source.errorAt([RULE_EXTENSION_KEY, ...path, index], sentence),
    ),
  );
  return {
    query: {
      filter: scope.filterOf(document),
      groupBy,
      windowMs: PLAIN_WINDOW_MS,
      measure: { kind: 'count', atLeast: 1 },
    },
    detections: [document],
  };
}

function levelOf(level: RuleDocument['content']['level']): Severity | undefined {
  return level === 'informational' ? 'low' : level;
}

function readSteps(
  steps: readonly { readonly gte: number; readonly level: Severity }[],
  level: Severity,
  failAt: (path: readonly PropertyKey[], sentence: string) => Error,
): readonly { readonly gte: number; readonly level: Severity }[] {
  const sorted = steps.toSorted((a, b) => b.gte - a.gte);
  for (const [index, step] of sorted.entries()) {
    const below = sorted[index + 1]?.level ?? level;
    if (compareSeverity(step.level, below) < 0)
      throw failAt(
        ['severity'],
        `a higher count cannot have a lower level: current value is ${step.level} from ${step.gte} above ${below}`,
      );
    if (sorted[index + 1]?.gte === step.gte)
      throw failAt(['severity'], `each gte stands once: current value is ${step.gte} twice`);
  }
  return sorted;
}

/** What a summary may say besides the fields of the entity. */
const PLACEHOLDERS = [
  'count',
  'peak',
  'span',
  'usernames',
  'hostnames',
  'commands',
  'members',
  'source_ip',
];

function checkSummary(
  summary: string | undefined,
  groupBy: readonly string[],
  fail: (sentence: string) => Error,
): void {
  const known = [...new Set([...groupBy, ...PLACEHOLDERS])];
  for (const [, name = ''] of (summary ?? '').matchAll(/\{([^{}]*)\}/g))
    if (!known.includes(name))
      throw fail(`expected one of {${known.join('}, {')}}: current value is "{${name}}"`);
}
