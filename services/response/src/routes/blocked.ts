/** GET /blocked, DELETE /blocked, DELETE /blocked/:ip, GET /audit */
import { parseIpAddress } from '@mini-soc/model';
import { askerOf, errorBody, type HttpApp } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';
import type { StandingBlock } from '../ledger/block-table.ts';
import type { ActiveResponse } from '../active-response.ts';

export interface BlockedRoutesOptions {
  /** What acts; throws while another process does. */
  readonly active: () => Pick<ActiveResponse, 'ledger' | 'responder'>;
  readonly store: Pick<Store, 'listBlocks'>;
  readonly now: () => Date;
}

/** An end that differs by less is shown as it was decided. */
const TOLERANCE_MS = 2000;

const sizeQuery = z.strictObject({ size: z.coerce.number().int().min(1).max(1000).default(100) });
const addressParameter = z.strictObject({ ip: z.string().max(64) });
/** Withdraws only this decision; the address stays blocked while another one is in force. */
const decisionQuery = z.strictObject({ decision_id: z.string().min(1).max(64).optional() });

export async function blockedRoutes(app: HttpApp, options: BlockedRoutesOptions): Promise<void> {
  app.get('/blocked', { schema: { querystring: sizeQuery } }, async (request) =>
    options
      .active()
      .ledger.blocks.inForce()
      .slice(0, request.query.size)
      .map((block) => view(block, options.now().getTime())),
  );
  app.delete('/blocked', async (request) => {
    const lifted = await options
      .active()
      .responder.unblockAll('A person lifted all blocks', askerOf(request));
    request.log.warn(
      { lifted, by: askerOf(request).name, address: askerOf(request).address },
      'All blocks were lifted',
    );
    return { unblocked: lifted };
  });
  app.delete(
    '/blocked/:ip',
    { schema: { params: addressParameter, querystring: decisionQuery } },
    async (request, reply) => {
      const address = parseIpAddress(request.params.ip);
      if (address === undefined)
        return reply
          .code(400)
          .send(
            errorBody(
              'ADDRESS_INVALID',
              `Expected an address: current value is ${JSON.stringify(request.params.ip)}`,
            ),
          );
      const outcome = await options
        .active()
        .responder.unblock(
          address,
          'A person asked for it',
          request.query.decision_id,
          askerOf(request),
        );
      if (outcome === 'absent')
        return reply
          .code(404)
          .send(
            errorBody(
              'NOT_BLOCKED',
              request.query.decision_id === undefined
                ? `${address} is not blocked`
                : `${address} is not blocked by this decision`,
            ),
          );
      return { source_ip: address, unblocked: outcome === 'lifted' };
    },
  );
  app.get('/audit', { schema: { querystring: sizeQuery } }, async (request) =>
    options.store.listBlocks(request.query.size),
  );
}

/** Ends are told on the wall clock as it is now: it may have been set since the decision. */
function view(block: StandingBlock, nowMs: number): Readonly<Record<string, unknown>> {
  const { action: _action, outcome: _outcome, ...decision } = block.decision;
  const endOf = (until: string | undefined, msLeft: number): string | undefined =>
    until === undefined || Math.abs(Date.parse(until) - nowMs - msLeft) < TOLERANCE_MS
      ? until
      : new Date(nowMs + msLeft).toISOString();
  return {
    ...decision,
    until: endOf(decision.until, block.msLeft),
    source_ip: block.address,
    since: block.since,
    seconds_left: Math.ceil(block.msLeft / 1000),
    decisions: block.decisions.map(({ decision_id, alert_id, rule_name, until }, index) => ({
      decision_id,
      alert_id,
      rule_name,
      until: endOf(until, block.msLeftOfEach[index] ?? 0),
    })),
  };
}
