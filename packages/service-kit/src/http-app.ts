/**
 * The HTTP face all services share: limits, /health, /ready, /metrics, /docs, bearer token, checks
 * against foreign web pages (Host and Origin), one error handler.
 */
import { timingSafeEqual, createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { AppError, LIMITS } from '@mini-soc/model';
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { createLimitCounter } from './limit-counter.ts';
import type { ServerTls } from './tls.ts';

export interface Readiness {
  readonly ready: boolean;
  /** State of each part in one plain sentence. */
  readonly parts: Readonly<Record<string, string>>;
  /** Parts that need a person although the service answers. */
  readonly degraded?: readonly string[];
}

/** How an app answers, whichever service it is. */
export interface HttpFace {
  /** Host names under which browsers and services may reach us, besides loopback and addresses. */
  readonly hostNames?: readonly string[];
  /** Certificate and key, PEM; plain http when absent. */
  readonly tls?: ServerTls;
}

export interface HttpAppOptions extends HttpFace {
  readonly name: string;
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  /** Bearer token that every request but /health and /ready must carry; none when empty. */
  readonly token: string;
  readonly ready: () => Promise<Readiness>;
  readonly registry?: Registry;
  /** What /health says besides `status` and `service`. */
  readonly health?: () => Readonly<Record<string, unknown>>;
  /** Routes, as they were declared, that need no token; /health and /ready never do. */
  readonly openRoutes?: readonly string[];
  /** Another proof than the token, such as a session; asked only where the token is missing. */
  readonly authorize?: (request: FastifyRequest) => boolean;
}

export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

const BODY_LIMIT_BYTES = LIMITS.request_bytes.value;

/** Builds the app; nothing listens. Add routes as plugins, then listen or inject. */
export async function createHttpApp(options: HttpAppOptions): Promise<HttpApp> {
  const server = {
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    return503OnClosing: true,
  };
  const app: HttpApp =
    options.tls === undefined
      ? fastify(server).withTypeProvider<ZodTypeProvider>()
      : fastify({
          ...server,
          https: { ...options.tls, minVersion: 'TLSv1.2' },
        }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const registry = options.registry ?? new Registry();
  const onLimit = createLimitCounter(registry, ['service-kit']);

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    if (!isOwnHost(request.headers.host, options.hostNames ?? [])) {
      return reply
        .code(421)
        .send(errorBody('HOST_NOT_ALLOWED', 'This host name is not served here'));
    }
    if (isForeignWrite(request)) {
      return reply
        .code(403)
        .send(errorBody('ORIGIN_NOT_ALLOWED', 'Requests from other web pages are not allowed'));
    }
    const isAllowed =
      isOpen(request.routeOptions.url, options.openRoutes ?? []) ||
      hasToken(request, options.token) ||
      options.authorize?.(request) === true;
    if (!isAllowed) {
      return reply
        .code(401)
        .send(
          errorBody(
            'TOKEN_REQUIRED',
            'A bearer token is required: send "Authorization: Bearer <API_TOKEN>"',
          ),
        );
    }
    return undefined;
  });

  app.setErrorHandler(
    async (error: Error & { statusCode?: number; code?: string }, request, reply) => {
      if (hasZodFastifySchemaValidationErrors(error)) {
        const first = error.validation[0];
        const path = first?.instancePath.replaceAll('/', '.').replace(/^\./, '') ?? '';
        const where = path === '' ? (error.validationContext ?? 'request') : path;
        return reply
          .code(400)
          .send(
            errorBody('REQUEST_INVALID', `Invalid ${where}: ${first?.message ?? 'wrong shape'}`),
          );
      }
      const status = error.statusCode ?? (error instanceof AppError && error.retryable ? 503 : 500);
      if (status === 413) onLimit('request_bytes');
      if (status < 500) return reply.code(status).send(refusalBody(status, error));
      request.log.error({ err: error }, 'Request failed');
      return reply
        .code(status)
        .send(
          status === 503
            ? errorBody('UNAVAILABLE', 'A part this service needs is not available: try again')
            : errorBody('INTERNAL', 'Something went wrong on our side: the log says what'),
        );
    },
  );
  app.setNotFoundHandler(async (request, reply) =>
    reply
      .code(404)
      .send(
        errorBody(
          'NOT_FOUND',
          `There is no ${request.method} ${request.url.split('?')[0]?.slice(0, 100) ?? ''} here`,
        ),
      ),
  );

  await app.register(swagger, {
    openapi: { info: { title: `mini-SOC ${options.name}`, version: options.version } },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });

  app.get(
    '/health',
    {
      schema: {
        response: { 200: z.looseObject({ status: z.literal('ok'), service: z.string() }) },
      },
    },
    async () => ({
      status: 'ok' as const,
      service: options.name,
      ...options.health?.(),
    }),
  );
  app.get('/ready', async (_request, reply) => {
    const state = await options.ready();
    return reply.code(state.ready ? 200 : 503).send(state);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  return app;
}

export function errorBody(
  code: string,
  message: string,
): { readonly error: { readonly code: string; readonly message: string } } {
  return { error: { code, message } };
}

/** The framework's refusals under our codes; those of a service keep their own. */
function refusalBody(status: number, error: Error & { code?: string }) {
  if (error.code !== undefined && !error.code.startsWith('FST_'))
    return errorBody(error.code, error.message);
  if (status === 413)
    return errorBody(
      'BODY_TOO_LARGE',
      `Request body is too large: at most ${BODY_LIMIT_BYTES} bytes are read`,
    );
  if (status === 415)
    return errorBody(
      'MEDIA_TYPE',
      'Request body must be JSON: send "Content-Type: application/json"',
    );
  return errorBody('REQUEST_INVALID', error.message);
}

/** Judged by the route that will answer, so that no spelling of a path can pass for another. */
function isOpen(route: string | undefined, openRoutes: readonly string[]): boolean {
  return route !== undefined && ['/health', '/ready', ...openRoutes].includes(route);
}

/** DNS rebinding: a page may point its own name at 127.0.0.1, so only addresses and known names are served. */
function isOwnHost(host: string | undefined, hostNames: readonly string[]): boolean {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host ?? '');
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
  return name === 'localhost' || isIP(name) !== 0 || hostNames.includes(name);
}

function isForeignWrite(request: FastifyRequest): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false;
  const origin = request.headers.origin;
  if (origin === undefined) return request.headers['sec-fetch-site'] === 'cross-site';
  return (
    origin !== `http://${request.headers.host ?? ''}` &&
    origin !== `https://${request.headers.host ?? ''}`
  );
}

function hasToken(request: FastifyRequest, token: string): boolean {
  if (token === '') return true;
  const header = request.headers.authorization ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header), digest(`Bearer ${token}`));
}
