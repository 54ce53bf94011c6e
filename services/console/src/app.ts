/** The console: one live page and the API behind it. */
import fastifyStatic from '@fastify/static';
import {
  createHttpApp,
  createLimitCounter,
  Registry,
  type Fetch,
  type HttpApp,
  type HttpFace,
  type Logger,
} from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { createLiveFeed } from './live-feed.ts';
import { readOverview, type ServiceUrls } from './read-overview.ts';
import { apiRoutes } from './routes/api.ts';
import { graphRoutes, OPEN_GRAPH_ROUTES } from './routes/graph.ts';
import { SESSION_COOKIE, sessionRoutes } from './routes/session.ts';
import { createSessions, readCookie } from './sessions.ts';

export interface ConsoleOptions {
  readonly urls: ServiceUrls;
  readonly token: string;
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

/** Nothing but our own files may run or be loaded, and nobody may frame the page. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
} as const;

export async function buildConsole(options: ConsoleOptions): Promise<ConsoleService> {
  const needsToken = options.token !== '';
  const registry = new Registry();
  const onLimit = createLimitCounter(registry, ['console']);
  const sessions = createSessions(options.token, options.now, onLimit);
  const read = () => readOverview(options);
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
    registry,
    ready: async () => ({ ready: true, parts: { viewers: `${feed.size()} pages are open` } }),
    // The page's own files, which are served where no other route answers.
    openRoutes: ['/*', '/api/session', ...OPEN_GRAPH_ROUTES],
    authorize: (request) =>
      sessions.isOpen(readCookie(request.headers.cookie, SESSION_COOKIE) ?? ''),
  });
  app.addHook('onSend', async (request, reply) => {
    if (!request.url.startsWith('/docs')) reply.headers(PAGE_HEADERS);
  });
  await app.register(fastifyStatic, {
    root: options.webDirectory,
    index: ['index.html'],
    cacheControl: false,
  });
  await sessionRoutes(app, { sessions, needsToken });
  await graphRoutes(app, options);
  await apiRoutes(app, { ...options, feed });
  return {
    app,
    start: async () => undefined,
    async stop() {
      feed.close();
      await app.close();
    },
  };
}
