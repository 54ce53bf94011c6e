import { Registry } from 'prom-client';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createDoor } from './door.ts';
import { createHttpApp } from './http-app.ts';
import { createTokenLine } from './token-line.ts';

const OPERATOR = '9f2d7c1ab4e8530617f9c2d4b8e6a0539f2d7c1ab4e85306';
const VIEWER = '0b7e4d29c6f1a83550d2e7b94c6f18a30b7e4d29c6f1a835';
const CALLER = '5c3a9e70d1b8f2465c3a9e70d1b8f2465c3a9e70d1b8f246';
const HOST = { host: '127.0.0.1:8000' };

async function build() {
  const logged: string[] = [];
  const told: string[] = [];
  const registry = new Registry();
  const app = await createHttpApp({
    name: 'response',
    version: 'test',
    logger: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
    token: OPERATOR,
    registry,
    door: {
      lookToken: VIEWER,
      callers: [{ name: 'console', token: CALLER, may: ['look'] }],
      onWrongToken: (address) => told.push(address),
    },
    ready: async () => ({ ready: true, parts: {} }),
  });
  app.get('/blocked', async () => []);
  app.delete('/blocked', async () => ({}));
  app.post('/respond', { config: { needs: 'answer' } }, async () => ({}));
  const ask = async (method: 'GET' | 'DELETE' | 'POST', url: string, token: string) =>
    (await app.inject({ method, url, headers: { ...HOST, authorization: `Bearer ${token}` } }))
      .statusCode;
  return { app, ask, logged, told, registry };
}

describe('createHttpApp() door', () => {
  it('a person who may look changes nothing, a service does what its pair may (N46)', async () => {
    const { ask } = await build();
    expect(await ask('GET', '/blocked', VIEWER)).toBe(200);
    expect(await ask('DELETE', '/blocked', VIEWER)).toBe(403);
    expect(await ask('GET', '/blocked', CALLER)).toBe(200);
    expect(await ask('POST', '/respond', CALLER)).toBe(403);
    expect(await ask('DELETE', '/blocked', CALLER)).toBe(403);
    expect(await ask('DELETE', '/blocked', OPERATOR)).toBe(200);
  });

  it('a wrong token is counted, logged with its address and told (N44)', async () => {
    const { ask, logged, told, registry } = await build();
    expect(await ask('GET', '/blocked', 'wrong')).toBe(401);
    expect(told).toEqual(['127.0.0.1']);
    expect(JSON.parse(logged[0] ?? '{}')).toMatchObject({ address: '127.0.0.1' });
    expect(await registry.metrics()).toContain('soc_token_failures_total 1');
  });

  it('every answer forbids framing, that of /docs, of errors and of no route too (N42)', async () => {
    const { app } = await build();
    for (const url of [
      '/docs',
      '/docs/static/index.html',
      '/health',
      '/nowhere',
      '/blocked',
      '/a%E0%A4%A',
    ]) {
      const { headers } = await app.inject({ url, headers: HOST });
      expect([url, headers['x-frame-options']]).toEqual([url, 'DENY']);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('the page at /docs opens without a token, what it shows does not (N43, N47)', async () => {
    const { app } = await build();
    const code = async (url: string) => (await app.inject({ url, headers: HOST })).statusCode;
    expect(await code('/docs')).toBe(200);
    expect(await code('/docs/json')).toBe(401);
    const odd = await app.inject({ url: '/blocked/%E0%A4%A', headers: HOST });
    expect([odd.statusCode, odd.json()]).toMatchObject([
      400,
      { error: { code: 'REQUEST_INVALID' } },
    ]);
  });
});

describe('createTokenLine()', () => {
  it('createTokenLine() slows those sent at once as much as those one after the other (N44)', () => {
    const limits: string[] = [];
    const line = createTokenLine(
      () => 0,
      (name) => limits.push(name),
    );
    const waits = Array.from({ length: 201 }, () => line.take('203.0.113.9'));
    expect(waits.slice(0, 7)).toEqual([0, 0, 0, 0, 0, 1000, 2000]);
    expect(waits.filter((wait) => wait === undefined)).toHaveLength(186);
    expect(limits).toContain('wrong_tokens_waiting');
    expect(line.take('203.0.113.10')).toBe(0);
  });

  it('createTokenLine() takes the addresses of one /64 for one', () => {
    const line = createTokenLine(
      () => 0,
      () => undefined,
    );
    for (let n = 1; n <= 5; n += 1) line.take(`2001:db8:77:1::${n}`);
    expect(line.take('2001:db8:77:1::99')).toBe(1000);
  });
});

describe('createDoor()', () => {
  it('createDoor() lets a token that cannot be guessed pass whatever a neighbour tries', async () => {
    const door = createDoor({
      token: OPERATOR,
      registry: new Registry(),
      logger: pino({ level: 'silent' }),
      monotonicMs: () => 0,
    });
    for (let n = 0; n < 40; n += 1) void door.judge('wrong', '127.0.0.1');
    expect((await door.judge(OPERATOR, '127.0.0.1')).kind).toBe('known');
    expect((await door.judge('wrong', '127.0.0.1')).kind).toBe('unread');
  });
});
