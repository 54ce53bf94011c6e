import { appendFile, mkdir, readFile, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { StoreError, type Block, type Decision } from '@mini-soc/model';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  build,
  createClock,
  HOUR_MS,
  ip,
  makeAlert,
  makeFolder,
  removeFolder,
  START,
  type BuildChange,
  type Clock,
} from '../../test/response-fixture.ts';
import type { ResponseService } from '../app.ts';

let folder: string;
let clock: Clock;
let store: ReturnType<typeof createMemoryStore>;
const built: ResponseService[] = [];
beforeEach(async () => {
  folder = await makeFolder();
  clock = createClock();
  store = createMemoryStore();
});
afterEach(async () => {
  for (const service of built.splice(0)) await service.stop();
  await removeFolder(folder);
});

/** A new process on the same folder; the old one is left as it is, as after kill -9. */
async function start(change: Partial<BuildChange> = {}): Promise<ResponseService> {
  const service = await build({ folder, clock, store, ...change });
  built.push(service);
  await service.start();
  return service;
}

async function respond(
  service: ResponseService,
  change: Parameters<typeof makeAlert>[0] = {},
  details: Parameters<typeof makeAlert>[1] = {},
): Promise<Decision> {
  const now = clock.now().toISOString();
  const payload = makeAlert({ last_seen: now, ...change }, details);
  const answer = await service.app.inject({ method: 'POST', url: '/respond', payload });
  expect(answer.statusCode).toBe(200);
  return answer.json<Decision>();
}

async function blocked(service: ResponseService): Promise<readonly Record<string, unknown>[]> {
  return (await service.app.inject('/blocked')).json();
}

/** Audit documents once the service has written them all. */
async function auditOf(service: ResponseService): Promise<readonly Block[]> {
  await service.stop();
  return (await store.listBlocks(1000)).toReversed();
}

