import { parseIpRange, type IpRange } from '@mini-soc/model';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  build,
  createClock,
  makeAlert,
  makeFolder,
  removeFolder,
  type BuildChange,
} from '../test/response-fixture.ts';
import type { ResponseService } from './app.ts';

let folder: string;
const built: ResponseService[] = [];
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(async () => {
  for (const service of built.splice(0)) await service.stop();
  await removeFolder(folder);
});

async function start(change: Partial<BuildChange> = {}): Promise<ResponseService> {
  const service = await build({ folder, clock: createClock(), ...change });
  built.push(service);
  await service.start();
  return service;
}

async function send(
  service: ResponseService,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  payload?: object,
) {
  const answer = await service.app.inject({
    method,
    url,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

const block = (service: ResponseService, n: number, id = `a${n}`) =>
  send(service, 'POST', '/respond', makeAlert({ alert_id: id, source_ip: `203.0.113.${n}` }));

describe('GET /blocked', () => {
  it.each(['0', '1001', '-1', 'x', '1.5', ''])('GET /blocked refuses size=%s', async (size) => {
    const service = await start();
    const { status, body } = await send(service, 'GET', `/blocked?size=${size}`);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('Invalid size');
  });

  it('GET /blocked lists the newest first, as many as wished', async () => {
    const clock = createClock();
    const service = await start({ clock });
    for (const n of [1, 2, 3]) {
      await block(service, n);
      clock.advance(1000);
    }
    const answer = await service.app.inject('/blocked?size=2');
    expect(answer.json<{ source_ip: string }[]>().map((one) => one.source_ip)).toEqual([
      '203.0.113.3',
      '203.0.113.2',
    ]);
  });
});

describe('DELETE /blocked/:ip', () => {
  it('DELETE /blocked/:ip lifts a block, in any spelling, once', async () => {
    const service = await start();
    await block(service, 7);
    const url = `/blocked/${encodeURIComponent('::ffff:203.0.113.7')}`;
    expect(await send(service, 'DELETE', url)).toEqual({
      status: 200,
      body: { source_ip: '203.0.113.7', unblocked: true },
    });
    expect(await send(service, 'DELETE', url)).toEqual({
      status: 404,
      body: { error: { code: 'NOT_BLOCKED', message: '203.0.113.7 is not blocked' } },
    });
  });

  it.each(['web01', '203.0.113.7%20', '203.0.113.0%2F24', '010.0.0.1', '%0aflush', 'x'.repeat(65)])(
    'DELETE /blocked/%s is not an address',
    async (text) => {
      const { status, body } = await send(await start(), 'DELETE', `/blocked/${text}`);
      expect(status).toBe(400);
      expect(JSON.stringify(body)).not.toContain('\n');
    },
  );

  it('DELETE /blocked/:ip?decision_id= withdraws one decision, the address stays blocked (K18)', async () => {
    const service = await start();
    await block(service, 7, 'first');
    const { body } = await block(service, 7, 'second');
    const url = `/blocked/203.0.113.7?decision_id=${String(body['decision_id'])}`;
    expect((await send(service, 'DELETE', url)).body).toMatchObject({ unblocked: false });
    expect((await send(service, 'DELETE', url)).status).toBe(404);
    const [left] = (await service.app.inject('/blocked')).json<Record<string, unknown>[]>();
    expect(left).toMatchObject({ alert_id: 'first', decisions: [{ alert_id: 'first' }] });
    const last = `/blocked/203.0.113.7?decision_id=${String(left?.['decision_id'])}`;
    expect((await send(service, 'DELETE', last)).body).toMatchObject({ unblocked: true });
    expect((await service.app.inject('/blocked')).json()).toEqual([]);
  });
});

describe('/allowlist', () => {
  it('/allowlist lifts the blocks inside a new range, keeps it over a restart, and forgets it', async () => {
    const service = await start();
    for (const n of [1, 2, 200]) await block(service, n);
    const range = '203.0.113.0/25';
    expect((await send(service, 'POST', '/allowlist', { range })).body).toEqual({
      range,
      lifted: expect.arrayContaining(['203.0.113.1', '203.0.113.2']),
    });
    const again = await start();
    expect((await send(again, 'GET', '/allowlist')).body).toEqual({ settings: [], added: [range] });
    expect((await block(again, 3)).body).toMatchObject({
      outcome: 'refused',
      reason: 'Not blocked: it is on the allow list (203.0.113.0/25)',
    });
    expect((await send(again, 'DELETE', '/allowlist', { range })).status).toBe(200);
    expect((await send(again, 'DELETE', '/allowlist', { range })).status).toBe(404);
    expect((await block(again, 4)).body).toMatchObject({ outcome: 'blocked' });
  });

  it.each([
    ['0.0.0.0/0', 'RANGE_TOO_WIDE'],
    ['::/0', 'RANGE_TOO_WIDE'],
    ['2000::/3', 'RANGE_TOO_WIDE'],
    ['193.0.0.0/7', 'RANGE_INVALID'],
    ['198.0.0.0/7', 'RANGE_TOO_WIDE'],
    ['203.0.113.7/24', 'RANGE_INVALID'],
    ['home.dyn.example', 'RANGE_INVALID'],
    ['', 'RANGE_INVALID'],
  ])('/allowlist refuses %s: %s (K02, K13)', async (range, code) => {
    const { status, body } = await send(await start(), 'POST', '/allowlist', { range });
    expect([status, body]).toMatchObject([400, { error: { code } }]);
  });

  it('buildResponse() refuses an allow list of settings that protects everybody (K13)', async () => {
    const allowlist = [parseIpRange('0.0.0.0/0') as IpRange];
    await expect(start({ settings: { allowlist } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('RESPONSE_ALLOWLIST  Cannot allow 0.0.0.0/0'),
    });
  });
});

describe('GET /audit', () => {
  it('GET /audit lists what the store has, newest first', async () => {
    const store = createMemoryStore();
    const service = await start({ store });
    await block(service, 1);
    await send(service, 'DELETE', '/blocked/203.0.113.1');
    await service.stop();
    const again = await start({ store });
    const documents = (await again.app.inject('/audit?size=10')).json<{ kind: string }[]>();
    expect(documents.map((document) => document.kind).toSorted()).toEqual(['blocked', 'unblocked']);
  });
});

describe('hostile requests', () => {
  it.each([
    ['no alert', {}, 'Invalid @timestamp'],
    ['an unknown field', { ...makeAlert(), sevrity: 'low' }, '"sevrity"'],
    ['an unknown severity', { ...makeAlert(), severity: 'urgent' }, 'Invalid severity'],
    ['a list', [makeAlert()], 'Invalid body'],
    ['a time that is none', { ...makeAlert(), last_seen: 'yesterday' }, 'Invalid last_seen'],
    [
      'a flag that is text',
      { ...makeAlert(), details: { ...makeAlert().details, spoofable: 'no' } },
      'Invalid details.spoofable',
    ],
    [
      'no flag',
      { ...makeAlert(), details: { ...makeAlert().details, spoofable: undefined } },
      'Invalid details.spoofable',
    ],
  ])('POST /respond names the field of %s (K25)', async (_what, payload, wish) => {
    const { status, body } = await send(await start(), 'POST', '/respond', payload);
    expect(status).toBe(400);
    expect((body['error'] as { message: string }).message).toContain(wish);
  });

  it('POST /respond reads no body of 2 MB and nothing but JSON (K25)', async () => {
    const service = await start();
    const large = makeAlert({ rule_name: 'x'.repeat(2_000_000) });
    expect((await send(service, 'POST', '/respond', large)).status).toBe(413);
    const text = await service.app.inject({
      method: 'POST',
      url: '/respond',
      headers: { 'content-type': 'text/xml' },
      payload: '<alert/>',
    });
    expect(text.statusCode).toBe(415);
  });

  it('every route but /health and /ready wants the token (K24)', async () => {
    const service = await start({ settings: { token: 'open-sesame' } });
    for (const [method, url] of [
      ['POST', '/respond'],
      ['GET', '/blocked'],
      ['DELETE', '/blocked/203.0.113.7'],
      ['GET', '/allowlist'],
      ['POST', '/allowlist'],
      ['DELETE', '/allowlist'],
      ['GET', '/audit'],
      ['GET', '/metrics'],
      ['GET', '/blocked?token=open-sesame'],
    ] as const) {
      const answer = await service.app.inject({
        method,
        url,
        headers: { authorization: 'Bearer open-sesam' },
      });
      expect([url, answer.statusCode]).toEqual([url, 401]);
    }
    const headers = { authorization: 'Bearer open-sesame' };
    expect((await service.app.inject({ url: '/blocked', headers })).statusCode).toBe(200);
    expect((await service.app.inject('/health')).statusCode).toBe(200);
    expect((await service.app.inject('/ready')).statusCode).toBe(200);
  });
});

describe('/health and /metrics', () => {
  it('/health says the mode and the number of blocks', async () => {
    const service = await start();
    await block(service, 7);
    expect((await send(service, 'GET', '/health')).body).toMatchObject({
      status: 'ok',
      mode: 'simulate',
      active_blocks: 1,
    });
  });

  it('/metrics counts outcomes and reasons, and names no address', async () => {
    const service = await start();
    await block(service, 7);
    await send(service, 'POST', '/respond', makeAlert({ source_ip: '127.0.0.1' }));
    const text = (await service.app.inject('/metrics')).body;
    expect(text).toContain('soc_response_decisions_total{outcome="blocked",severity="high"} 1');
    expect(text).toContain('soc_response_refusals_total{reason="loopback"} 1');
    expect(text).toContain('soc_response_active_blocks 1');
    expect(text).not.toMatch(/203\.0\.113|127\.0\.0\.1|BruteForceRule/);
  });
});
