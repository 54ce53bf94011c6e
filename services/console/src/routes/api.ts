/** The page's API: what to show, and the few things a person can do. */
import { ALERT_STATUSES, alertSchema, parseIpAddress } from '@mini-soc/model';
import {
  askerOf,
  EVENT_STREAM_HEAD,
  errorBody,
  type Person,
  requestJson,
  ServiceCallError,
  type HttpApp,
} from '@mini-soc/service-kit';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { LiveFeed } from '../live-feed.ts';
import { sessionOf } from './session.ts';
import type { Sessions } from '../sessions.ts';
import { readOverview, type OverviewOptions } from '../read-overview.ts';

export interface ApiRoutesOptions extends OverviewOptions {
  readonly feed: LiveFeed;
  readonly sessions: Sessions;
}

const TIMEOUT_MS = 10_000;

export async function apiRoutes(app: HttpApp, options: ApiRoutesOptions): Promise<void> {
  const { urls, tokens } = options;
  /** In whose name the others are asked to change something. */
  const personOf = (request: FastifyRequest): Person => {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const token = bearer ?? sessionOf(request, options.sessions)?.token;
    return { address: askerOf(request).address, ...(token === undefined ? {} : { token }) };
  };
  app.get('/api/overview', async () => readOverview(options));
  app.get(
    '/api/alerts',
    {
      schema: {
        querystring: z.strictObject({ size: z.coerce.number().int().min(1).max(1000).default(50) }),
      },
    },
    async (request) =>
      requestJson(`${urls.detection}/alerts?size=${request.query.size}`, {
        token: tokens.detection,
        timeoutMs: TIMEOUT_MS,
        fetch: options.fetch,
        answer: z.array(alertSchema),
      }),
  );
  app.get('/api/rules', async () =>
    requestJson(`${urls.detection}/rules`, {
      token: tokens.detection,
      timeoutMs: TIMEOUT_MS,
      fetch: options.fetch,
      answer: z.array(z.unknown()),
    }),
  );
  app.get('/api/blocks', async () =>
    requestJson(`${urls.response}/blocked?size=1000`, {
      token: tokens.response,
      timeoutMs: TIMEOUT_MS,
      fetch: options.fetch,
      answer: z.array(z.unknown()),
    }),
  );
  app.patch(
    '/api/alerts/:id',
    {
      schema: {
        params: z.strictObject({ id: z.string().regex(/^[\w-]{1,128}$/) }),
        body: z.strictObject({ status: z.enum(ALERT_STATUSES) }),
      },
    },
    async (request) =>
      requestJson(`${urls.detection}/alerts/${encodeURIComponent(request.params.id)}`, {
        method: 'PATCH',
        body: request.body,
        token: tokens.detection,
        person: personOf(request),
        timeoutMs: TIMEOUT_MS,
        fetch: options.fetch,
        answer: z.unknown(),
      }),
  );
  app.delete(
    '/api/blocks/:ip',
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
      try {
        return await requestJson(`${urls.response}/blocked/${encodeURIComponent(address)}`, {
          method: 'DELETE',
          token: tokens.response,
          person: personOf(request),
          timeoutMs: TIMEOUT_MS,
          fetch: options.fetch,
          answer: z.unknown(),
        });
      } catch (error) {
        if (error instanceof ServiceCallError && error.statusCode === 404)
          return reply.code(404).send(errorBody('NOT_BLOCKED', `${address} is not blocked`));
        throw error;
      }
    },
  );
  app.get('/api/stream', async (_request, reply) => {
    reply.hijack();
    if (options.feed.add(reply.raw)) return;
    // A browser comes back after a stream that ended, but not after a refusal.
    reply.raw.writeHead(200, EVENT_STREAM_HEAD);
    reply.raw.end(': too many pages are open\n\n');
  });
}
