/**
 * The enricher's graph under the console's own address and session: a person who is signed in here sees it
 * without giving the token again. The page and its files are public, what they show is not.
 */
import { LIMITS } from '@mini-soc/model';
import { errorBody, type Fetch, type HttpApp, readBody } from '@mini-soc/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

export interface GraphRoutesOptions {
  readonly urls: { readonly enricher: string };
  readonly tokens: { readonly enricher: string };
  readonly fetch?: Fetch;
}

export const OPEN_GRAPH_ROUTES = ['/viz', '/viz/:file', '/viz/assets/:file'];
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES = LIMITS.answer_bytes.value;
const TYPES =
  /^(?:text\/(?:html|css|javascript)|application\/javascript|image\/svg\+xml|application\/json)\b/;
const file = z.strictObject({ file: z.string().regex(/^[\w-]+\.(?:js|css|svg)$/) });

export async function graphRoutes(app: HttpApp, options: GraphRoutesOptions): Promise<void> {
  const forward = (path: string, reply: FastifyReply) => forwardTo(path, reply, options);
  app.get('/viz', async (_request, reply) => forward('/viz', reply));
  app.get('/viz/:file', { schema: { params: file } }, async (request, reply) =>
    forward(`/viz/${request.params.file}`, reply),
  );
  app.get('/viz/assets/:file', { schema: { params: file } }, async (request, reply) =>
    forward(`/viz/assets/${request.params.file}`, reply),
  );
  app.get(
    '/viz/graph',
    {
      schema: {
        querystring: z.strictObject({
          hours: z.coerce.number().int().min(0).max(8760).default(24),
        }),
      },
    },
    async (request, reply) => forward(`/viz/graph?hours=${request.query.hours}`, reply),
  );
}

async function forwardTo(
  path: string,
  reply: FastifyReply,
  options: GraphRoutesOptions,
): Promise<unknown> {
  try {
    const answer = await (options.fetch ?? fetch)(`${options.urls.enricher}${path}`, {
      headers:
        options.tokens.enricher === ''
          ? {}
          : { authorization: `Bearer ${options.tokens.enricher}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    });
    const type = answer.headers.get('content-type') ?? '';
    const body = await readBody(answer, ANSWER_BYTES);
    if (TYPES.test(type)) return await reply.code(answer.status).type(type).send(body);
  } catch (err) {
    reply.log.warn({ err, path }, 'The graph could not be read from the enricher');
  }
  return reply
    .code(502)
    .send(errorBody('ENRICHER_AWAY', 'The enricher does not answer: try again'));
}
