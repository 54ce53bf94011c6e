/** Many alerts at once are answered as if they had come one after the other. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Alert, Decision } from '@mini-soc/model';
import { createMemoryStore } from '@mini-soc/store/memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import { createFakeFirewall, refused } from '../../test/fake-firewall.ts';
import {
  build,
  createClock,
  HOUR_MS,
  makeAlert,
  makeFolder,
  removeFolder,
  type BuildChange,
  type Clock,
} from '../../test/response-fixture.ts';
import type { ResponseService } from '../app.ts';

interface Used {
  readonly folder: string;
  readonly clock: Clock;
  readonly store: ReturnType<typeof createMemoryStore>;
  readonly service: ResponseService;
  /** A new process on the same folder; the old one is left as after kill -9. */
  readonly restart: () => Promise<ResponseService>;
}

async function use(
  work: (used: Used) => Promise<void>,
  change: Partial<BuildChange> = {},
): Promise<void> {
  const folder = await makeFolder();
  const clock = createClock();
  const store = createMemoryStore();
  const services: ResponseService[] = [];
  const restart = async (): Promise<ResponseService> => {
    const service = await build({ folder, clock, store, ...change });
    services.push(service);
    await service.start();
    return service;
  };
  try {
    await work({ folder, clock, store, service: await restart(), restart });
  } finally {
    for (const service of services) await service.stop();
    await removeFolder(folder);
  }
}

const lines = async (folder: string, name: string): Promise<readonly string[]> =>
  (await readFile(path.join(folder, name), 'utf8').catch(() => '')).split('\n').slice(0, -1);
const blocked = async (service: ResponseService) => (await service.app.inject('/blocked')).json();
const alertOf = (n: number, clock: Clock, change: Partial<Alert> = {}): Alert =>
  makeAlert({
    alert_id: `a${n}`,
    source_ip: `203.0.113.${n % 250}`,
    last_seen: clock.now().toISOString(),
    ...change,
  });

const drawn = fc.record({
  id: fc.integer({ min: 1, max: 6 }),
  host: fc.constantFrom('203.0.113.1', '203.0.113.2', '203.0.113.3', '127.0.0.1', 'nobody'),
  severity: fc.constantFrom('low' as const, 'medium' as const, 'critical' as const),
  spoofable: fc.boolean(),
  ageMs: fc.constantFrom(0, HOUR_MS + 1),
});

/** The last one is the alert before it, whose address has changed meanwhile. */
const deferredThenRefused = (
  [
    [1, '203.0.113.2'],
    [4, '203.0.113.1'],
    [4, '127.0.0.1'],
  ] as const
).map(([id, host]) => ({ id, host, severity: 'critical' as const, spoofable: false, ageMs: 0 }));

describe('respondAll()', () => {
  it('respondAll() gives the answers of respond(), and leaves the same behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawn, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        async (given, blocksPerMinute) => {
          const settings = { blocksPerMinute };
          const seen: unknown[] = [];
          for (const way of ['one by one', 'together'] as const)
            await use(
              async ({ folder, clock, store, service, restart }) => {
                const alerts = given.map(({ id, host, severity, spoofable, ageMs }) =>
                  makeAlert(
                    {
                      alert_id: `a${id}`,
                      source_ip: host,
                      severity,
                      last_seen: new Date(clock.now().getTime() - ageMs).toISOString(),
                    },
                    { spoofable },
                  ),
                );
                const answers: Decision[] = [];
                if (way === 'together') answers.push(...(await service.respondAll(alerts)));
                else for (const alert of alerts) answers.push(await service.respond(alert));
                const inForce = await blocked(service);
                expect(await blocked(await restart())).toEqual(inForce);
                await service.stop();
                seen.push({
                  answers,
                  inForce,
                  log: await lines(folder, 'alerts.ndjson'),
                  tickets: await lines(folder, 'tickets.ndjson'),
                  trail: (await store.listBlocks(100))
                    .map(({ block_id, kind }) => [block_id, kind])
                    .toSorted((a, b) => String(a).localeCompare(String(b))),
                });
              },
              { settings },
            );
          expect(seen[1]).toEqual(seen[0]);
        },
      ),
      {
        numRuns: propertyRuns(40),
        examples: [[deferredThenRefused, 1]],
      },
    );
  });

  it('respondAll() answers thousands, and the audit trail has them all', async () => {
    await use(
      async ({ clock, store, service }) => {
        const alerts = Array.from({ length: 3000 }, (_none, n) =>
          alertOf(n, clock, { source_ip: `45.1.${n >> 8}.${n & 255}` }),
        );
        const answers = await service.respondAll(alerts);
        expect(answers.map((answer) => answer.alert_id)).toEqual(
          alerts.map((alert) => alert.alert_id),
        );
        expect(new Set(answers.map((answer) => answer.outcome))).toEqual(new Set(['blocked']));
        await service.stop();
        expect(await store.listBlocks(10_000)).toHaveLength(3000);
      },
      { settings: { blocksPerMinute: 100_000 } },
    );
  });

  it('respondAll() lets a single alert through that comes meanwhile', async () => {
    await use(
      async ({ clock, service }) => {
        const many = service.respondAll(
          Array.from({ length: 2000 }, (_none, n) =>
            alertOf(n, clock, { source_ip: `45.1.${n >> 8}.${n & 255}` }),
          ),
        );
        const order: string[] = [];
        await Promise.all([
          many.then(() => order.push('many')),
          service.respond(alertOf(9999, clock)).then(() => order.push('one')),
        ]);
        expect(order).toEqual(['one', 'many']);
      },
      { settings: { blocksPerMinute: 100_000 } },
    );
  });

  it('respondAll() asks the firewall once for many, and records nothing that it refuses', async () => {
    const fake = createFakeFirewall();
    await use(
      async ({ clock, service, store }) => {
        fake.calls.length = 0;
        await service.respondAll([1, 2, 3].map((n) => alertOf(n, clock)));
        expect(fake.calls).toHaveLength(1);
        expect(await blocked(service)).toHaveLength(3);
        fake.answer = ({ program }) => refused(program);
        const more = [4, 5].map((n) => alertOf(n, clock));
        await expect(service.respondAll(more)).rejects.toMatchObject({ retryable: true });
        expect(await blocked(service)).toHaveLength(3);
        fake.answer = () => '';
        expect((await service.respondAll(more)).map((one) => one.outcome)).toEqual([
          'blocked',
          'blocked',
        ]);
        await service.stop();
        expect(await store.listBlocks(10)).toHaveLength(5);
      },
      {
        settings: { mode: 'enforce', firewall: 'nftables' },
        runCommand: (...call) => fake.run(...call),
      },
    );
  });
});

