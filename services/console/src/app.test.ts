import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, type Fetch } from '@mini-soc/service-kit';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { buildConsole, type ConsoleService } from './app.ts';

const URLS = {
  detection: 'http://detection.test',
  response: 'http://response.test',
  enricher: 'http://enricher.test',
};
const BLOCK = {
  source_ip: '203.0.113.7',
  rule_name: 'BruteForceRule',
  severity: 'high',
  since: '2026-03-01T10:00:00.000Z',
  until: '2026-03-01T11:00:00.000Z',
  simulated: true,
  seconds_left: 1800,
};
const services: ConsoleService[] = [];

/** The services behind the console, played by a function; each request is noted. */
function playServices(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const fetch: Fetch = async (url, init) => {
    const method = init?.method ?? 'GET';
    const key = `${method} ${url instanceof Request ? url.url : url.toString()}`;
    asked.push(key);
    const body = Object.hasOwn(answers, key) ? answers[key] : undefined;
    if (body === undefined)
      return new Response(JSON.stringify({ error: { code: 'NOT_FOUND', message: 'nothing' } }), {
        status: 404,
        headers: { 'content-type': 'application/json' },
      });
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  };
  return { fetch, asked };
}

const READY = { ready: true, parts: { store: 'ok' } };
const ANSWERS = {
  'GET http://detection.test/ready': READY,
  'GET http://response.test/ready': READY,
  'GET http://enricher.test/ready': READY,
  'GET http://detection.test/alerts?size=50': [],
  'GET http://response.test/blocked?size=200': [BLOCK],
  'DELETE http://response.test/blocked/203.0.113.7': { unblocked: true },
};

async function build(token: string, answers: Readonly<Record<string, unknown>> = ANSWERS) {
  const webDirectory = mkdtempSync(path.join(tmpdir(), 'soc-console-'));
  mkdirSync(path.join(webDirectory, 'assets'));
  writeFileSync(path.join(webDirectory, 'index.html'), '<!doctype html><title>page</title>');
  const played = playServices(answers);
  const service = await buildConsole({
    urls: URLS,
    token,
    store: createMemoryStore(),
    webDirectory,
    now: () => new Date('2026-03-01T10:30:00.000Z'),
    fetch: played.fetch,
    logger: createLogger({ name: 'test', level: 'silent' }),
    version: 'test',
  });
  services.push(service);
  return { app: service.app, asked: played.asked };
}

afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
});

