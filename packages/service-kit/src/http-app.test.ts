import { AppError } from '@mini-soc/model';
import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpApp, errorBody, type HttpApp, type HttpAppOptions } from './http-app.ts';

const HEADERS = { host: '127.0.0.1:8000' };

/** An app with routes that answer, refuse and fail, as a service would have. */
async function build(options: Partial<HttpAppOptions> = {}): Promise<HttpApp> {
  const app = await createHttpApp({
    name: 'detection',
    version: '0.1.0',
    logger: pino({ level: 'silent' }),
    token: '',
    ready: async () => ({ ready: true, parts: { store: 'answers' } }),
    ...options,
  });
  app.post(
    '/echo',
    {
      schema: {
        body: z.strictObject({ name: z.string().max(10), ports: z.array(z.int()).optional() }),
        response: { 200: z.strictObject({ name: z.string() }) },
      },
    },
    async (request) => ({ name: request.body.name }),
  );
  app.get(
    '/list',
    { schema: { querystring: z.strictObject({ size: z.coerce.number().int().max(100) }) } },
    async (request) => ({ size: request.query.size }),
  );
  app.get('/fails', async () => {
    throw new Error('secret path /srv/store');
  });
  app.get('/busy', async () => {
    throw new AppError('STORE_FAILED', 'Cannot read /srv/store', { retryable: true });
  });
  app.get('/conflict', async () => {
    throw Object.assign(new AppError('ALERT_CHANGED', 'The alert has changed'), {
      statusCode: 409,
    });
  });
  app.get(
    '/wrong-shape',
    { schema: { response: { 200: z.strictObject({ count: z.number() }) } } },
    // A service that breaks its own promise, which the compiler cannot see.
    async () => JSON.parse('{"count":"many"}') as { count: number },
  );
  return app;
}

describe('createHttpApp() tokens', () => {
  it('createHttpApp() asks for a token everywhere but at /health and /ready', async () => {
    const app = await build({ token: 'open-sesame' });
    for (const url of [
      '/list?size=1',
      '/metrics',
      '/docs/json',
      '/nowhere',
      '/healthy',
      '/health/x',
    ]) {
      const answer = await app.inject({ url, headers: HEADERS });
      expect([url, answer.statusCode]).toEqual([url, 401]);
      expect(answer.json()).toMatchObject({ error: { code: 'TOKEN_REQUIRED' } });
    }
    for (const url of ['/health', '/ready', '/health?x=1'])
      expect((await app.inject({ url, headers: HEADERS })).statusCode).toBe(200);
  });

  it.each([
    'Bearer open-sesam',
    'Bearer open-sesame ',
    'open-sesame',
    'Basic open-sesame',
    'Bearer ',
    '',
  ])('createHttpApp() refuses %j', async (authorization) => {
    const app = await build({ token: 'open-sesame' });
    const answer = await app.inject({
      url: '/list?size=1',
      headers: { ...HEADERS, authorization },
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toContain('open-sesame');
  });

  it('createHttpApp() lets the right token in', async () => {
    const app = await build({ token: 'open-sesame' });
    const headers = { ...HEADERS, authorization: 'Bearer open-sesame' };
    expect((await app.inject({ url: '/list?size=1', headers })).statusCode).toBe(200);
  });

  it('createHttpApp() opens the routes it is told to, however their address is spelled', async () => {
    const app = await build({ token: 'open-sesame', openRoutes: ['/list', '/files/*'] });
    app.get('/files/*', async () => 'a file');
    const code = async (url: string) => (await app.inject({ url, headers: HEADERS })).statusCode;
    expect(await code('/list?size=1')).toBe(200);
    expect(await code('/files/x.js')).toBe(200);
    const spellings = ['/lists', '/files', '/files/../fails', '//fails', '/list/../fails'];
    const codes = await Promise.all(spellings.map(code));
    expect(codes.filter((one) => one !== 200 && one !== 401)).toEqual([]); // /fails answers 500
    expect(await code('/fails')).toBe(401);
    expect(await code('/%66ails')).toBe(401);
  });
});

describe('createHttpApp() against foreign pages', () => {
  it.each([
    'evil.example',
    'evil.example:8000',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '[127.0.0.1x',
    'a@127.0.0.1',
  ])('createHttpApp() does not serve the host name %j', async (host) => {
    const answer = await (await build()).inject({ url: '/health', headers: { host } });
    expect(answer.statusCode).toBe(421);
    expect(answer.json()).toMatchObject({ error: { code: 'HOST_NOT_ALLOWED' } });
  });

  it.each([
    '127.0.0.1',
    'localhost:8000',
    'LOCALHOST',
    '[::1]:8000',
    '192.0.2.1:80',
    'SOC.example.org:8000',
  ])('createHttpApp() serves the host %j', async (host) => {
    const app = await build({ hostNames: ['soc.example.org'] });
    expect((await app.inject({ url: '/health', headers: { host } })).statusCode).toBe(200);
  });

  it.each([
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1:9999' }],
    [{ origin: 'http://127.0.0.1:8000.evil.example' }],
    [{ 'sec-fetch-site': 'cross-site' }],
  ])('createHttpApp() refuses a write with %j (I15)', async (headers) => {
    const answer = await (
      await build()
    ).inject({
      method: 'POST',
      url: '/echo',
      headers: { ...HEADERS, ...headers },
      payload: { name: 'x' },
    });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ error: { code: 'ORIGIN_NOT_ALLOWED' } });
  });

  it.each([
    [{}],
    [{ origin: 'http://127.0.0.1:8000' }],
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'same-origin' }],
  ])('createHttpApp() takes a write with %j', async (headers) => {
    const answer = await (
      await build()
    ).inject({
      method: 'POST',
      url: '/echo',
      headers: { ...HEADERS, ...headers },
      payload: { name: 'x' },
    });
    expect([answer.statusCode, answer.json()]).toEqual([200, { name: 'x' }]);
  });

  it('createHttpApp() lets no page read across origins', async () => {
    const headers = { ...HEADERS, origin: 'http://evil.example' };
    const answer = await (await build()).inject({ url: '/health', headers });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    const preflight = await (await build()).inject({ method: 'OPTIONS', url: '/echo', headers });
    expect(preflight.statusCode).toBe(403);
  });
});