describe('what there is no room for', () => {
  const settings = { blocksPerMinute: 2 };

  it('is deferred: told when to ask again, not remembered, without a trace in log and trail', async () => {
    await use(
      async ({ folder, clock, store, service }) => {
        const alerts = [1, 2, 3].map((n) => alertOf(n, clock));
        const [, , third] = await service.respondAll(alerts);
        expect(third).toMatchObject({
          action: 'block',
          outcome: 'deferred',
          reason: 'Not blocked yet: the limit of 2 new blocks a minute is reached',
          retry_at: new Date(clock.now().getTime() + 30_000).toISOString(),
        });
        clock.advance(20_000);
        const again = await service.respond(alerts[2] as Alert);
        expect(again.retry_at).toBe(new Date(clock.now().getTime() + 10_000).toISOString());
        clock.advance(Date.parse(again.retry_at ?? '') - clock.now().getTime());
        expect((await service.respond(alerts[2] as Alert)).outcome).toBe('blocked');
        const metrics = (await service.app.inject('/metrics')).body;
        expect(metrics).toContain('decisions_total{outcome="deferred",severity="high"} 2');
        expect(metrics).toContain('soc_response_refusals_total{reason="breaker"} 1');
        await service.stop();
        expect(await lines(folder, 'alerts.ndjson')).toHaveLength(3);
        expect((await store.listBlocks(10)).map((block) => block.kind)).toEqual([
          'blocked',
          'blocked',
          'blocked',
        ]);
      },
      { settings },
    );
  });

  it('is refused in the end, when it is too old', async () => {
    await use(
      async ({ clock, service }) => {
        const alerts = [1, 2, 3].map((n) => alertOf(n, clock));
        await service.respondAll(alerts);
        clock.advance(HOUR_MS + 1);
        expect(await service.respond(alerts[2] as Alert)).toMatchObject({ outcome: 'refused' });
      },
      { settings },
    );
  });
});

describe('a flood of throw-away attackers', () => {
  const attacker = (n: number) => `45.2.${n >> 8}.${n & 255}`;

  it('does not delay the 76th by more than a second, nor leave one of a hundred out (N66)', async () => {
    await use(async ({ clock, service }) => {
      const alerts = Array.from({ length: 100 }, (_none, n) =>
        alertOf(n, clock, { source_ip: attacker(n), severity: 'medium' }),
      );
      const answers: Decision[] = [];
      for (const alert of alerts) answers.push(await service.respond(alert));
      expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['blocked']));
    });
  });

  it('leaves room for a severe attack, and asks what waits again within a second', async () => {
    await use(
      async ({ clock, service }) => {
        const flood = Array.from({ length: 400 }, (_none, n) =>
          alertOf(n, clock, { source_ip: attacker(n), severity: 'medium' }),
        );
        const answers = await service.respondAll(flood);
        const waiting = answers.filter(({ outcome }) => outcome === 'deferred');
        expect(waiting).toHaveLength(400 - 225);
        for (const { since, retry_at: again } of waiting)
          expect(Date.parse(again ?? '') - Date.parse(since)).toBeLessThanOrEqual(1000);
        const severe = alertOf(999, clock, { source_ip: '203.0.113.9', severity: 'critical' });
        expect((await service.respond(severe)).outcome).toBe('blocked');
      },
      { settings: { blocksPerMinute: 300 } },
    );
  });
});
