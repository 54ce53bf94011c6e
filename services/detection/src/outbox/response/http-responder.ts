/** Response over HTTP. */
import { decisionSchema } from '@mini-soc/model';
import { requestJson } from '@mini-soc/service-kit';
import { z } from 'zod';
import type { ServiceAddress } from '../service-address.ts';
import type { Responder } from './response-lane.ts';

const TIMEOUT_MS = 5000;

export function createHttpResponder(address: ServiceAddress): Responder {
  return {
    // For whom else the alert waits is not its affair, and a response of before refuses what it does not know.
    respond: ({ waits_for: _lanes, ...alert }) =>
      requestJson(`${address.url}/respond`, {
        method: 'POST',
        body: alert,
        token: address.token,
        timeoutMs: TIMEOUT_MS,
        answer: decisionSchema,
        fetch: address.fetch,
      }),
    note: (act) =>
      requestJson(`${address.url}/acts`, {
        method: 'POST',
        body: act,
        token: address.token,
        timeoutMs: TIMEOUT_MS,
        answer: z.unknown(),
        fetch: address.fetch,
      }),
  };
}
