/** An alert: a rule's yes for one entity in one episode. */
import { z } from 'zod';
import { EVENT_FLAGS } from './event-flags.ts';
import { describeFields, field } from './field.ts';
import { LIMITS } from './limits.ts';
import { compareProof, PROOFS } from './trust.ts';

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

/** Negative when `a` is milder than `b`. */
export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}

export const RESPONSE_ACTIONS = ['ignore', 'ticket', 'block'] as const;
export const responseActionSchema = z.enum(RESPONSE_ACTIONS);
export type ResponseAction = z.infer<typeof responseActionSchema>;

export const ALERT_STATUSES = ['open', 'acknowledged', 'closed'] as const;
const instant = () => z.iso.datetime({ offset: true });

/** A lane of the outbox, one way out for alerts. */
export const laneNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);

/** How far the alert's dispatch to the response service has come; `pending` is the outbox (waiting.ts). */
export const alertResponseSchema = z.object({
  state: z.enum(['pending', 'done', 'refused']),
  action: responseActionSchema.optional(),
  /** Why, in one plain sentence. */
  reason: z.string().max(500).optional(),
  decided_at: instant().optional(),
  /** Severity that was last dispatched: a climb is dispatched again. */
  dispatched_severity: severitySchema.optional(),
});

export const evidenceSchema = z.object({
  event_id: z.string(),
  '@timestamp': instant(),
  message: z.string(),
});

/** Fields of enrichment, as the enricher answers them. */
export const enrichmentSchema = z.object({
  mitre_techniques: z.array(z.string()),
  mitre_tactics: z.array(z.string()),
  mitre_urls: z.array(z.string()),
  threat_confidence: z.number().min(0).max(1),
  threat_summary: z.string(),
});
export type Enrichment = Readonly<z.infer<typeof enrichmentSchema>>;

export const alertDetailsSchema = enrichmentSchema.partial().extend({
  /** What happened, in one plain sentence. */
  summary: z.string(),
  window_seconds: z.number(),
  threshold: z.number(),
  /** Largest number the rule measured inside one window. */
  peak_count: z.number(),
  /** A sample of the evidence, oldest first, at most 20. */
  evidence: z.array(evidenceSchema).max(LIMITS.evidence_events.value),
  /** Severity steps, oldest first. */
  history: z
    .array(z.object({ at: instant(), severity: severitySchema, event_count: z.number() }))
    .max(LIMITS.alert_history.value),
  usernames: z.array(z.string()).max(LIMITS.names_listed.value).optional(),
  hostnames: z.array(z.string()).max(LIMITS.names_listed.value).optional(),
  commands: z.array(z.string()).max(LIMITS.names_listed.value).optional(),
  /** Addresses behind the events, where there are several. */
  source_ips: z.array(z.string()).max(LIMITS.names_listed.value).optional(),
  /** Where source_ip comes from when the events do not carry it. */
  source_ip_origin: z.string().optional(),
  rule_tags: z.array(z.string()),
  /** False when the evidence could have been forged by a third party: such an alert never blocks. */
  spoofable: z.boolean(),
  /** The strongest answer that the rule and its evidence allow. */
  allowed_action: responseActionSchema,
  /** Events that nothing speaks against, a line that stands for n counting n within bounds; see trust.ts. */
  proven_events: z.number().optional(),
  /** Whether they are enough for a block, where the rule answers with one; absent where the rule's own wishes are not met. */
  proof: z.enum(PROOFS).optional(),
  /** Flags that took something away from it. */
  unproven_because: z.array(z.enum(EVENT_FLAGS)).max(EVENT_FLAGS.length).optional(),
  /** Names of rules that fired for the same entity afterwards. */
  followed_by: z.array(z.string()).max(10).optional(),
  /** Id of the alert that took this one in, when late events showed that both are one episode. */
  merged_into: z.string().optional(),
});

export const alertSchema = z.object({
  '@timestamp': field(instant(), {
    description: 'When the alert was created, UTC',
    type: 'date',
  }),
  alert_id: field(z.string().min(1).max(128), {
    description: 'Derived from rule, entity and start of the episode',
    type: 'keyword',
  }),
  rule_id: field(z.string(), {
    description: 'Id of the rule: its file name',
    type: 'keyword',
    ecs: 'rule.id',
  }),
  rule_name: field(z.string(), {
    description: 'Name of the rule',
    type: 'keyword',
    ecs: 'rule.name',
  }),
  entity: field(z.record(z.string(), z.string()), {
    description: 'Whom it is about: field and value of each group-by field',
    type: 'object',
  }),
  source_ip: field(z.string().optional(), {
    description: 'Address of the attacker; absent when unknown',
    type: 'ip',
    ecs: 'source.ip',
  }),
  username: field(z.string().optional(), {
    description: 'User, when all evidence names one',
    type: 'keyword',
    ecs: 'user.name',
  }),
  hostname: field(z.string().optional(), {
    description: 'Host, when all evidence names one',
    type: 'keyword',
    ecs: 'host.name',
  }),
  severity: field(severitySchema, {
    description: 'low, medium, high or critical; only climbs',
    type: 'keyword',
  }),
  risk_score: field(z.number().min(0).max(100), {
    description: '0 to 100, from severity, count, breadth and what followed',
    type: 'float',
    ecs: 'event.risk_score',
  }),
  event_count: field(z.int().min(1), { description: 'Events of the episode', type: 'long' }),
  first_seen: field(instant(), {
    description: 'Time of the first event of the episode',
    type: 'date',
  }),
  last_seen: field(instant(), {
    description: 'Time of the last event of the episode',
    type: 'date',
  }),
  updated_at: field(instant(), { description: 'When the alert last changed', type: 'date' }),
  status: field(z.enum(ALERT_STATUSES), {
    description: 'open, acknowledged or closed',
    type: 'keyword',
  }),
  self_test: field(z.boolean().optional(), {
    description: 'True when the product made it itself to try its own stages; no attack',
    type: 'boolean',
  }),
  late: field(z.boolean(), {
    description: 'True when it was found later than the lateness allowed',
    type: 'boolean',
  }),
  about_product: field(z.boolean().optional(), {
    description: 'True when the product raised it about itself: a limit, a broken stage; no attack',
    type: 'boolean',
  }),
  waits_for: field(z.array(laneNameSchema).max(LIMITS.alert_lanes.value).optional(), {
    description:
      'Lanes of the outbox that have not acknowledged it; absent in alerts of earlier versions',
    type: 'keyword',
  }),
  enriched: field(z.boolean(), {
    description: 'True once enrichment was added, or when nothing is to be added',
    type: 'boolean',
  }),
  response: field(alertResponseSchema, {
    description: 'state (pending, done, refused), action and why',
    type: 'object',
  }),
  details: field(alertDetailsSchema, {
    description: 'Rule context, evidence sample, enrichment',
    type: 'object',
  }),
});

export type Alert = Readonly<z.infer<typeof alertSchema>>;
export const ALERT_FIELDS = describeFields(alertSchema);

/** Whether an answer to the alert as it was can be different now: it is more severe, or better proven. */
export function hasClimbed(
  now: Pick<Alert, 'severity' | 'details'>,
  before: Pick<Alert, 'severity' | 'details'>,
): boolean {
  return (
    compareSeverity(now.severity, before.severity) > 0 ||
    (now.details.proof !== undefined && compareProof(now.details.proof, before.details.proof) > 0)
  );
}