const lines = async (name: string): Promise<Record<string, unknown>[]> =>
  (await readFile(path.join(folder, name), 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('POST /respond', () => {
  it('answers with a decision, keeps it in force and writes the audit document', async () => {
    const service = await start();
    const decision = await respond(service);
    expect(decision).toMatchObject({
      alert_id: 'alert-1',
      action: 'block',
      outcome: 'blocked',
      source_ip: '203.0.113.7',
      since: '2026-03-01T12:00:00.000Z',
      until: '2026-03-01T13:00:00.000Z',
      simulated: true,
    });
    expect(await blocked(service)).toMatchObject([
      { source_ip: '203.0.113.7', seconds_left: 3600, rule_name: 'BruteForceRule' },
    ]);
    expect(await auditOf(service)).toMatchObject([
      {
        kind: 'blocked',
        source_ip: '203.0.113.7',
        rule_name: 'BruteForceRule',
        severity: 'high',
        action_taken:
          '[SIMULATED] nft add element inet mini_soc blocked4 { 203.0.113.7 timeout 3600s }',
        block_duration_seconds: 3600,
        expires_at: '2026-03-01T13:00:00.000Z',
        details: { threshold: 5, summary: expect.any(String) },
      },
    ]);
  });

  it('gives the same answer to the same alert, also at the same time and after a restart (K17)', async () => {
    const service = await start();
    const [first, second] = await Promise.all([respond(service), respond(service)]);
    clock.advance(60_000);
    expect(second).toEqual(first);
    expect(await respond(service)).toEqual(first);
    const again = await start();
    expect(await respond(again)).toEqual(first);
    expect(await blocked(again)).toMatchObject([{ seconds_left: 3540 }]);
    expect(await auditOf(again)).toHaveLength(1);
    await again.stop();
    expect(await lines('alerts.ndjson')).toHaveLength(1);
  });

  it('does not block again for an alert whose block a person has lifted', async () => {
    const service = await start();
    await respond(service);
    await service.app.inject({ method: 'DELETE', url: '/blocked/203.0.113.7' });
    await respond(service);
    expect(await blocked(service)).toEqual([]);
  });

  it('extends the block when the alert climbs', async () => {
    const service = await start();
    await respond(service, { severity: 'medium' });
    clock.advance(HOUR_MS / 2);
    const climbed = await respond(service, { severity: 'critical' });
    expect(climbed.until).toBe('2026-03-01T13:30:00.000Z');
    expect(await blocked(service)).toMatchObject([
      { since: '2026-03-01T12:00:00.000Z', seconds_left: 3600, severity: 'critical' },
    ]);
    expect((await auditOf(service)).map((block) => block.kind)).toEqual(['blocked', 'extended']);
  });

  it('never shortens a block', async () => {
    await respond(await start({ settings: { blockDurationMs: 4 * HOUR_MS } }));
    const service = await start({ settings: { blockDurationMs: 2 * HOUR_MS } });
    await respond(service, { alert_id: 'alert-2' });
    expect(await blocked(service)).toMatchObject([{ seconds_left: 4 * 3600 }]);
    const audit = await auditOf(service);
    expect(audit[1]?.action_taken).toContain('timeout 14400s');
  });

  it('writes a ticket and blocks nobody when the evidence could be forged (K03)', async () => {
    const service = await start();
    const decision = await respond(service, {}, { spoofable: true, usernames: ['root'] });
    expect(decision.outcome).toBe('ticketed');
    expect(await blocked(service)).toEqual([]);
    expect(await lines('tickets.ndjson')).toMatchObject([
      { alert_id: 'alert-1', reason: decision.reason, details: { usernames: ['root'] } },
    ]);
    expect((await auditOf(service)).map((block) => block.kind)).toEqual(['ticketed']);
  });

  it('decides anew, at the same severity, when an alert is better proven than its ticket', async () => {
    const service = await start({ settings: { asksForProof: true } });
    const weak = { proof: 'unconfirmed' as const, proven_events: 4 };
    const ticket = await respond(service, {}, weak);
    expect(ticket.outcome).toBe('ticketed');
    expect(await respond(service, {}, weak)).toEqual(ticket);
    const block = await respond(service, {}, { proof: 'proven', proven_events: 5 });
    expect(block).toMatchObject({ outcome: 'blocked', source_ip: '203.0.113.7' });
    expect(block.decision_id).not.toBe(ticket.decision_id);
    expect(await respond(service, {}, weak)).toEqual(block);
    expect((await auditOf(service)).map((one) => one.kind)).toEqual(['ticketed', 'blocked']);
  });

  it('blocks nobody for hundreds of forged sources (K04)', async () => {
    const service = await start();
    const sources = Array.from({ length: 200 }, (_none, n) => `198.51.100.${n}`);
    for (const [n, source_ip] of sources.entries())
      await respond(service, { alert_id: `a${n}`, source_ip }, { spoofable: true });
    expect(await blocked(service)).toEqual([]);
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['198.51.100.1', 'this machine, its gateway or its name server'],
    ['-j ACCEPT', 'not an address'],
    ['1.2.3.4\nflush ruleset', 'not an address'],
    ['$(id)', 'not an address'],
  ])('never blocks %j and records why (K01, K14)', async (source_ip, why) => {
    const service = await start({ ownAddresses: [ip('198.51.100.1')] });
    const decision = await respond(service, { source_ip });
    expect(decision).toMatchObject({ action: 'block', outcome: 'refused' });
    expect(decision.reason).toContain(why);
    expect(await blocked(service)).toEqual([]);
    const audit = await auditOf(service);
    expect(audit).toMatchObject([{ kind: 'refused', action_taken: decision.reason }]);
    // A store that checks addresses must not reject the evidence.
    expect(audit[0]?.source_ip ?? '').toMatch(/^[0-9a-f:.]*$/);
  });

  it('stops at the number of blocks a minute, and goes on in the next (K10)', async () => {
    const service = await start({ settings: { blocksPerMinute: 2 } });
    const outcomes: string[] = [];
    for (let n = 1; n <= 3; n += 1)
      outcomes.push(
        (await respond(service, { alert_id: `a${n}`, source_ip: `203.0.113.${n}` })).outcome,
      );
    expect(outcomes).toEqual(['blocked', 'blocked', 'deferred']);
    clock.advance(60_000);
    const later = await respond(service, { alert_id: 'a4', source_ip: '203.0.113.4' });
    expect(later.outcome).toBe('blocked');
  });

  it('ignores what it is told to ignore, but writes it into the log of alerts', async () => {
    const service = await start();
    expect((await respond(service, { severity: 'low' })).outcome).toBe('ignored');
    expect(await auditOf(service)).toEqual([]);
    await service.stop();
    expect(await lines('alerts.ndjson')).toMatchObject([
      { alert_id: 'alert-1', severity: 'low', decision: { outcome: 'ignored' } },
    ]);
  });

  it('blocks although the log of alerts cannot be written', async () => {
    await mkdir(path.join(folder, 'alerts.ndjson'));
    const service = await start();
    expect((await respond(service)).outcome).toBe('blocked');
  });

  it('logs an alert once when its answer could not be made durable and is asked for again', async () => {
    const service = await start({
      settings: { levels: { low: 'ticket', medium: 'ticket', high: 'ticket', critical: 'ticket' } },
    });
    await mkdir(path.join(folder, 'tickets.ndjson'));
    await expect(service.respond(makeAlert())).rejects.toMatchObject({ retryable: true });
    await expect(service.respond(makeAlert())).rejects.toMatchObject({ retryable: true });
    await rmdir(path.join(folder, 'tickets.ndjson'));
    expect((await service.respond(makeAlert())).outcome).toBe('ticketed');
    await service.stop();
    expect(await lines('alerts.ndjson')).toHaveLength(1);
  });
});

describe('start()', () => {
  it('lifts what expired while nobody ran, and says so in the audit trail (K19)', async () => {
    await respond(await start());
    clock.advance(2 * HOUR_MS);
    const service = await start();
    expect(await blocked(service)).toEqual([]);
    const audit = await auditOf(service);
    expect(audit.at(-1)).toMatchObject({
      kind: 'expired',
      source_ip: '203.0.113.7',
      '@timestamp': '2026-03-01T14:00:00.000Z',
      details: { reason: 'It ended while the service was down' },
    });
    const again = await start();
    expect((await auditOf(again)).map((block) => block.kind)).toEqual(['blocked', 'expired']);
  });

  it('lifts blocks on addresses that the settings protect by now', async () => {
    await respond(await start());
    const service = await start({ ownAddresses: [ip('203.0.113.7')] });
    expect(await blocked(service)).toEqual([]);
    expect((await auditOf(service)).at(-1)).toMatchObject({
      kind: 'unblocked',
      details: { reason: expect.stringContaining('this machine') },
    });
  });

  it('names a damaged entry of the ledger in the audit trail and in /ready (K21)', async () => {
    await respond(await start());
    await appendFile(path.join(folder, 'ledger.ndjson'), 'rubbish\n');
    const service = await start();
    expect(await blocked(service)).toHaveLength(1);
    expect((await service.app.inject('/ready')).json()).toMatchObject({
      ready: true,
      parts: { ledger: 'Ledger had 1 damaged entry at the start' },
    });
    expect((await auditOf(service)).map((block) => block.kind)).toContain('damaged');
  });
});

describe('the audit trail', () => {
  it('waits for a store that is away, also over a restart, and delays no answer', async () => {
    const away = {
      ...store,
      appendBlocks: () => new Promise<never>(() => undefined),
    };
    const service = await build({ folder, clock, store: away });
    expect((await respond(service)).outcome).toBe('blocked');
    expect((await service.app.inject('/ready')).json()).toMatchObject({
      ready: true,
      parts: { audit: '1 audit documents wait for the store' },
    });
    await service.app.close();
    expect((await auditOf(await start())).map((block) => block.kind)).toEqual(['blocked']);
  });

  it('holds no document back because of another that is refused for good', async () => {
    const picky = {
      ...store,
      appendBlocks: async (blocks: readonly Block[]) => {
        if (blocks.some((block) => block.kind === 'ticketed'))
          throw new StoreError('STORE_FAILED', 'Cannot take it');
        return store.appendBlocks(blocks);
      },
    };
    const service = await start({ store: picky });
    await respond(service, { alert_id: 'a1' }, { spoofable: true });
    await respond(service, { alert_id: 'a2' });
    expect((await auditOf(service)).map((block) => block.kind)).toEqual(['blocked']);
  });

  it('writes the same document once, though it is told twice', async () => {
    const service = await start();
    await respond(service);
    expect(await auditOf(service)).toHaveLength(1);
    expect(await auditOf(await start())).toHaveLength(1);
  });
});

describe('buildResponse()', () => {
  it.each([
    ['blockDurationMs', -1],
    ['blockDurationMs', 0],
    ['blockDurationMs', Number.NaN],
    ['blockDurationMs', 1e15],
    ['maxAlertAgeMs', Number.POSITIVE_INFINITY],
    ['blocksPerMinute', 0.5],
  ])('buildResponse() refuses %s %d (K16)', async (name, value) => {
    await expect(build({ folder, clock, settings: { [name]: value } })).rejects.toThrow(
      new RegExp(`^Cannot build the response service: ${name} must be a whole number from 1 to `),
    );
  });

  it('buildResponse() ends a block of 60 days on time (K16)', async () => {
    const days = 24 * HOUR_MS;
    const service = await start({ settings: { blockDurationMs: 60 * days } });
    await respond(service);
    clock.advance(60 * days - 1000);
    expect(await blocked(service)).toMatchObject([{ seconds_left: 1 }]);
    clock.advance(1000);
    expect(await blocked(service)).toEqual([]);
    expect(clock.now().getTime()).toBe(START + 60 * days);
  });
});
