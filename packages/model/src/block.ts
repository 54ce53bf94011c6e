/** The audit trail of blocks: append-only, one document for each block, unblock and expiry. */
import { z } from 'zod';
import { severitySchema } from './alert.ts';
import { describeFields, field } from './field.ts';

const instant = () => z.iso.datetime({ offset: true });

export const blockSchema = z.object({
  '@timestamp': field(instant(), {
    description: 'When the block was issued, UTC',
    type: 'date',
  }),
  block_id: field(z.string().min(1), {
    description: 'Id of this audit document',
    type: 'keyword',
  }),
  kind: field(
    z.enum([
      'blocked',
      'extended',
      'unblocked',
      'expired',
      'refused',
      'ticketed',
      'damaged',
      'allowed',
      'disallowed',
      'breaker_closed',
      'signed_in',
      'alert_changed',
    ]),
    {
      description: 'What was done',
      type: 'keyword',
    },
  ),
  alert_id: field(z.string().optional(), {
    description: 'Alert that asked for it',
    type: 'keyword',
  }),
  source_ip: field(z.string().optional(), {
    description: 'Blocked address',
    type: 'ip',
    ecs: 'source.ip',
  }),
  rule_name: field(z.string().optional(), {
    description: 'Rule that triggered the block',
    type: 'keyword',
    ecs: 'rule.name',
  }),
  severity: field(severitySchema.optional(), {
    description: 'Severity of the alert at that time',
    type: 'keyword',
  }),
  action_taken: field(z.string(), {
    description: '[SIMULATED] or [ENFORCED] and what was run',
    type: 'text',
  }),
  block_duration_seconds: field(z.int().min(0).optional(), {
    description: 'Duration of the block, seconds',
    type: 'long',
  }),
  expires_at: field(instant().optional(), {
    description: 'When the block ends, UTC',
    type: 'date',
  }),
  details: field(z.record(z.string(), z.unknown()), {
    description: "Copy of the alert's details",
    type: 'object',
  }),
});
export type Block = Readonly<z.infer<typeof blockSchema>>;
export const BLOCK_FIELDS = describeFields(blockSchema);
