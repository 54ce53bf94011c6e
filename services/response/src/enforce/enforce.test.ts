/** Enforcing with a fake of the program nft; test/firewall.integration.test.ts has the real one. */
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  absent,
  createFakeFirewall,
  denied,
  refused,
  type FakeFirewall,
} from '../../test/fake-firewall.ts';
import {
  build,
  createClock,
  eventually,
  HOUR_MS,
  ip,
  makeAlert,
  makeFolder,
  removeFolder,
  type BuildChange,
  type Clock,
} from '../../test/response-fixture.ts';
import type { ResponseService } from '../app.ts';

let folder: string;
let clock: Clock;
let fake: FakeFirewall;
let store: ReturnType<typeof createMemoryStore>;
const built: ResponseService[] = [];
/** A machine on which nothing is ours yet. */
const obeys: FakeFirewall['answer'] = ({ program, parameters }) =>
  parameters.includes('list') ? absent(program) : '';
beforeEach(async () => {
  folder = await makeFolder();
  clock = createClock();
  store = createMemoryStore();
  fake = createFakeFirewall();
  fake.answer = obeys;
});
afterEach(async () => {
  vi.useRealTimers();
  fake.answer = obeys;
  for (const service of built.splice(0)) await service.stop();
  await removeFolder(folder);
});

async function start(change: Partial<BuildChange> = {}): Promise<ResponseService> {
  const service = await build({
    folder,
    clock,
    store,
    runCommand: (...call) => fake.run(...call),
    ...change,
    settings: { mode: 'enforce', firewall: 'nftables', ...change.settings },
  });
  built.push(service);
  await service.start();
  fake.calls.length = 0;
  return service;
}
const respond = (service: ResponseService, change: Parameters<typeof makeAlert>[0] = {}) =>
  service.app.inject({
    method: 'POST',
    url: '/respond',
    payload: makeAlert({ last_seen: clock.now().toISOString(), ...change }),
  });
const ready = async (service: ResponseService) =>
  (await service.app.inject('/ready')).json<{ ready: boolean; parts: Record<string, string> }>();
const changes = () =>
  fake.calls.flatMap(({ parameters }) =>
    parameters[1]?.startsWith('{') === true ? [parameters[1]] : [],
  );

