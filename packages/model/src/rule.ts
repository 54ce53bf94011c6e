/** The part of a rule file that Sigma lacks (key `mini-soc`), and what GET /rules says of a rule. */
import { z } from 'zod';
import { responseActionSchema, severitySchema } from './alert.ts';
import { durationSchema } from './duration.ts';

export const RULE_EXTENSION_KEY = 'mini-soc';

/** One step of a rule's test: an event, repeated. Durations are milliseconds once parsed. */
export const ruleTestStepSchema = z.strictObject({
  /** Name of the detection whose fields the event takes; the first detection of the rule when absent. */
  of: z.string().min(1).optional(),
  repeat: z.int().min(1).max(100_000).optional(),
  /** Time between repeats; 1s when absent. */
  every: durationSchema.optional(),
  /** Time of the first event after the test's start. */
  at: durationSchema.optional(),
  /** Time of the first event after the last event of the step before; 1s when absent. */
  after: durationSchema.optional(),
  /** Fields over those of the detection; null takes one away, {n} in a text is the number of the repeat. */
  event: z.record(z.string(), z.unknown()).optional(),
});

export const ruleTestSchema = z.strictObject({
  name: z.string().min(1),
  /** Events to evaluate: each step repeats an event, `every` apart, starting `at` after the test's start. */
  given: z.union([z.array(ruleTestStepSchema).min(1).max(200), ruleTestStepSchema]),
  /** Alerts wanted, by first event: the fields named must be equal; an empty list wants silence. */
  expect: z.array(z.record(z.string(), z.unknown())),
});

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const timeOfDay = () =>
  z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'Expected a time of day such as 07:30');

export const ruleClockSchema = z.strictObject({
  /** Name of a time zone, such as Europe/Berlin; UTC when absent. */
  zone: z.string().min(1).max(64).optional(),
  /** All days when absent; over midnight the day on which the time begins. */
  days: z.array(z.enum(WEEKDAYS)).min(1).max(7).optional(),
  from: timeOfDay(),
  to: timeOfDay(),
  /** Everything else instead: `true` with working hours is outside of them. */
  outside: z.boolean().optional(),
});

export const ruleExtensionSchema = z.strictObject({
  /** Entity of a rule that is a plain detection; a correlation says it itself. */
  'group-by': z.array(z.string().min(1)).max(8).optional(),
  severity: z
    .array(z.strictObject({ gte: z.int().min(1), level: severitySchema }))
    .max(8)
    .optional(),
  /** `member`: an alert takes the highest level among the detections of the file that matched. */
  'severity-by': z.enum(['count', 'member']).optional(),
  suppress: durationSchema.optional(),
  response: responseActionSchema.optional(),
  spoofable: z.boolean().optional(),
  /** What a block needs besides the threshold: so many events of the episode, and such a share of them, that a detection of the file matches. */
  proof: z
    .strictObject({
      rule: z.string().min(1),
      gte: z.int().min(1).max(1_000_000),
      share: z.number().min(0).max(1).default(0),
    })
    .optional(),
  /** Only events of this time of day and week count: `{ zone: Europe/Berlin, days: [mon], from: '22:00', to: '06:00' }`. */
  when: ruleClockSchema.optional(),
  /** Fires only the first time these fields have these values together, after a time in which it learns. */
  'first-seen': z
    .strictObject({ fields: z.array(z.string().min(1)).min(1).max(8), learn: durationSchema })
    .optional(),
  /** Does not fire where the threshold is reached within this shorter time as well: that is another rule's. */
  'not-within': durationSchema.optional(),
  /** Does not fire where, before it, an event of that detection had the same values of these fields. */
  unless: z
    .strictObject({
      rule: z.string().min(1),
      same: z.array(z.string().min(1)).min(1).max(8),
      within: durationSchema,
      /** So many of them; one when absent. */
      gte: z.int().min(1).max(1000).optional(),
      /** Nothing is told before events of the detection go back so far: nobody can know. */
      learn: durationSchema.optional(),
      /** Alerts of this severity and more are raised all the same. */
      below: severitySchema.optional(),
      /** What reaches the threshold in less time is told all the same: no person is so fast. */
      'slower-than': durationSchema.optional(),
    })
    .optional(),
  /** Fires only far above what the entity's own windows of that time usually hold. */
  baseline: z
    .strictObject({ learn: durationSchema, factor: z.number().min(1).max(1000).optional() })
    .optional(),
  /** Sentence with {placeholders}: entity fields, count, peak, span, usernames, hostnames, commands, members. */
  summary: z.string().max(500).optional(),
  enabled: z.boolean().optional(),
  tests: z.array(ruleTestSchema).max(500).optional(),
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
  /** Why no event can ever make it fire, such as a log source we read no logs of. */
  cannot_fire: z.string().optional(),
  /** Why its file is not in force: then nothing else of it is known. */
  skipped: z.string().optional(),
  last_evaluated_at: z.string().optional(),
  last_error: z.string().optional(),
  /** Up to when everything that had arrived was evaluated, and where the rule was blind. */
  coverage: z
    .object({
      since: z.string(),
      evaluated_through: z.string(),
      gaps: z.array(
        z.object({
          from: z.string(),
          to: z.string().optional(),
          reason: z.string(),
          filled_at: z.string().optional(),
        }),
      ),
    })
    .optional(),
});
export type RuleSummary = Readonly<z.infer<typeof ruleSummarySchema>>;
