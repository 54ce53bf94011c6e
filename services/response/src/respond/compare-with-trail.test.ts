/** Ledger and audit trail after one of them was removed, cut or replaced by an older copy. */
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Alert, Block } from '@mini-soc/model';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
let store: ReturnType<typeof createMemoryStore>;
const built: ResponseService[] = [];
beforeEach(async () => {
  folder = await makeFolder();
  clock = createClock();
  store = createMemoryStore();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const service of built.splice(0)) await service.stop();
  await removeFolder(folder);
});

async function start(change: Partial<BuildChange> = {}): Promise<ResponseService> {
  const service = await build({ folder, clock, store, ...change });
  built.push(service);
  await service.start();
  return service;
}
/** Everything is in the ledger and in the store. */
async function stop(service: ResponseService): Promise<void> {
  built.splice(built.indexOf(service), 1);
  await service.stop();
}
const ledger = () => path.join(folder, 'ledger.ndjson');
const alert = (n: number, change: Partial<Alert> = {}): Alert =>
  makeAlert({
    alert_id: `a${n}`,
    source_ip: `203.0.113.${n}`,
    last_seen: clock.now().toISOString(),
    ...change,
  });
type Shown = Readonly<Record<string, unknown>>;
const blocked = async (service: ResponseService) =>
  (await service.app.inject('/blocked')).json<readonly Shown[]>();
const addresses = async (service: ResponseService) =>
  (await blocked(service)).map((one) => String(one['source_ip'])).toSorted();
const ledgerPart = async (service: ResponseService) =>
  (await service.app.inject('/ready')).json<{ parts: Record<string, string> }>().parts['ledger'];
const trail = async () => store.listBlocks(1000);
const kinds = async () => (await trail()).map((block) => block.kind).toSorted();

