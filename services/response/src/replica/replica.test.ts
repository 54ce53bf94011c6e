import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Decision } from '@mini-soc/model';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  build,
  createClock,
  makeAlert,
  makeFolder,
  removeFolder,
  type Clock,
} from '../../test/response-fixture.ts';
import type { ResponseService } from '../app.ts';

let folder: string;
let clock: Clock;
let store: ReturnType<typeof createMemoryStore>;
const built: ResponseService[] = [];
/** Apps by the host of their address, instead of the network. */
const apps = new Map<string, ResponseService>();
const asked: { readonly url: string; readonly token: string | null }[] = [];
beforeEach(async () => {
  folder = await makeFolder();
  clock = createClock();
  store = createMemoryStore();
});
afterEach(async () => {
  for (const service of built.splice(0)) await service.stop();
  apps.clear();
  asked.length = 0;
  await removeFolder(folder);
});

const viaApps: typeof globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  asked.push({ url: url.href, token: new Headers(init?.headers).get('authorization') });
  const service = apps.get(url.hostname);
  if (service === undefined) throw new TypeError('fetch failed');
  const answer = await service.app.inject({
    method: (init?.method ?? 'GET') as 'GET',
    url: url.pathname + url.search,
    headers: { ...Object.fromEntries(new Headers(init?.headers)), host: 'localhost' },
    ...(typeof init?.body === 'string' ? { payload: init.body } : {}),
  });
  return new Response(answer.body, {
    status: answer.statusCode,
    headers: { 'content-type': String(answer.headers['content-type']) },
  });
};

async function start(name: string): Promise<ResponseService> {
  const service = await build({
    folder,
    clock,
    store,
    settings: { token: 'secret' },
    replica: { url: `http://${name}:8001`, fetch: viaApps },
  });
  built.push(service);
  apps.set(name, service);
  await service.start();
  return service;
}

