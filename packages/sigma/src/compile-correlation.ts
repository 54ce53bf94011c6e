/**
 * The `correlation` of a document → window, entity and measure. Source: Sigma correlation rules
 * specification 2.1. Supported: event_count and value_count with gte or gt; temporal_ordered over
 * detections and event_count correlations with the same entity and window. What our query model
 * cannot say exactly is refused, never approximated.
 */
import { formatDuration, parseDuration } from '@mini-soc/model';
import type { Filter, Measure, Query, SequenceStep } from '@mini-soc/query';
import { resolveField } from './compile-detection.ts';
import { join } from './compile-values.ts';
import { showValue } from './rule-error.ts';
import type { RuleDocument } from './rule-document.ts';

export const MIN_WINDOW_MS = 1000;
export const MAX_WINDOW_MS = 30 * 86_400_000;
export const MAX_AT_LEAST = 1_000_000;
const ADDRESS_FIELDS = ['source_ip', 'destination_ip'];
const MAX_CHAIN = 10;
const MAX_STEPS = 10;

export type CorrelationEntry = Extract<RuleDocument, { kind: 'correlation' }>;
export type DetectionEntry = Extract<RuleDocument, { kind: 'detection' }>;

export interface CorrelationScope {
  /** The document under a name or id that is known to be there. */
  readonly find: (reference: string) => RuleDocument;
  readonly filterOf: (document: DetectionEntry) => Filter;
}

export interface CompiledCorrelation {
  readonly query: Query;
  /** Detections behind it, each once, in order of reference. */
  readonly detections: readonly DetectionEntry[];
}

/** Throws RuleError. */
export function compileCorrelation(
  document: CorrelationEntry,
  scope: CorrelationScope,
  chain: readonly string[] = [],
): CompiledCorrelation {
  const { correlation } = document.content;
  const fail = (path: readonly PropertyKey[], sentence: string): Error =>
    document.source.errorAt(['correlation', ...path], sentence);
  const names = [...chain, labelOf(document)];
  const members = correlation.rules.map((reference, index) => {
    const found = scope.find(reference);
    if (names.includes(labelOf(found)))
      throw fail(
        ['rules', index],
        `a correlation cannot contain itself: ${[...names, labelOf(found)].join(' → ')}`,
      );
    return found;
  });
  if (names.length > MAX_CHAIN)
    throw fail(['rules'], `correlations may nest ${MAX_CHAIN} deep: ${names.join(' → ')}`);
  if (correlation.aliases !== undefined) throw fail(['aliases'], 'aliases are not supported');
  const groupBy = (correlation['group-by'] ?? []).map((name, index) =>
    resolveField(name, (sentence) => fail(['group-by', index], sentence)),
  );
  if (new Set(groupBy).size < groupBy.length)
    throw fail(['group-by'], `a field stands once: current value is ${showValue(groupBy)}`);
  const windowMs = parseTimespan(correlation.timespan, (sentence) => fail(['timespan'], sentence));

  const type = correlation.type;
  switch (type) {
    case 'event_count':
    case 'value_count': {
      const detections = unique(
        members.map((member, index) => {
          if (member.kind === 'correlation')
            throw fail(
              ['rules', index],
              `${type} counts detections, not correlations: current value is "${labelOf(member)}"`,
            );
          return member;
        }),
      );
      const measure = compileThreshold(document, type, fail);
      const filter = join('any', detections.map(scope.filterOf));
      return { query: { filter, groupBy, windowMs, measure }, detections };
    }
    case 'temporal_ordered': {
      if (members.length < 2 || members.length > MAX_STEPS)
        throw fail(
          ['rules'],
          `temporal_ordered takes 2 to ${MAX_STEPS} rules: current value has ${members.length}`,
        );
      const condition = correlation.condition;
      if (condition !== undefined && condition.gte !== members.length)
        throw fail(
          ['condition'],
          `temporal_ordered wants all of its rules: leave the condition out or write gte: ${members.length}`,
        );
      const parts = members.map((member, index) => {
        const inner =
          member.kind === 'correlation' ? compileCorrelation(member, scope, names) : undefined;
        checkMember(member, inner, { groupBy, windowMs }, (sentence) =>
          fail(['rules', index], sentence),
        );
        return compileStep(member, inner, scope);
      });
      const steps = parts.map((part) => part.step);
      return {
        query: {
          filter: join(
            'any',
            steps.map((step) => step.filter),
          ),
          groupBy,
          windowMs,
          measure: { kind: 'sequence', steps },
        },
        detections: unique(parts.flatMap((part) => part.detections)),
      };
    }
    case 'temporal':
      throw fail(['type'], 'correlation type "temporal" is not supported: use temporal_ordered');
    default:
      return type satisfies never;
  }
}

