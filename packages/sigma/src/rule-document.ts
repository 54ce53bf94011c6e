/**
 * The shape of the documents in a rule file: Sigma 2.1 detections and correlations, our extension
 * under `mini-soc`. Sigma allows further keys at the top; the extension and the correlation do not,
 * so that a typing error cannot switch anything off in silence.
 */
import { ruleExtensionSchema, RULE_EXTENSION_KEY } from '@mini-soc/model';
import { z } from 'zod';
import { showValue } from './rule-error.ts';
import type { YamlDocument } from './parse-yaml.ts';

const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
const CORRELATION_TYPES = ['event_count', 'value_count', 'temporal', 'temporal_ordered'] as const;

const shared = {
  title: z.string().min(1).max(256),
  id: z.string().min(1).max(256).optional(),
  name: z
    .string()
    .regex(/^[\w.-]{1,128}$/, 'Expected letters, digits, ".", "_" and "-"')
    .optional(),
  description: z.string().max(65_535).optional(),
  level: z.enum(LEVELS).optional(),
  tags: z
    .array(
      z.string().regex(/^[a-z0-9_-]+\.[a-z0-9._-]+$/, 'Expected a tag such as attack.t1110.001'),
    )
    .max(200)
    .optional(),
  [RULE_EXTENSION_KEY]: ruleExtensionSchema.optional(),
};

const detectionDocumentSchema = z.looseObject({
  ...shared,
  logsource: z
    .looseObject({
      category: z.string().optional(),
      product: z.string().optional(),
      service: z.string().optional(),
    })
    .optional(),
  detection: z.looseObject({
    condition: z.union([z.string(), z.array(z.string()).min(1).max(50)]),
  }),
});

const threshold = () => z.number().optional();

const correlationDocumentSchema = z.looseObject({
  ...shared,
  generate: z.boolean().optional(),
  correlation: z.strictObject({
    type: z.enum(CORRELATION_TYPES),
    rules: z.array(z.string()).min(1).max(100),
    'group-by': z.array(z.string().min(1)).max(8).optional(),
    timespan: z.string(),
    aliases: z.unknown().optional(),
    condition: z
      .strictObject({
        field: z.string().optional(),
        gte: threshold(),
        gt: threshold(),
        lt: threshold(),
        lte: threshold(),
        eq: threshold(),
        neq: threshold(),
      })
      .optional(),
  }),
});

export type DetectionDocument = z.infer<typeof detectionDocumentSchema>;
export type CorrelationDocument = z.infer<typeof correlationDocumentSchema>;

export type RuleDocument =
  | {
      readonly kind: 'detection';
      readonly source: YamlDocument;
      readonly content: DetectionDocument;
    }
  | {
      readonly kind: 'correlation';
      readonly source: YamlDocument;
      readonly content: CorrelationDocument;
    };

/** Checks one document. Throws RuleError for the first fault. */
export function readRuleDocument(source: YamlDocument): RuleDocument {
  const { value } = source;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw source.errorAt(
      [],
      `expected a map with title and detection: current value is ${showValue(value)}`,
    );
  const isDetection = Object.hasOwn(value, 'detection');
  const isCorrelation = Object.hasOwn(value, 'correlation');
  if (isDetection === isCorrelation)
    throw source.errorAt(
      [],
      isDetection
        ? 'a document holds either detection or correlation: current value has both'
        : `expected detection or correlation: current value has ${Object.keys(value).slice(0, 10).join(', ')}`,
    );
  if (isDetection)
    return { kind: 'detection', source, content: check(detectionDocumentSchema, source) };
  return { kind: 'correlation', source, content: check(correlationDocumentSchema, source) };
}

function check<Schema extends z.ZodType>(schema: Schema, source: YamlDocument): z.infer<Schema> {
  const parsed = schema.safeParse(source.value);
  if (parsed.success) return parsed.data;
  const issue = deepestIssue(parsed.error.issues[0] as z.core.$ZodIssue);
  throw source.errorAt(issue.path, describe(issue, valueAt(source.value, issue.path)));
}

/** Of a union's alternatives, the fault of the one that got furthest. */
function deepestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  let deepest: z.core.$ZodIssue = issue;
  for (const inner of issue.errors.flat()) {
    const nested = deepestIssue({ ...inner, path: [...issue.path, ...inner.path] });
    if (nested.path.length > deepest.path.length) deepest = nested;
  }
  return deepest;
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  const present = `current value is ${showValue(value)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown key "${issue.keys[0] ?? ''}"`;
    case 'invalid_value':
      return `expected one of ${issue.values.map(String).join(', ')}: ${present}`;
    case 'invalid_type':
      return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}: ${present}`;
    case 'too_small':
      return `expected at least ${String(issue.minimum)}: ${present}`;
    case 'too_big':
      return `expected at most ${String(issue.maximum)}: ${present}`;
    case 'invalid_union':
      return `expected text or a list: ${present}`;
    default:
      return `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}: ${present}`;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let present = value;
  for (const key of path) {
    if (typeof present !== 'object' || present === null || !Object.hasOwn(present, key))
      return undefined;
    present = (present as Record<PropertyKey, unknown>)[key];
  }
  return present;
}
