/** GET /blocked, DELETE /blocked/:ip, GET /audit */
import { parseIpAddress, type Decision } from '@mini-soc/model';
import { errorBody, type HttpApp } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';
import type { Ledger } from '../ledger.ts';
import type { Responder } from '../respond.ts';

export interface BlockedRoutesOptions {
  readonly ledger: Ledger;
  readonly responder: Responder;
  readonly store: Pick<Store, 'listBlocks'>;
  readonly now: () => Date;
}

const sizeQuery = z.strictObject({ size: z.coerce.number().int().min(1).max(1000).default(100) });

export async function blockedRoutes(app: HttpApp, options: BlockedRoutesOptions): Promise<void> {
  app.get('/blocked', { schema: { querystring: sizeQuery } }, async (request) => {
    const now = options.now();
    return options.ledger
      .inForce(now)
      .slice(0, request.query.size)
      .map((decision) => view(decision, now));
  });
  app.delete(
    '/blocked/:ip',
    { schema: { params: z.strictObject({ ip: z.string().max(64) }) } },
    async (request, reply) => {
      const address = parseIpAddress(request.params.ip);
      if (address === undefined)
        return reply
          .code(400)
          .send(
            errorBody(
              'ADDRESS_INVALID',
              `Expected an address: current value is "${request.params.ip}"`,
            ),
          );
      const wasBlocked = await options.responder.unblock(address, 'A person asked for it');
      if (!wasBlocked)
        return reply.code(404).send(errorBody('NOT_BLOCKED', `${address} is not blocked`));
      return { source_ip: address, unblocked: true };
    },
  );
  app.get('/audit', { schema: { querystring: sizeQuery } }, async (request) =>
    options.store.listBlocks(request.query.size),
  );
}

function view(decision: Decision, now: Date): Readonly<Record<string, unknown>> {
  const { decision_id: _id, action: _action, outcome: _outcome, ...rest } = decision;
  return {
    ...rest,
    seconds_left: Math.max(0, Math.ceil((Date.parse(decision.until ?? '') - now.getTime()) / 1000)),
  };
}
