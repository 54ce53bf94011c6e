/** Ledger, notes and follower as they are; at the other end a fake firewall on real HTTP. */
import { ignoreLimits, type Decision } from '@mini-soc/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cloudBlocker,
  cloudPoint,
  startCloudFirewall,
  type FakeCloudFirewall,
} from '../../test/fake-cloud-firewall.ts';
import { createFakeFirewall } from '../../test/fake-firewall.ts';
import {
  build,
  createClock,
  eventually,
  HOUR_MS,
  ip,
  makeAlert,
  makeFolder,
  openLedgerOf,
  removeFolder,
  silentLogger,
  type Clock,
} from '../../test/response-fixture.ts';
import { createBlockFeed } from '../ledger/block-feed.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openFollowers, type Followers, type OpenedPoint } from './open-followers.ts';
import { POINTS } from './points.ts';

const A = '203.0.113.1';
const B = '203.0.113.2';
const C = '203.0.113.3';

interface Host {
  readonly ledger: Ledger;
  readonly followers: Followers;
  readonly block: (address: string, change?: Partial<Decision>) => Promise<void>;
  readonly lift: (address: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

let folder: string;
let clock: Clock;
let cloud: FakeCloudFirewall;
let hosts: Host[] = [];
/** Pauses that were asked for; each is over at once, unless the test holds them. */
let pauses: number[] = [];
let held: Promise<void> | undefined;
beforeEach(async () => {
  folder = await makeFolder();
  clock = createClock();
  cloud = await startCloudFirewall();
  hosts = [];
  pauses = [];
  held = undefined;
});
afterEach(async () => {
  for (const host of hosts) await host.stop();
  await cloud.close();
  await removeFolder(folder);
});

const listing = (): OpenedPoint => ({ name: 'cloud', point: cloudBlocker(cloud.url) });
const deaf = (): OpenedPoint => ({ name: 'cloud', point: cloudBlocker(cloud.url, false) });

/** What a process has of them; the folder is that of the process before. */
async function start(points: readonly OpenedPoint[] = [listing()]): Promise<Host> {
  const feed = createBlockFeed();
  const ledger = await openLedgerOf(folder, clock, { onBlockChange: feed.tell });
  const followers = await openFollowers({
    points,
    directory: folder,
    fileName: 'ledger.ndjson',
    ledger,
    feed,
    assertHeld: async () => undefined,
    onLimit: ignoreLimits,
    logger: silentLogger,
    async pause(ms, signal) {
      pauses.push(ms);
      if (held === undefined) await new Promise((resolve) => setImmediate(resolve));
      else
        await Promise.race([
          held,
          new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
        ]);
    },
  });
  let isStopped = false;
  const host: Host = {
    ledger,
    followers,
    async block(address, change = {}) {
      await ledger.record([{ decision: decide(address, change) }]);
    },
    async lift(address) {
      await ledger.end([{ address: ip(address), audit: liftOf(address) }]);
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      await followers.stop();
      await ledger.close();
    },
  };
  hosts.push(host);
  followers.start();
  return host;
}

let decisions = 0;
function decide(address: string, change: Partial<Decision>): Decision {
  decisions += 1;
  const at = clock.now();
  return {
    decision_id: `decision-${decisions}`,
    alert_id: `alert-${decisions}`,
    action: 'block',
    outcome: 'blocked',
    source_ip: address,
    rule_name: 'BruteForceRule',
    severity: 'high',
    reason: 'Blocked',
    since: at.toISOString(),
    until: new Date(at.getTime() + HOUR_MS).toISOString(),
    simulated: false,
    ...change,
  };
}

function liftOf(address: string) {
  return {
    '@timestamp': clock.now().toISOString(),
    block_id: `lifted-${address}`,
    kind: 'unblocked' as const,
    action_taken: 'nothing',
    details: {},
  };
}

function stateOf({ followers }: Host) {
  const [state] = followers.states();
  if (state === undefined) throw new TypeError('There is no follower');
  return state;
}

/** It has been told everything, and holds what the ledger says. */
function isEqual(host: Host, firewall = cloud): void {
  expect(stateOf(host)).toMatchObject({ ok: true, behind: 0 });
  const wanted = host.ledger.blocks.inForce().map(({ address }) => address);
  expect([...firewall.held].toSorted()).toEqual(wanted.toSorted());
}

describe('followLedger()', () => {
  it('followLedger() tells the set in force at the start, then each change, in their order', async () => {
    const first = await start([]);
    await first.block(A);
    await first.stop();
    const host = await start();
    await eventually(() => isEqual(host));
    expect(cloud.calls).toEqual([{ block: [A], free: [] }]);
    await host.block(B);
    await eventually(() => isEqual(host));
    await host.lift(A);
    await eventually(() => isEqual(host));
    await host.block(B); // for longer
    await eventually(() => expect(cloud.calls).toHaveLength(4));
    expect(cloud.calls.slice(1)).toEqual([
      { block: [B], free: [] },
      { block: [], free: [A] },
      { block: [B], free: [] },
    ]);
    await eventually(() => expect(stateOf(host)).toMatchObject({ acknowledged: 3, behind: 0 }));
  });

  it('followLedger() tells first what has waited longest', async () => {
    const host = await start();
    await eventually(() => isEqual(host));
    let release = (): void => undefined;
    held = new Promise((resolve) => (release = resolve));
    await cloud.goDown();
    await host.block(C);
    await eventually(() => expect(pauses).toHaveLength(1));
    for (const address of [A, B, C]) await host.block(address);
    expect(stateOf(host)).toMatchObject({ acknowledged: 0, behind: 3 });
    await cloud.comeUp();
    release();
    await eventually(() => isEqual(host));
    expect(cloud.calls.flatMap(({ block }) => block)).toEqual([C, A, B]);
    expect(stateOf(host)).toMatchObject({ acknowledged: 4 });
  });

  it('followLedger() tries a point that is down again, with pauses that double, and says so', async () => {
    const host = await start();
    await eventually(() => isEqual(host));
    await cloud.goDown();
    await host.block(A);
    await host.block(B);
    await eventually(() => expect(pauses.length).toBeGreaterThan(7));
    expect(pauses.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(stateOf(host)).toMatchObject({ ok: false, acknowledged: 0, behind: 2 });
    expect(stateOf(host).state).toMatch(
      /^cloud cannot be told \(2 changes wait\): Cannot reach POST http/,
    );
    await cloud.comeUp();
    await eventually(() => isEqual(host));
    expect(stateOf(host)).toMatchObject({ acknowledged: 2, state: 'cloud has every block' });
  });

  it('followLedger() lifts what was lifted while the point was down', async () => {
    const host = await start([deaf()]);
    await host.block(A);
    await eventually(() => isEqual(host));
    await cloud.goDown();
    await host.lift(A);
    await eventually(() => expect(pauses.length).toBeGreaterThan(0));
    expect([...cloud.held]).toEqual([A]);
    await cloud.comeUp();
    await eventually(() => isEqual(host));
    expect([...cloud.held]).toEqual([]);
  });

  it('followLedger() says nothing of a block that came and went before it was told', async () => {
    const host = await start();
    await eventually(() => isEqual(host));
    let release = (): void => undefined;
    held = new Promise((resolve) => (release = resolve));
    await cloud.goDown();
    await host.block(A);
    await eventually(() => expect(pauses).toHaveLength(1));
    await host.block(B);
    await host.lift(B);
    await cloud.comeUp();
    held = undefined;
    release();
    await eventually(() => isEqual(host));
    expect(cloud.calls).toEqual([{ block: [A], free: [] }]);
  });

  it.each([
    ['that can say what it has', listing],
    ['that cannot', deaf],
  ])('followLedger() after a restart lifts what a point %s missed', async (_name, point) => {
    const before = await start([point()]);
    await before.block(A);
    await before.block(B);
    await eventually(() => isEqual(before));
    await cloud.goDown();
    await before.lift(A);
    await before.block(C);
    await eventually(() => expect(pauses.length).toBeGreaterThan(0));
    await before.stop();
    await cloud.comeUp();
    expect([...cloud.held]).toEqual([A, B]);
    const after = await start([point()]);
    await eventually(() => isEqual(after));
    expect([...cloud.held]).toEqual([B, C]);
  });

  it('followLedger() tells again what may have been lost with the answer', async () => {
    const host = await start([deaf()]);
    cloud.lostAnswers = 2;
    await host.block(A);
    await eventually(() => isEqual(host));
    expect(cloud.calls).toEqual(Array.from({ length: 3 }, () => ({ block: [A], free: [] })));
  });

  it('followLedger() lifts a block that was taken although nobody said so', async () => {
    const host = await start([deaf()]);
    let release = (): void => undefined;
    held = new Promise((resolve) => (release = resolve));
    cloud.lostAnswers = 1;
    await host.block(A);
    await eventually(() => expect(pauses).toHaveLength(1));
    expect([...cloud.held]).toEqual([A]);
    await host.lift(A);
    release();
    await eventually(() => isEqual(host));
  });

  it('followLedger() tells a change that came while a call was under way', async () => {
    const host = await start([deaf()]);
    await eventually(() => isEqual(host));
    let release = (): void => undefined;
    cloud.busy = new Promise((resolve) => (release = resolve));
    await host.block(A);
    await eventually(() => expect(cloud.arrived).toBe(1));
    await host.lift(A);
    release();
    await eventually(() => isEqual(host));
    expect(cloud.calls).toEqual([
      { block: [A], free: [] },
      { block: [], free: [A] },
    ]);
  });

  it('followLedger() puts right at a comparison what others changed there', async () => {
    const host = await start();
    await host.block(A);
    await host.block(B);
    await eventually(() => isEqual(host));
    cloud.held.delete(A);
    cloud.held.add(C);
    host.followers.compare();
    await eventually(() => isEqual(host));
    expect([...cloud.held]).toEqual([B, A]);
  });

  it('followLedger() tells thousands in calls of at most 500, and new ones among them', async () => {
    const first = await start([]);
    const many = Array.from({ length: 5000 }, (_none, n) => `198.18.${n >> 8}.${n & 255}`);
    await first.ledger.record(many.map((address) => ({ decision: decide(address, {}) })));
    await first.stop();
    const host = await start();
    await host.block(A);
    await eventually(() => isEqual(host));
    expect(cloud.held.size).toBe(5001);
    expect(Math.max(...cloud.calls.map(({ block }) => block.length))).toBe(500);
    expect(cloud.calls.length).toBe(11);
  });

  it('followLedger() goes on without what is refused for good, and asks again at a comparison', async () => {
    const host = await start();
    await eventually(() => isEqual(host));
    cloud.places = 1;
    for (const address of [A, B, C]) await host.block(address);
    await eventually(() => expect(stateOf(host).behind).toBe(0));
    expect(stateOf(host)).toMatchObject({
      ok: false,
      state: 'cloud refuses 2 changes: It has 1 places',
    });
    expect(pauses).toEqual([]);
    cloud.places = 3;
    host.followers.compare();
    await eventually(() => isEqual(host));
  });

  it('followLedger() tells nothing of a block that was decided while blocking was simulated', async () => {
    const host = await start();
    await host.block(A, { simulated: true });
    await host.block(B);
    await eventually(() => expect(stateOf(host)).toMatchObject({ ok: true, behind: 0 }));
    expect([...cloud.held]).toEqual([B]);
  });

  it('followLedger() ends while a call is never answered', async () => {
    cloud.busy = new Promise(() => undefined);
    const host = await start();
    await host.block(A);
    await host.stop();
    expect(stateOf(host)).toMatchObject({ ok: false, acknowledged: 0 });
  });

  it('openFollowers() lets a point that is down hold up no other', async () => {
    const other = await startCloudFirewall();
    try {
      const host = await start([listing(), { name: 'other', point: cloudBlocker(other.url) }]);
      await cloud.goDown();
      await host.block(A);
      await eventually(() => expect([...other.held]).toEqual([A]));
      const states = host.followers.states();
      expect(states.map(({ name, ok, behind }) => [name, ok, behind])).toEqual([
        ['cloud', false, expect.any(Number)],
        ['other', true, 0],
      ]);
    } finally {
      await other.close();
    }
  });
});

describe('buildResponse()', () => {
  it('buildResponse() answers, and blocks here, whether or not remote points do; and says how they are', async () => {
    const firewall = createFakeFirewall();
    const other = await startCloudFirewall();
    await other.goDown();
    const service = await build({
      folder,
      clock,
      settings: { mode: 'enforce', firewall: 'nftables' },
      runCommand: firewall.run,
      points: [...POINTS, cloudPoint('cloud', cloud.url), cloudPoint('other', other.url)],
    });
    try {
      let release = (): void => undefined;
      cloud.busy = new Promise((resolve) => (release = resolve));
      await service.start();
      const decision = await service.respond(makeAlert());
      expect(decision.outcome).toBe('blocked');
      expect(cloud.held.size).toBe(0);
      release();
      await eventually(() => expect([...cloud.held]).toEqual(['203.0.113.7']));
      await eventually(async () => {
        const ready = await service.app.inject('/ready');
        expect(ready.statusCode).toBe(200);
        expect(ready.json()).toMatchObject({
          ready: true,
          parts: {
            firewall: 'Blocks are in force in nftables',
            'point cloud': 'cloud has every block',
            'point other': expect.stringMatching(/^other cannot be told/),
          },
          degraded: ['point other'],
        });
      });
      const { body } = await service.app.inject('/metrics');
      expect(body).toContain('soc_response_point_ok{point="nftables"} 1');
      expect(body).toContain('soc_response_point_ok{point="cloud"} 1');
      expect(body).toContain('soc_response_point_behind{point="cloud"} 0');
      expect(body).toContain('soc_response_point_ok{point="other"} 0');
    } finally {
      await service.stop();
      await other.close();
    }
  });

  it('buildResponse() opens no remote point while blocking is simulated', async () => {
    const service = await build({
      folder,
      clock,
      points: [...POINTS, cloudPoint('cloud', cloud.url)],
    });
    try {
      await service.start();
      await service.respond(makeAlert());
      const ready = await service.app.inject('/ready');
      expect(Object.keys(ready.json<{ parts: object }>().parts)).not.toContain('point cloud');
      expect((await service.app.inject('/metrics')).body).not.toContain('point_ok{');
    } finally {
      await service.stop();
    }
    expect(cloud.calls).toEqual([]);
  });
});
