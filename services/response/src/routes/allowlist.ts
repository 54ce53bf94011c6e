/** The allow list that people keep at run time, beside the one in the settings. */
import { LIMITS, parseIpRange, type IpRange, type LimitListener } from '@mini-soc/model';
import { askerOf, errorBody, type HttpApp } from '@mini-soc/service-kit';
import { z } from 'zod';
import type { ActiveResponse } from '../active-response.ts';
import { toAllowAct } from '../respond/act-documents.ts';
import { refusedAllowRange } from '../decide/may-block.ts';

export interface AllowlistRoutesOptions {
  /** What acts; throws while another process does. */
  readonly active: () => Pick<ActiveResponse, 'ledger' | 'responder'>;
  /** From the settings: shown, cannot be removed here. */
  readonly fixed: readonly IpRange[];
  readonly onLimit: LimitListener;
  readonly now: () => Date;
}

const MAX_RANGES = LIMITS.allow_list_entries.value;
const rangeBody = z.strictObject({ range: z.string().max(64) });

export async function allowlistRoutes(
  app: HttpApp,
  options: AllowlistRoutesOptions,
): Promise<void> {
  const invalid = (text: string) =>
    errorBody(
      'RANGE_INVALID',
      `Expected an address or CIDR range without bits beyond its prefix: current value is ${JSON.stringify(text)}`,
    );
  app.get('/allowlist', async () => ({
    settings: options.fixed.map((range) => range.text),
    added: options
      .active()
      .ledger.allowed()
      .map((range) => range.text),
  }));
  app.post('/allowlist', { schema: { body: rangeBody } }, async (request, reply) => {
    const range = parseIpRange(request.body.range);
    if (range === undefined) return reply.code(400).send(invalid(request.body.range));
    const { ledger, responder } = options.active();
    const refused = refusedAllowRange(range);
    if (refused !== undefined) return reply.code(400).send(errorBody('RANGE_TOO_WIDE', refused));
    if (ledger.allowed().length >= MAX_RANGES) {
      options.onLimit('allow_list_entries');
      return reply
        .code(409)
        .send(errorBody('ALLOWLIST_FULL', `The allow list holds at most ${MAX_RANGES} ranges`));
    }
    const asker = askerOf(request);
    await ledger.allow(range, toAllowAct('allowed', range.text, asker, options.now()));
    request.log.info(
      { range: range.text, by: asker.name, address: asker.address },
      'Range was put on the allow list',
    );
    return { range: range.text, lifted: await responder.liftProtected() };
  });
  app.delete('/allowlist', { schema: { body: rangeBody } }, async (request, reply) => {
    const range = parseIpRange(request.body.range);
    if (range === undefined) return reply.code(400).send(invalid(request.body.range));
    const asker = askerOf(request);
    const act = toAllowAct('disallowed', range.text, asker, options.now());
    if (!(await options.active().ledger.disallow(range, act)))
      return reply
        .code(404)
        .send(errorBody('RANGE_UNKNOWN', `${range.text} is not on the list that was added here`));
    request.log.info(
      { range: range.text, by: asker.name, address: asker.address },
      'Range was taken off the allow list',
    );
    return { range: range.text, removed: true };
  });
}