/** How messages and chains call a document. */
export function labelOf(document: RuleDocument): string {
  return document.content.name ?? document.content.id ?? document.content.title;
}

/** Milliseconds of a Sigma timespan. */
export function parseTimespan(text: string, fail: (sentence: string) => Error): number {
  const windowMs = /^\d{1,9}[smhd]$/.test(text) ? parseDuration(text) : undefined;
  if (windowMs === undefined)
    throw fail(
      `timespan must be written as 30s, 5m, 2h or 1d: current value is ${showValue(text)}`,
    );
  if (windowMs < MIN_WINDOW_MS)
    throw fail(
      `timespan must be at least ${formatDuration(MIN_WINDOW_MS)}: current value is ${text}`,
    );
  if (windowMs > MAX_WINDOW_MS)
    throw fail(
      `timespan must be at most ${formatDuration(MAX_WINDOW_MS)}: current value is ${text}`,
    );
  return windowMs;
}

type FailAt = (path: readonly PropertyKey[], sentence: string) => Error;

function compileThreshold(
  document: CorrelationEntry,
  type: 'event_count' | 'value_count',
  fail: FailAt,
): Measure {
  const { condition } = document.content.correlation;
  if (condition === undefined)
    throw fail(['condition'], `${type} needs a condition such as gte: 5: current value is nothing`);
  for (const operator of ['lt', 'lte', 'eq', 'neq'] as const)
    if (condition[operator] !== undefined)
      throw fail(
        ['condition', operator],
        `only gte and gt can be counted exactly as events arrive: current value is ${operator}`,
      );
  if (condition.gte !== undefined && condition.gt !== undefined)
    throw fail(['condition'], 'write gte or gt, not both');
  const operator = condition.gt === undefined ? 'gte' : 'gt';
  const value = condition[operator];
  const least = operator === 'gte' ? 1 : 0;
  if (value === undefined || !Number.isInteger(value) || value < least || value > MAX_AT_LEAST)
    throw fail(
      ['condition', operator],
      `${operator} must be a whole number from ${least} to ${MAX_AT_LEAST}: current value is ${showValue(value)}`,
    );
  const atLeast = operator === 'gte' ? value : value + 1;
  if (type === 'event_count') {
    if (condition.field !== undefined)
      throw fail(['condition', 'field'], 'event_count takes no field: use value_count');
    return { kind: 'count', atLeast };
  }
  if (condition.field === undefined)
    throw fail(
      ['condition'],
      'value_count needs a field in its condition: current value is nothing',
    );
  const [name = '', ...modifiers] = condition.field.split('|');
  const field = resolveField(name, (sentence) => fail(['condition', 'field'], sentence));
  if (modifiers.length === 0) return { kind: 'distinct', field, atLeast };
  if (modifiers.join() !== 'network' || !ADDRESS_FIELDS.includes(field))
    throw fail(
      ['condition', 'field'],
      `only "network" of an address may follow a field here: current value is ${showValue(condition.field)}`,
    );
  return { kind: 'distinct', field, atLeast, by: 'network' };
}

function checkMember(
  member: RuleDocument,
  inner: CompiledCorrelation | undefined,
  outer: Pick<Query, 'groupBy' | 'windowMs'>,
  fail: (sentence: string) => Error,
): void {
  if (inner === undefined) return;
  const label = labelOf(member);
  if (inner.query.measure.kind !== 'count')
    throw fail(`a step is a detection or an event_count: current value is "${label}"`);
  if (inner.query.groupBy.join() !== outer.groupBy.join())
    throw fail(
      `"${label}" must have the same group-by: current value is ${showValue(inner.query.groupBy)}`,
    );
  if (inner.query.windowMs !== outer.windowMs)
    throw fail(
      `"${label}" must have the same timespan, ${formatDuration(outer.windowMs)}: current value is ${formatDuration(inner.query.windowMs)}`,
    );
}

function compileStep(
  member: RuleDocument,
  inner: CompiledCorrelation | undefined,
  scope: CorrelationScope,
): { readonly step: SequenceStep; readonly detections: readonly DetectionEntry[] } {
  if (member.kind === 'detection')
    return {
      step: { name: labelOf(member), filter: scope.filterOf(member), atLeast: 1 },
      detections: [member],
    };
  const { query, detections } = inner as CompiledCorrelation;
  const atLeast = query.measure.kind === 'count' ? query.measure.atLeast : 1;
  return { step: { name: labelOf(member), filter: query.filter, atLeast }, detections };
}

function unique<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)];
}