async function send(
  service: ResponseService,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  payload?: object,
  headers: Record<string, string> = {},
) {
  const answer = await service.app.inject({
    method,
    url,
    headers: { authorization: 'Bearer secret', ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}
const alert = (n: number) => makeAlert({ alert_id: `a${n}`, source_ip: `203.0.113.${n}` });
const ledgers = async () => (await readdir(folder)).filter((name) => name.startsWith('ledger'));

describe('replicas', () => {
  it('the first acts, the second stands by and hands requests on', async () => {
    const [a, b] = [await start('a'), await start('b')];
    expect((await send(a, 'GET', '/health')).body).toMatchObject({ holds_lease: true });
    expect((await send(b, 'GET', '/health')).body).toMatchObject({ holds_lease: false });
    expect((await send(b, 'GET', '/ready')).body).toEqual({
      ready: true,
      parts: { lease: 'Stands by: http://a:8001 holds the lease and gets the requests' },
    });
    const viaB = await send(b, 'POST', '/respond', alert(1));
    expect(viaB).toMatchObject({ status: 200, body: { outcome: 'blocked' } });
    expect(await send(a, 'POST', '/respond', alert(1))).toEqual(viaB);
    expect((await send(b, 'GET', '/blocked?size=1')).body).toMatchObject([
      { source_ip: '203.0.113.1' },
    ]);
    expect((await send(b, 'DELETE', '/blocked/203.0.113.1')).body).toMatchObject({
      unblocked: true,
    });
    expect((await send(b, 'DELETE', '/blocked/203.0.113.1')).status).toBe(404);
    expect(
      asked.every(
        ({ url, token }) => url.startsWith('http://a:8001/') && token === 'Bearer secret',
      ),
    ).toBe(true);
  });

  it('wants the token itself, and leads it nowhere else', async () => {
    await start('a');
    const b = await start('b');
    const open = await b.app.inject({ url: '/blocked' });
    expect(open.statusCode).toBe(401);
    for (const url of ['//evil.example/blocked', '/nowhere'])
      expect([url, (await send(b, 'GET', url)).status]).toEqual([url, 404]);
    expect(asked).toEqual([]);
  });

  it('a request is handed on once', async () => {
    await start('a');
    const b = await start('b');
    const answer = await send(b, 'POST', '/respond', alert(1), { 'x-soc-handed-on': '1' });
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'LEASE_PENDING' } } });
    apps.delete('a');
    expect((await send(b, 'POST', '/respond', alert(1))).status).toBe(503);
  });

  it('the second goes on with the ledger when the first has stopped', async () => {
    const [a, b] = [await start('a'), await start('b')];
    const { body } = await send(a, 'POST', '/respond', alert(1));
    await a.stop();
    await b.start();
    expect((await send(b, 'POST', '/respond', alert(1))).body).toEqual(body);
    expect((await send(b, 'POST', '/respond', alert(2))).body).toMatchObject({
      outcome: 'blocked',
    });
    expect(await ledgers()).toEqual(['ledger.000000000002.ndjson']);
    await b.stop();
    const trail = await store.listBlocks(10);
    expect(trail).toHaveLength(2);
    expect(new Set(trail.map((block) => block.alert_id))).toEqual(new Set(['a1', 'a2']));
  });

  it('goes on with the ledger of a process that was alone, and the other way round', async () => {
    const alone = await build({ folder, clock, store });
    await alone.start();
    const decision = (
      await alone.app.inject({ method: 'POST', url: '/respond', payload: alert(1) })
    ).json<Decision>();
    await alone.stop();
    const a = await start('a');
    expect((await send(a, 'POST', '/respond', alert(1))).body).toEqual(decision);
    const second = await send(a, 'POST', '/respond', alert(2));
    await a.stop();
    const again = await build({ folder, clock, store });
    built.push(again);
    await again.start();
    for (const [n, answer] of [
      [1, decision],
      [2, second.body],
    ] as const)
      expect(
        (await again.app.inject({ method: 'POST', url: '/respond', payload: alert(n) })).json(),
      ).toEqual(answer);
  });

  it('one that was overtaken writes nothing more and hands on', async () => {
    const [a, b] = [await start('a'), await start('b')];
    await send(a, 'POST', '/respond', alert(1));
    // As if the first had been paused for long: nothing of it moves while the second looks.
    for (let look = 0; look < 6; look += 1) {
      clock.advance(2000);
      await b.start();
    }
    expect((await send(b, 'GET', '/health')).body).toMatchObject({ holds_lease: true });
    const before = await readFile(path.join(folder, 'ledger.000000000002.ndjson'), 'utf8');
    expect(await send(a, 'POST', '/respond', alert(1))).toMatchObject({ status: 200 });
    expect(await readFile(path.join(folder, 'ledger.000000000002.ndjson'), 'utf8')).toBe(before);
    expect((await send(a, 'GET', '/health')).body).toMatchObject({ holds_lease: false });
    expect(await send(a, 'POST', '/respond', alert(2))).toMatchObject({ status: 200 });
    expect((await send(b, 'GET', '/blocked')).body).toHaveLength(2);
  });

  it('inherits a ledger whose last line was cut', async () => {
    const a = await start('a');
    await send(a, 'POST', '/respond', alert(1));
    await appendFile(path.join(folder, 'ledger.000000000001.ndjson'), '{"sum":"abc');
    await a.stop();
    const b = await start('b');
    expect((await send(b, 'GET', '/blocked')).body).toHaveLength(1);
    expect((await send(b, 'GET', '/ready')).body).toMatchObject({
      ready: true,
      parts: { ledger: 'Ledger is sound' },
    });
  });

  it('is not ready while nobody holds the lease', async () => {
    const first = await start('a');
    await first.stop();
    await writeFile(path.join(folder, 'lease', '000000000005.json'), '');
    const b = await start('b');
    expect(await send(b, 'GET', '/ready')).toMatchObject({
      status: 503,
      body: {
        parts: { lease: 'Nobody holds the lease yet: requests are refused until somebody does' },
      },
    });
    expect((await send(b, 'POST', '/respond', alert(1))).status).toBe(503);
  });
});