describe('the page', () => {
  it('may load nothing but its own files and nobody may frame it', async () => {
    const { app } = await build('');
    const answer = await app.inject('/');
    expect(answer.statusCode).toBe(200);
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('gives no file outside its folder', async () => {
    const { app } = await build('');
    const urls = ['/../package.json', '/%2e%2e/package.json', '/assets/..%2f..%2fetc/passwd'];
    const answers = await Promise.all(urls.map((url) => app.inject(url)));
    expect(answers.filter((answer) => answer.statusCode < 400)).toEqual([]);
  });
});

describe('GET /api/overview', () => {
  it('names every part, with the blocks and without their countdown', async () => {
    const { app } = await build('');
    const overview = (await app.inject('/api/overview')).json<{
      parts: { name: string; ok: boolean }[];
      blocks: Record<string, unknown>[];
      rate: { counts: number[] };
    }>();
    expect(overview.parts.map((part) => [part.name, part.ok])).toEqual([
      ['store', true],
      ['detection', true],
      ['enricher', true],
      ['response', true],
    ]);
    expect(overview.blocks[0]).toMatchObject({ source_ip: '203.0.113.7' });
    expect(overview.blocks[0]).not.toHaveProperty('seconds_left');
    expect(overview.rate.counts).toHaveLength(30);
  });

  it('says which part does not answer and shows the others', async () => {
    const { 'GET http://enricher.test/ready': _gone, ...others } = ANSWERS;
    const { app } = await build('', others);
    const overview = (await app.inject('/api/overview')).json<{
      parts: { name: string; ok: boolean; state: string }[];
      blocks: unknown[];
    }>();
    expect(overview.parts.find((part) => part.name === 'enricher')).toEqual({
      name: 'enricher',
      ok: false,
      state: 'Does not answer',
    });
    expect(overview.blocks).toHaveLength(1);
  });
});

describe('unblocking', () => {
  it('asks the response service for the canonical address', async () => {
    const { app, asked } = await build('');
    const answer = await app.inject({ method: 'DELETE', url: '/api/blocks/203.0.113.7' });
    expect(answer.json()).toEqual({ unblocked: true });
    expect(asked).toContain('DELETE http://response.test/blocked/203.0.113.7');
  });

  it('tells an address that is no address from one that is not blocked', async () => {
    const { app, asked } = await build('');
    const noAddress = await app.inject({ method: 'DELETE', url: '/api/blocks/..%2fready' });
    expect(noAddress.statusCode).toBe(400);
    expect(noAddress.json()).toMatchObject({ error: { code: 'ADDRESS_INVALID' } });
    const free = await app.inject({ method: 'DELETE', url: '/api/blocks/203.0.113.8' });
    expect(free.statusCode).toBe(404);
    expect(free.json()).toMatchObject({ error: { code: 'NOT_BLOCKED' } });
    expect(asked.filter((one) => one.startsWith('DELETE'))).toEqual([
      'DELETE http://response.test/blocked/203.0.113.8',
    ]);
  });

  it('refuses another web page', async () => {
    const { app, asked } = await build('');
    const answer = await app.inject({
      method: 'DELETE',
      url: '/api/blocks/203.0.113.7',
      headers: { origin: 'https://evil.example' },
    });
    expect(answer.statusCode).toBe(403);
    expect(asked).toEqual([]);
  });
});

describe('signing in, when a token is configured', () => {
  const signIn = async (app: ConsoleService['app'], token: string) =>
    app.inject({ method: 'POST', url: '/api/session', payload: { token } });

  it('shows the page and nothing of the data before it', async () => {
    const { app, asked } = await build('secret-token-of-the-console');
    expect((await app.inject('/')).statusCode).toBe(200);
    expect((await app.inject('/api/session')).json()).toEqual({ signed_in: false });
    const paths = ['overview', 'alerts', 'rules', 'blocks', 'stream'];
    const codes = await Promise.all(
      paths.map(async (name) => (await app.inject(`/api/${name}`)).statusCode),
    );
    expect(codes).toEqual([401, 401, 401, 401, 401]);
    expect(asked).toEqual([]);
  });

  it('gives a cookie that no script can read for the right token only', async () => {
    const { app } = await build('secret-token-of-the-console');
    const wrong = await signIn(app, 'secret-token-of-the-consolf');
    expect([wrong.statusCode, wrong.headers['set-cookie']]).toEqual([401, undefined]);
    const right = await signIn(app, 'secret-token-of-the-console');
    const cookie = String(right.headers['set-cookie']);
    expect(cookie).toMatch(
      /^soc_session=[\w-]{32}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200$/,
    );
    const headers = { cookie: cookie.split(';')[0] };
    expect((await app.inject({ url: '/api/overview', headers })).statusCode).toBe(200);
    await app.inject({ method: 'DELETE', url: '/api/session', headers });
    expect((await app.inject({ url: '/api/overview', headers })).statusCode).toBe(401);
  });
});

describe('signing in again', () => {
  it('ends the session that was there before (N45)', async () => {
    const token = '9f2d7c1ab4e8530617f9c2d4b8e6a0539f2d7c1ab4e85306';
    const { app } = await build(token);
    const signIn = async (cookie?: string) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/api/session',
        payload: { token },
        ...(cookie === undefined ? {} : { headers: { cookie } }),
      });
      return String(answer.headers['set-cookie']).split(';')[0] ?? '';
    };
    const isIn = async (cookie: string) =>
      (await app.inject({ url: '/api/session', headers: { cookie } })).json<{
        signed_in: boolean;
      }>().signed_in;
    const first = await signIn();
    expect(await isIn(first)).toBe(true);
    const second = await signIn(first);
    expect([await isIn(first), await isIn(second)]).toEqual([false, true]);
  });
});
