/** What a person did, handed to response by the service where it was done: only response writes the trail. */
import { z } from 'zod';
import { ALERT_STATUSES } from './alert.ts';

const by = {
  /** Name of the token. */
  by: z.string().min(1).max(64),
  /** From where; `local` over the socket of the owner. */
  address: z.string().min(1).max(64),
  /** The service that was asked. */
  via: z.string().max(64).optional(),
  at: z.iso.datetime({ offset: true }),
};

export const actSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('signed_in'), ...by }),
  z.strictObject({
    kind: z.literal('alert_changed'),
    ...by,
    alert_id: z.string().min(1).max(128),
    status: z.enum(ALERT_STATUSES),
  }),
]);
export type Act = Readonly<z.infer<typeof actSchema>>;
