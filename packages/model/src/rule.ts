/** The part of a rule file that Sigma lacks (key `mini-soc`), and what GET /rules says of a rule. */
import { z } from 'zod';
import { responseActionSchema, severitySchema } from './alert.ts';
import { durationSchema } from './duration.ts';

export const RULE_EXTENSION_KEY = 'mini-soc';

export const ruleTestSchema = z.strictObject({
  name: z.string().min(1),
  /** Events to evaluate: each step repeats an event, `every` apart, starting `at` after the test's start. */
  given: z.union([z.array(z.unknown()), z.unknown()]),
  expect: z.array(z.record(z.string(), z.unknown())),
});

export const ruleExtensionSchema = z.strictObject({
  /** Name shown in alerts; the title when absent. */
  severity: z.array(z.strictObject({ gte: z.int().min(1), level: severitySchema })).optional(),
  suppress: durationSchema.optional(),
  response: responseActionSchema.optional(),
  spoofable: z.boolean().optional(),
  /** Sentence with {placeholders}: entity fields, count, seconds, usernames, hostnames, commands. */
  summary: z.string().optional(),
  tests: z.array(ruleTestSchema).optional(),
});

export const ruleSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  file: z.string(),
  level: severitySchema,
  tags: z.array(z.string()),
  window_seconds: z.number(),
  threshold: z.number(),
  group_by: z.array(z.string()),
  suppress_seconds: z.number(),
  response: responseActionSchema,
  enabled: z.boolean(),
  last_evaluated_at: z.string().optional(),
  last_error: z.string().optional(),
});
export type RuleSummary = Readonly<z.infer<typeof ruleSummarySchema>>;
