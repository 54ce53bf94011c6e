/** A decision: what to do about an address and until when. It outlives the process that made it. */
import { z } from 'zod';
import { responseActionSchema, severitySchema } from './alert.ts';

const instant = () => z.iso.datetime({ offset: true });

export const decisionSchema = z.object({
  decision_id: z.string().min(1),
  alert_id: z.string().min(1),
  action: responseActionSchema,
  /** `refused` keeps why a block was not allowed. */
  outcome: z.enum(['ignored', 'ticketed', 'blocked', 'refused']),
  source_ip: z.string().optional(),
  rule_name: z.string(),
  severity: severitySchema,
  reason: z.string(),
  since: instant(),
  until: instant().optional(),
  simulated: z.boolean(),
});
export type Decision = Readonly<z.infer<typeof decisionSchema>>;
