/**
 * A decision: what to do about an address and until when. It outlives the process that made it.
 *
 * `deferred` is no answer yet: the alert asks for a block and its address may be blocked, only there is no
 * room at present (the limit of new blocks a minute, or of blocks in force), or somebody is logged in by
 * ssh from the address. It is not remembered and not
 * in the audit trail. Whoever asked keeps the alert pending, with the reason, and asks again at `retry_at`
 * or later, as often as it takes: in the end there is room, or the alert is too old to block and is
 * `refused`. Asking earlier does no harm.
 */
import { z } from 'zod';
import { responseActionSchema, severitySchema } from './alert.ts';

const instant = () => z.iso.datetime({ offset: true });

export const decisionSchema = z.object({
  decision_id: z.string().min(1),
  alert_id: z.string().min(1),
  action: responseActionSchema,
  /** `refused` keeps why a block was not allowed. */
  outcome: z.enum(['ignored', 'ticketed', 'blocked', 'refused', 'deferred']),
  source_ip: z.string().optional(),
  rule_name: z.string(),
  severity: severitySchema,
  /** How weak the proof was: an alert that has a better one since is decided about anew. Absent where nobody asks. */
  proof: z.enum(['unproven', 'unconfirmed']).optional(),
  reason: z.string(),
  since: instant(),
  until: instant().optional(),
  /** When to ask again: with `deferred`, and only then. */
  retry_at: instant().optional(),
  simulated: z.boolean(),
});
export type Decision = Readonly<z.infer<typeof decisionSchema>>;
