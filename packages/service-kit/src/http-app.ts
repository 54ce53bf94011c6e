/**
 * The HTTP face all services share: limits, /health, /ready, /metrics, /docs, bearer token, checks
 * against foreign web pages (Host and Origin), one error handler.
 */
import { isIP, type Socket } from 'node:net';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { AppError, LIMITS, type Permission } from '@mini-soc/model';
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
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
import type { Holder } from './access.ts';
import { DOCS_SCRIPT } from './docs-page.ts';
import {
  createDoor,
  enter,
  enterOpenRoute,
  isAllowed,
  type Door,
  type DoorSettings,
} from './door.ts';
import type { HttpApp } from './http-app-instance.ts';
import { createLimitCounter } from './limit-counter.ts';
import { rememberListeners } from './listeners.ts';
import { ServiceCallError } from './request-json.ts';
import { isDocs, safeHeaders } from './safe-headers.ts';
import type { ServerTls } from './tls.ts';

export type { HttpApp };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What whoever asks must be allowed to do; `look` for GET and HEAD, else `act`, when absent. */
    readonly needs?: Permission;
  }
}

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
  /** Further tokens, and who is told of wrong ones. */
  readonly door?: DoorSettings;
}

export interface HttpAppOptions extends HttpFace {
  readonly name: string;
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  /** Bearer token of those who may do everything; when empty, whoever reaches the port may. */
  readonly token: string;
  /** One that the service asks itself; by default one of `token` and the face. */
  readonly entrance?: Door;
  readonly ready: () => Promise<Readiness>;
  readonly registry?: Registry;
  /** What /health says besides `status` and `service`. */
  readonly health?: () => Readonly<Record<string, unknown>>;
  /** Routes, as they were declared, that need no token; /health and /ready never do. */
  readonly openRoutes?: readonly string[];
  /** Another proof than the token, such as a session; asked only where the token is missing. */
  readonly authorize?: (request: FastifyRequest) => Holder | undefined;
}

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
    // Before there is a route: an address that cannot be decoded, a request that is none.
    frameworkErrors: refuseUnreadable,
    clientErrorHandler: refuseBroken,
  };
  const app: HttpApp =
    options.tls === undefined
      ? fastify(server).withTypeProvider<ZodTypeProvider>()
      : fastify({
          ...server,
          https: { ...options.tls, minVersion: 'TLSv1.2' },
        }).withTypeProvider<ZodTypeProvider>();
  rememberListeners(app, options.tls);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const registry = options.registry ?? new Registry();
  const onLimit = createLimitCounter(registry, ['service-kit']);

  const door =
    options.entrance ??
    createDoor({ ...options.door, token: options.token, registry, logger: options.logger });

  app.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.url;
    // On the bare answer, so that one which a route writes by itself has them too.
    for (const [name, value] of Object.entries(safeHeaders(route)))
      reply.raw.setHeader(name, value);
    if (!isOwnHost(request.headers.host, options.hostNames ?? []))
      return reply
        .code(421)
        .send(errorBody('HOST_NOT_ALLOWED', 'This host name is not served here'));
    if (isForeignWrite(request))
      return reply
        .code(403)
        .send(errorBody('ORIGIN_NOT_ALLOWED', 'Requests from other web pages are not allowed'));
    if (isOpen(route, options.openRoutes ?? [])) {
      enterOpenRoute(request);
      return undefined;
    }
    const entry = await enter(request, door, options.authorize);
    if (entry.kind === 'unread')
      return reply
        .code(429)
        .header('retry-after', '10')
        .send(errorBody('TOO_MANY_TOKENS', 'Too many wrong tokens came from this address: wait'));
    if (entry.kind === 'no-token')
      return reply
        .code(401)
        .send(
          errorBody(
            'TOKEN_REQUIRED',
            'A bearer token is required: send "Authorization: Bearer <API_TOKEN>"',
          ),
        );
    const needed = request.routeOptions.config.needs ?? (isRead(request) ? 'look' : 'act');
    if (!isAllowed(entry.asker, needed))
      return reply
        .code(403)
        .send(errorBody('NOT_ALLOWED', `This token is not allowed to ${MEANING[needed]}`));
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
      if (error instanceof ServiceCallError && error.refusal !== undefined)
        return reply
          .code(error.refusal.statusCode)
          .send(errorBody(error.refusal.code, error.refusal.message));
      const status = statusOf(error) ?? (error instanceof AppError && error.retryable ? 503 : 500);
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
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { js: [{ filename: 'token.js', content: DOCS_SCRIPT }] },
  });

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
  if (route === undefined) return false;
  if (isDocs(route)) return !DESCRIPTIONS.includes(route);
  return ['/health', '/ready', ...openRoutes].includes(route);
}

/** What the API is: the page that shows it is open, this is not. */
const DESCRIPTIONS = ['/docs/json', '/docs/yaml'];

const MEANING: Readonly<Record<Permission, string>> = {
  look: 'look',
  act: 'change anything',
  answer: 'ask for an answer to an alert',
  enrich: 'ask for techniques',
  note: 'write into the trail',
};

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Of a call to another service that failed says nothing: what it answered is not our answer. */
function statusOf(error: Error & { statusCode?: number }): number | undefined {
  return error instanceof ServiceCallError ? undefined : error.statusCode;
}

function refuseUnreadable(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(safeHeaders(undefined))) reply.header(name, value);
  void request;
  void reply.code(400).send(errorBody('REQUEST_INVALID', 'This address cannot be read'));
}

function refuseBroken(_error: Error, socket: Socket): void {
  if (!socket.writable) return;
  const body = JSON.stringify(errorBody('REQUEST_INVALID', 'This is no request that can be read'));
  const headers = Object.entries({
    ...safeHeaders(undefined),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 400 Bad Request\r\n${headers.join('')}\r\n${body}`);
}

/** DNS rebinding: a page may point its own name at 127.0.0.1, so only addresses and known names are served. */
function isOwnHost(host: string | undefined, hostNames: readonly string[]): boolean {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host ?? '');
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
  return name === 'localhost' || isIP(name) !== 0 || hostNames.includes(name);
}

function isForeignWrite(request: FastifyRequest): boolean {
  if (isRead(request)) return false;
  const origin = request.headers.origin;
  if (origin === undefined) return request.headers['sec-fetch-site'] === 'cross-site';
  return (
    origin !== `http://${request.headers.host ?? ''}` &&
    origin !== `https://${request.headers.host ?? ''}`
  );
}