describe('RESPONSE_MODE=enforce', () => {
  it('an answer says blocked after the firewall took the block, and is not simulated', async () => {
    const service = await start();
    const answer = await respond(service);
    expect(answer.json()).toMatchObject({ outcome: 'blocked', simulated: false });
    expect(changes()).toHaveLength(1);
    expect(changes()[0]).toContain('"val":"203.0.113.7","timeout":3600');
    expect((await service.app.inject('/health')).json()).toMatchObject({
      mode: 'enforce',
      firewall: 'nftables',
    });
    await service.stop();
    expect((await store.listBlocks(1))[0]?.action_taken).toBe(
      '[ENFORCED] nft add element inet mini_soc blocked4 { 203.0.113.7 timeout 3600s }',
    );
    expect(changes()).toHaveLength(1); // a stop frees nobody
  });

  it('a refusal of the firewall is no answer: 503, nothing recorded, and later a block', async () => {
    const service = await start();
    fake.answer = ({ program }) => refused(program);
    const answer = await respond(service);
    expect(answer.statusCode).toBe(503);
    expect((await service.app.inject('/blocked')).json()).toEqual([]);
    expect(await ready(service)).toMatchObject({
      ready: false,
      parts: { firewall: 'Cannot change the firewall: nft said "Device or resource busy"' },
    });
    const metrics = (await service.app.inject('/metrics')).body;
    expect(metrics).toContain('soc_response_firewall_failures_total{call="block"} 1');
    fake.answer = obeys;
    expect((await respond(service)).json()).toMatchObject({ outcome: 'blocked' });
    expect(await ready(service)).toMatchObject({
      ready: true,
      parts: { firewall: 'Blocks are in force in nftables' },
    });
    await service.stop();
    expect(await store.listBlocks(10)).toHaveLength(1);
  });

  it('when somebody changed what is ours, it is built anew and the block applied', async () => {
    const service = await start();
    let isSpoilt = true;
    fake.answer = (call) => {
      // What others left: a table nobody can read.
      if (call.parameters.includes('list')) return isSpoilt ? '{}' : obeys(call);
      const isRemoval = call.parameters[1]?.includes('{"delete":{"table"') === true;
      if (isRemoval) isSpoilt = false;
      return isSpoilt && !isRemoval ? refused(call.program) : '';
    };
    await respond(service, { alert_id: 'first' });
    isSpoilt = true;
    fake.calls.length = 0;
    const answer = await respond(service, { alert_id: 'second', source_ip: '2001:db8::7' });
    expect(answer.json()).toMatchObject({ outcome: 'blocked' });
    // Tried alone and with its table, then the table built anew, then the block.
    expect(changes()).toHaveLength(4);
    expect(changes()[2]).toContain('203.0.113.7');
    expect(changes()[3]).toContain('2001:db8::7');
  });

  it('a start applies what the ledger has, and goes on when the firewall does not obey yet', async () => {
    await (async () => {
      const first = await start();
      await respond(first);
      await first.stop();
    })();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let isBroken = false;
    const service = await build({
      folder,
      clock,
      store,
      runCommand: (...call) => fake.run(...call),
      settings: { mode: 'enforce', firewall: 'nftables' },
    });
    built.push(service);
    fake.answer = (call) => (isBroken ? denied(call.program) : obeys(call));
    isBroken = true;
    await service.start();
    expect((await ready(service)).parts['firewall']).toContain('Operation not permitted');
    isBroken = false;
    fake.calls.length = 0;
    await vi.advanceTimersByTimeAsync(15_000);
    await eventually(() => expect(changes()).toHaveLength(1));
    expect(changes()[0]).toContain('203.0.113.7');
    await eventually(async () => expect((await ready(service)).ready).toBe(true));
    expect((await service.app.inject('/metrics')).body).toContain(
      'soc_response_firewall_repairs_total{what="rebuilt"} 1',
    );
  });

  it('an address that becomes our own is free within the next comparison', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const own: ReturnType<typeof ip>[] = [];
    const service = await start({ ownAddresses: own });
    await respond(service);
    own.push(ip('203.0.113.7'));
    fake.calls.length = 0;
    await vi.advanceTimersByTimeAsync(15_000);
    await eventually(() => expect(changes().length).toBeGreaterThan(0));
    expect(changes()[0]).toContain('{"delete":{"element"');
    await eventually(async () => expect((await service.app.inject('/blocked')).json()).toEqual([]));
  });

  it('the end of many blocks is one call', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const service = await start();
    for (let n = 1; n <= 20; n += 1)
      await respond(service, { alert_id: `a${n}`, source_ip: `203.0.113.${n}` });
    clock.advance(HOUR_MS);
    fake.calls.length = 0;
    await vi.advanceTimersByTimeAsync(1000);
    await eventually(() => expect(changes()).toHaveLength(1));
    expect(changes()[0]?.match(/203\.0\.113\.\d+/g)).toHaveLength(40);
  });

  it('DELETE /blocked frees all, writes it down and removes what is ours', async () => {
    const service = await start();
    for (const n of [1, 2])
      await respond(service, { alert_id: `a${n}`, source_ip: `203.0.113.${n}` });
    fake.calls.length = 0;
    const answer = await service.app.inject({ method: 'DELETE', url: '/blocked' });
    expect(answer.json()).toEqual({ unblocked: 2 });
    expect(changes().at(-1)).toContain('{"delete":{"table":{"family":"inet","name":"mini_soc"}}}');
    expect((await service.app.inject('/blocked')).json()).toEqual([]);
    await service.stop();
    const kinds = (await store.listBlocks(10)).map((block) => block.kind).toSorted();
    expect(kinds).toEqual(['blocked', 'blocked', 'unblocked', 'unblocked']);
  });

  it('applies no block that was decided while blocking was simulated, until an alert says so again', async () => {
    const before = await start({ settings: { mode: 'simulate' } });
    await respond(before);
    await before.stop();
    const applied: string[] = [];
    fake.answer = (call) => {
      applied.push(...(call.parameters[1]?.match(/203\.0\.113\.7/g) ?? []));
      return obeys(call);
    };
    const service = await start();
    expect(applied).toEqual([]);
    expect((await service.app.inject('/blocked')).json()).toMatchObject([{ simulated: true }]);
    await respond(service, { severity: 'critical' });
    expect(applied.length).toBeGreaterThan(0);
  });

  it('refuses to start without a firewall', async () => {
    fake.answer = ({ program }) => denied(program);
    await expect(start()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('NET_ADMIN'),
    });
  });

  it('each further block of an address lasts twice as long, up to the longest', async () => {
    const service = await start({ settings: { maxBlockDurationMs: 3 * HOUR_MS } });
    const seconds: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const answer = await respond(service, { alert_id: `again-${n}` });
      const { since, until } = answer.json<{ since: string; until: string }>();
      seconds.push((Date.parse(until) - Date.parse(since)) / 1000);
      clock.advance(Date.parse(until) - Date.parse(since));
    }
    expect(seconds).toEqual([3600, 7200, 10_800, 10_800]);
    clock.advance(3 * HOUR_MS);
    const late = (await respond(service, { alert_id: 'late' })).json<{ reason: string }>();
    expect(late.reason).toMatch(/^Blocked for 1h:/);
  });
});