describe('createHttpApp() errors', () => {
  async function post(payload: string, contentType = 'application/json') {
    const app = await build();
    const headers = { ...HEADERS, 'content-type': contentType };
    const answer = await app.inject({ method: 'POST', url: '/echo', headers, payload });
    return [answer.statusCode, answer.json()];
  }

  it('createHttpApp() names the field that is wrong', async () => {
    expect(await post('{"name":7}')).toEqual([
      400,
      errorBody('REQUEST_INVALID', 'Invalid name: Invalid input: expected string, received number'),
    ]);
    expect(await post('{"name":"x","ports":[22,"a"]}')).toEqual([
      400,
      errorBody(
        'REQUEST_INVALID',
        'Invalid ports.1: Invalid input: expected number, received string',
      ),
    ]);
  });

  it('createHttpApp() refuses an unknown field', async () => {
    expect(await post('{"name":"x","nmae":"y"}')).toEqual([
      400,
      errorBody('REQUEST_INVALID', 'Invalid body: Unrecognized key: "nmae"'),
    ]);
  });

  it.each(['{"name":', '', '{"name":"x","__proto__":{"a":1}}', 'null', '[]'])(
    'createHttpApp() refuses the body %j',
    async (payload) => {
      expect(await post(payload)).toMatchObject([400, { error: { code: 'REQUEST_INVALID' } }]);
    },
  );

  it('createHttpApp() refuses a query that is wrong', async () => {
    const answer = await (await build()).inject({ url: '/list?size=101', headers: HEADERS });
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      errorBody('REQUEST_INVALID', 'Invalid size: Too big: expected number to be <=100'),
    ]);
  });

  it('createHttpApp() says how much it reads when a body is over 1 MiB', async () => {
    expect(await post(JSON.stringify({ name: 'x'.repeat(1_048_576) }))).toEqual([
      413,
      errorBody('BODY_TOO_LARGE', 'Request body is too large: at most 1048576 bytes are read'),
    ]);
  });

  it('createHttpApp() reads JSON only', async () => {
    expect(await post('<a/>', 'application/xml')).toEqual([
      415,
      errorBody('MEDIA_TYPE', 'Request body must be JSON: send "Content-Type: application/json"'),
    ]);
  });

  it('createHttpApp() says nothing of the inside when it fails', async () => {
    const app = await build();
    for (const url of ['/fails', '/wrong-shape']) {
      const answer = await app.inject({ url, headers: HEADERS });
      expect([answer.statusCode, answer.json()]).toEqual([
        500,
        errorBody('INTERNAL', 'Something went wrong on our side: the log says what'),
      ]);
    }
  });

  it('createHttpApp() answers 503 when waiting helps', async () => {
    const answer = await (await build()).inject({ url: '/busy', headers: HEADERS });
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      errorBody('UNAVAILABLE', 'A part this service needs is not available: try again'),
    ]);
  });

  it('createHttpApp() keeps code and message of a 4xx a service throws', async () => {
    const answer = await (await build()).inject({ url: '/conflict', headers: HEADERS });
    expect([answer.statusCode, answer.json()]).toEqual([
      409,
      errorBody('ALERT_CHANGED', 'The alert has changed'),
    ]);
  });

  it('createHttpApp() answers 404 with at most 100 characters of the path', async () => {
    const url = `/nowhere/${'x'.repeat(500)}?secret=1`;
    const answer = await (await build()).inject({ url, headers: HEADERS });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect(answer.body).not.toContain('secret');
    expect(answer.body.length).toBeLessThan(200);
  });
});

describe('createHttpApp() shared routes', () => {
  it('createHttpApp() says at /health that it runs, with what the service adds', async () => {
    const app = await build({ health: () => ({ uptime_seconds: 3 }) });
    expect((await app.inject({ url: '/health', headers: HEADERS })).json()).toEqual({
      status: 'ok',
      service: 'detection',
      uptime_seconds: 3,
    });
  });

  it('createHttpApp() answers /ready with 503 while a part is missing', async () => {
    const state = { ready: false, parts: { store: 'does not answer' } };
    const answer = await (
      await build({ ready: async () => state })
    ).inject({ url: '/ready', headers: HEADERS });
    expect([answer.statusCode, answer.json()]).toEqual([503, state]);
  });

  it('createHttpApp() shows its metrics', async () => {
    const registry = new Registry();
    new Counter({ name: 'cycles_total', help: 'Cycles', registers: [registry] }).inc(2);
    const answer = await (await build({ registry })).inject({ url: '/metrics', headers: HEADERS });
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.body).toContain('cycles_total 2');
  });

  it('createHttpApp() describes its routes at /docs', async () => {
    const app = await build();
    const page = await app.inject({ url: '/docs', headers: HEADERS });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    const described = await app.inject({ url: '/docs/json', headers: HEADERS });
    expect(described.json()).toMatchObject({
      info: { title: 'mini-SOC detection', version: '0.1.0' },
      paths: { '/echo': { post: {} }, '/list': { get: {} } },
    });
  });
});
