/** GET /viz: the page of the graph; GET /viz/graph: what it shows. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import { LIMITS, type LimitListener } from '@mini-soc/model';
import { errorBody, type HttpApp } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';
import { buildGraph, graphSchema, type Graph } from '../build-graph.ts';

export interface VizOptions {
  readonly store: Pick<Store, 'searchAlerts'> | undefined;
  readonly webDirectory: string;
  readonly now: () => Date;
  readonly onLimit: LimitListener;
}

/** The page and its files need no token, what they show does. */
export const OPEN_VIZ_ROUTES = ['/viz', '/viz/*'];
/** Nothing but the page's own files may run or be loaded, and nobody may frame it. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;
const ALERTS = LIMITS.graph_alerts.value;
const HOUR_MS = 3_600_000;

export async function vizRoutes(app: HttpApp, options: VizOptions): Promise<void> {
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/viz')) reply.headers(PAGE_HEADERS);
  });
  app.get(
    '/viz/graph',
    {
      schema: {
        querystring: z.strictObject({
          /** Alerts of the last so many hours; 0 means all. */
          hours: z.coerce.number().int().min(0).max(8760).default(24),
        }),
        response: { 200: graphSchema },
      },
    },
    async (request): Promise<Graph> => {
      if (options.store === undefined) return buildGraph([], false);
      const toMs = options.now().getTime() + HOUR_MS;
      const fromMs = options.now().getTime() - request.query.hours * HOUR_MS;
      const found = await options.store.searchAlerts({
        size: ALERTS + 1,
        selfTest: false,
        ...(request.query.hours === 0 ? {} : { touching: { fromMs, toMs } }),
      });
      const graph = buildGraph(
        found.slice(0, ALERTS).map(({ alert }) => alert),
        found.length > ALERTS,
      );
      if (graph.left_out > 0) options.onLimit('graph_nodes', graph.left_out);
      return graph;
    },
  );
  if (options.webDirectory !== '')
    await app.register(fastifyStatic, {
      root: path.resolve(options.webDirectory),
      prefix: '/viz/',
      index: false,
      cacheControl: false,
    });
  // Looked at with each request: at the very first start the page is built while the pipeline runs already.
  const isBuilt = (): boolean =>
    options.webDirectory !== '' && existsSync(path.join(options.webDirectory, 'index.html'));
  app.get('/viz', async (_request, reply) =>
    isBuilt()
      ? reply.sendFile('index.html')
      : reply
          .code(503)
          .send(
            errorBody(
              'PAGE_NOT_BUILT',
              'The page of the graph is not built yet: try again, or run npm run build',
            ),
          ),
  );
}
