/** The allow list that people keep at run time, beside the one in the settings. */
import { isInRange, parseIpRange, type IpAddress, type IpRange } from '@mini-soc/model';
import { errorBody, type HttpApp } from '@mini-soc/service-kit';
import { z } from 'zod';
import type { Ledger } from '../ledger.ts';
import { refusedAllowRange } from '../may-block.ts';
import type { Responder } from '../respond.ts';

export interface AllowlistRoutesOptions {
  readonly ledger: Ledger;
  readonly responder: Responder;
  /** From the settings: shown, cannot be removed here. */
  readonly fixed: readonly IpRange[];
  readonly now: () => Date;
}

const rangeBody = z.strictObject({ range: z.string().max(64) });

export async function allowlistRoutes(
  app: HttpApp,
  options: AllowlistRoutesOptions,
): Promise<void> {
  const invalid = (text: string) =>
    errorBody('RANGE_INVALID', `Expected an address or CIDR range: current value is "${text}"`);
  app.get('/allowlist', async () => ({
    settings: options.fixed.map((range) => range.text),
    added: options.ledger.allowed().map((range) => range.text),
  }));
  app.post('/allowlist', { schema: { body: rangeBody } }, async (request, reply) => {
    const range = parseIpRange(request.body.range);
    if (range === undefined) return reply.code(400).send(invalid(request.body.range));
    const refused = refusedAllowRange(range);
    if (refused !== undefined) return reply.code(400).send(errorBody('RANGE_TOO_WIDE', refused));
    await options.ledger.allow(range);
    const lifted: string[] = [];
    for (const decision of options.ledger.inForce(options.now())) {
      const address = decision.source_ip as IpAddress | undefined;
      if (
        address !== undefined &&
        isInRange(address, range) &&
        (await options.responder.unblock(address, `${range.text} was put on the allow list`))
      )
        lifted.push(address);
    }
    return { range: range.text, lifted };
  });
  app.delete('/allowlist', { schema: { body: rangeBody } }, async (request, reply) => {
    const range = parseIpRange(request.body.range);
    if (range === undefined) return reply.code(400).send(invalid(request.body.range));
    const wasThere = await options.ledger.disallow(range);
    return wasThere
      ? { range: range.text, removed: true }
      : reply
          .code(404)
          .send(errorBody('RANGE_UNKNOWN', `${range.text} is not on the list that was added here`));
  });
}