describe('start() without the ledger', () => {
  it('takes blocks in force from the audit trail, with the time that is left, and says so', async () => {
    const first = await start();
    await first.respondAll([alert(1), alert(2)]);
    await stop(first);
    await rm(ledger());
    clock.advance(600_000);
    const service = await start();
    await eventually(async () => expect(await addresses(service)).toHaveLength(2));
    expect((await blocked(service))[0]).toMatchObject({ seconds_left: 3000, simulated: true });
    await eventually(async () =>
      expect(await ledgerPart(service)).toBe(
        'Ledger is sound. The ledger lacked 2 blocks that the audit trail has: in force again',
      ),
    );
    await eventually(async () => expect(await kinds()).toEqual(['blocked', 'blocked', 'damaged']));
    // The answer is remembered, too, and nothing is said the next time.
    const { outcome } = await service.respond(alert(1));
    expect(outcome).toBe('blocked');
    await stop(service);
    const again = await start();
    await stop(again);
    expect(await kinds()).toEqual(['blocked', 'blocked', 'damaged']);
  });

  it.each([0, 0.5, 0.9])('does the same when %d of it is left', async (part) => {
    const first = await start();
    for (const n of [1, 2, 3]) await first.respond(alert(n));
    await stop(first);
    const bytes = await readFile(ledger());
    await writeFile(ledger(), bytes.subarray(0, Math.floor(bytes.length * part)));
    const service = await start();
    await eventually(async () =>
      expect(await addresses(service)).toEqual(['203.0.113.1', '203.0.113.2', '203.0.113.3']),
    );
  });

  it('blocks nobody again whom a person has lifted, or whose time is over', async () => {
    const first = await start();
    await first.respondAll([alert(1), alert(2), alert(3), alert(1, { alert_id: 'other' })]);
    await first.app.inject({ method: 'DELETE', url: '/blocked/203.0.113.1' });
    await stop(first);
    await rm(ledger());
    const service = await start();
    await eventually(async () =>
      expect(await addresses(service)).toEqual(['203.0.113.2', '203.0.113.3']),
    );
    await stop(service);
    await rm(ledger());
    clock.advance(2 * HOUR_MS);
    const later = await start();
    await stop(later);
    expect(await kinds()).not.toContain('expired');
  });

  it('lifts again what an older copy of the ledger has in force', async () => {
    const first = await start();
    await first.respondAll([alert(1), alert(2)]);
    await copyFile(ledger(), `${ledger()}.copy`);
    await first.app.inject({ method: 'DELETE', url: '/blocked/203.0.113.1' });
    await stop(first);
    await copyFile(`${ledger()}.copy`, ledger());
    const service = await start();
    await eventually(async () => expect(await addresses(service)).toEqual(['203.0.113.2']));
    await eventually(async () => expect(await ledgerPart(service)).toContain('lifted again'));
  });

  it('blocks nobody who is protected by now', async () => {
    const first = await start();
    await first.respondAll([alert(1), alert(2)]);
    await stop(first);
    await rm(ledger());
    const service = await start({ ownAddresses: [ip('203.0.113.1')] });
    await eventually(async () => expect(await addresses(service)).toEqual(['203.0.113.2']));
  });

  it('says that answers are missing, also when no block is', async () => {
    const first = await start();
    await first.respond(alert(1, { source_ip: '127.0.0.1' }));
    await stop(first);
    await rm(ledger());
    const service = await start();
    await eventually(async () => expect(await kinds()).toContain('damaged'));
    expect((await trail()).find((block) => block.kind === 'damaged')?.action_taken).toBe(
      'The ledger lacked 1 of the last answers that the audit trail has: it was damaged, removed, or is an older copy',
    );
    expect(await addresses(service)).toEqual([]);
  });

  it('asks a store again that is away, and delays no block', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const first = await start();
    await first.respond(alert(1));
    await stop(first);
    await rm(ledger());
    let isAway = true;
    const unsteady = {
      ...store,
      blocksInForce: async (search: Parameters<typeof store.blocksInForce>[0]) => {
        if (isAway) throw new Error('away');
        return store.blocksInForce(search);
      },
    };
    const service = await start({ store: unsteady });
    expect((await service.respond(alert(2))).outcome).toBe('blocked');
    expect(await addresses(service)).toEqual(['203.0.113.2']);
    isAway = false;
    await vi.advanceTimersByTimeAsync(5000);
    await eventually(async () => expect(await addresses(service)).toHaveLength(2));
  });
});

describe('start() without the audit trail', () => {
  it('writes the documents again that the store has lost, and says so', async () => {
    const first = await start();
    await first.respondAll([
      alert(1),
      alert(2, { source_ip: '127.0.0.1' }),
      alert(3, { severity: 'low' }),
    ]);
    await stop(first);
    const before = await trail();
    store = createMemoryStore();
    await store.appendBlocks(before.filter((block: Block) => block.kind === 'refused'));
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const service = await start();
    await eventually(async () => {
      await vi.advanceTimersByTimeAsync(5000);
      expect(await kinds()).toEqual(['blocked', 'damaged', 'refused']);
    });
    expect((await trail()).find((block) => block.kind === 'blocked')).toMatchObject({
      block_id: before.find((block) => block.kind === 'blocked')?.block_id,
      alert_id: 'a1',
      source_ip: '203.0.113.1',
      action_taken: '[SIMULATED] Written again from the ledger: the store had lost it',
      details: { restored: true },
    });
    expect(await ledgerPart(service)).toContain('The store lacked 1 audit document');
    await stop(service);
    const again = await start();
    await vi.advanceTimersByTimeAsync(10_000);
    await stop(again);
    expect(await kinds()).toEqual(['blocked', 'damaged', 'refused']);
  });

  it('says nothing when both are as they were', async () => {
    const first = await start();
    await first.respondAll([alert(1), alert(2, { source_ip: '127.0.0.1' })]);
    await first.app.inject({ method: 'DELETE', url: '/blocked/203.0.113.1' });
    await stop(first);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const again = await start();
    await vi.advanceTimersByTimeAsync(10_000);
    await stop(again);
    expect(await kinds()).toEqual(['blocked', 'refused', 'unblocked']);
  });
});
