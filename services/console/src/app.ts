/** The console: one live page and the API behind it. */
import fastifyStatic from '@fastify/static';
import { messageOf } from '@mini-soc/model';
import {
  createDoor,
  createHttpApp,
  createLimitCounter,
  Registry,
  requestJson,
  type Fetch,
  type HttpApp,
  type HttpFace,
  type Logger,
} from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';
import { createLiveFeed } from './live-feed.ts';
import { readOverview, type ServiceTokens, type ServiceUrls } from './read-overview.ts';
import { apiRoutes } from './routes/api.ts';
import { graphRoutes, OPEN_GRAPH_ROUTES } from './routes/graph.ts';
import { sessionOf, sessionRoutes } from './routes/session.ts';
import { createSessions } from './sessions.ts';

export interface ConsoleOptions {
  readonly urls: ServiceUrls;
  /** Of people who may do everything; none when empty. */
  readonly token: string;
  /** What the console shows to the others for itself; `token` where one lacks. */
  readonly callTokens?: Partial<ServiceTokens>;
  readonly store: Pick<Store, 'name' | 'countEvents' | 'countEventsOverTime'>;
  /** Parts that only the host knows, each with its state in plain words. */
  readonly parts?: () => Readonly<Record<string, string>>;
  /** The built page. */
  readonly webDirectory: string;
  readonly now: () => Date;
  /** Another transport than the network, for services in this process. */
  readonly fetch?: Fetch;
  readonly logger: Logger;
  readonly version: string;
  /** Names and certificate of our own app, as a process of its own. */
  readonly http?: HttpFace;
}

export interface ConsoleService {
  readonly app: HttpApp;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const NOTE_TIMEOUT_MS = 5000;
/** Nothing but our own files may run or be loaded, and nobody may frame the page. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
} as const;

export async function buildConsole(options: ConsoleOptions): Promise<ConsoleService> {
  const registry = new Registry();
  const onLimit = createLimitCounter(registry, ['console']);
  const door = createDoor({
    ...options.http?.door,
    token: options.token,
    registry,
    logger: options.logger,
  });
  const sessions = createSessions(options.now, onLimit);
  const { token, callTokens } = options;
  const tokens = { detection: token, enricher: token, response: token, ...callTokens };
  const asked = { ...options, tokens };
  const read = () => readOverview(asked);
  const feed = createLiveFeed(
    read,
    (err) => options.logger.warn({ err }, 'Overview could not be read'),
    onLimit,
  );
  const app = await createHttpApp({
    ...options.http,
    name: 'console',
    version: options.version,
    logger: options.logger,
    token: options.token,
    entrance: door,
    registry,
    ready: async () => ({ ready: true, parts: { viewers: `${feed.size()} pages are open` } }),
    // The page's own files, which are served where no other route answers.
    openRoutes: ['/*', '/api/session', ...OPEN_GRAPH_ROUTES],
    authorize: (request) => sessionOf(request, sessions)?.holder,
  });
  app.addHook('onSend', async (request, reply) => {
    if (!request.url.startsWith('/docs')) reply.headers(PAGE_HEADERS);
  });
  await app.register(fastifyStatic, {
    root: options.webDirectory,
    index: ['index.html'],
    cacheControl: false,
  });
  await sessionRoutes(app, {
    sessions,
    door,
    onSignIn: ({ name, address }) => {
      options.logger.info({ by: name, address }, 'Somebody signed in');
      const at = options.now().toISOString();
      requestJson(`${options.urls.response}/acts`, {
        method: 'POST',
        body: { kind: 'signed_in', by: name, address, at },
        token: tokens.response,
        timeoutMs: NOTE_TIMEOUT_MS,
        fetch: options.fetch,
        answer: z.unknown(),
      }).catch((error: unknown) =>
        options.logger.warn({ reason: messageOf(error) }, 'The trail lacks who signed in'),
      );
    },
  });
  await graphRoutes(app, asked);
  await apiRoutes(app, { ...asked, feed, sessions });
  return {
    app,
    start: async () => undefined,
    async stop() {
      feed.close();
      await app.close();
    },
  };
}
