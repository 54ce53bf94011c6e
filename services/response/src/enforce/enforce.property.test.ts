/** Whatever happens, the firewall ends as the ledger says, and never holds who must not be blocked. */
import { createMemoryStore } from '@mini-soc/store/memory';
import {
  ignoreLimits,
  isInRange,
  parseIpRange,
  type IpAddress,
  type IpRange,
} from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import {
  createClock,
  HOUR_MS,
  ip,
  makeAlert,
  makeFolder,
  POLICY,
  removeFolder,
  silentLogger,
} from '../../test/response-fixture.ts';
import type { Blocker } from './blocker.ts';
import { CommandError } from './run-command.ts';
import { openActiveResponse } from '../active-response.ts';
import { createResponseMetrics } from '../metrics.ts';
import { watchBlocker } from './watch-blocker.ts';

const range = (text: string) => parseIpRange(text) as IpRange;
const ALLOWED = range('203.0.113.64/26');
const NEVER = [
  '127.0.0.0/8',
  '::1/128',
  '0.0.0.0/8',
  '224.0.0.0/4',
  'ff00::/8',
  '240.0.0.0/4',
  '169.254.0.0/16',
  'fe80::/10',
  '192.0.2.0/24',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  '203.0.113.64/26',
].map(range);

/** A firewall in memory that can be told to refuse, and that others can change. */
function createModelFirewall() {
  const held = new Set<IpAddress>();
  const state = { refuses: false };
  const obey = (): void => {
    if (state.refuses) throw new CommandError('model', 'failed', 'said no');
  };
  const blocker: Blocker = {
    name: 'model',
    isSimulated: false,
    async block(address) {
      obey();
      held.add(address);
      return 'added';
    },
    async blockAll(blocks) {
      for (const { address } of blocks) {
        obey();
        held.add(address);
      }
      return blocks.map(() => 'added');
    },
    async unblock(addresses) {
      obey();
      for (const address of addresses) held.delete(address);
      return addresses.map(() => 'removed');
    },
    async reconcile(wanted) {
      obey();
      held.clear();
      for (const { address } of wanted) held.add(address);
      return { applied: 0, removed: 0, rebuilt: false };
    },
    async clear() {
      obey();
      held.clear();
      return 'cleared';
    },
  };
  return { blocker, held, state };
}

const host = fc.constantFrom(
  ...['203.0.113.1', '203.0.113.2', '203.0.113.3', '2001:db8::1', '198.51.100.1', '203.0.113.70'],
  ...['127.0.0.1', '::ffff:127.0.0.1', '10.0.0.1', '::ffff:192.168.1.1', '::1', '0.0.0.0', '::'],
  ...['255.255.255.255', '224.0.0.1', 'ff02::1', 'fe80::1', '192.0.2.7', '169.254.169.254'],
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('alert' as const), host }) },
  fc.record({
    do: fc.constant('alerts' as const),
    hosts: fc.array(host, { minLength: 2, maxLength: 6 }),
  }),
  fc.record({ do: fc.constant('unblock' as const), host }),
  fc.record({ do: fc.constant('refuses' as const), refuses: fc.boolean() }),
  fc.record({ do: fc.constant('own' as const), host }),
  fc.record({ do: fc.constant('flush' as const) }),
  fc.record({ do: fc.constant('time' as const), hours: fc.integer({ min: 1, max: 3 }) }),
);

describe('openActiveResponse()', () => {
  it('openActiveResponse() makes the firewall equal to the ledger and blocks nobody who is protected', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const directory = await makeFolder();
        const clock = createClock();
        const { blocker, held, state } = createModelFirewall();
        const own = new Set<IpAddress>();
        const metrics = createResponseMetrics({
          activeBlocks: () => 0,
          auditPending: () => 0,
          damagedEntries: () => 0,
          holds: () => 1,
          heldBack: () => 0,
          points: () => [],
          onLimit: ignoreLimits,
        });
        const active = await openActiveResponse({
          directory,
          store: createMemoryStore(),
          blocker: watchBlocker(blocker, metrics),
          remotePoints: [],
          policy: () => ({ ...POLICY, allowlist: [ALLOWED], ownAddresses: [...own] }),
          metrics,
          onLimit: metrics.onLimit,
          now: clock.now,
          refresh: () => undefined,
          monotonicMs: clock.monotonicMs,
          boot: clock.boot(),
          logger: silentLogger,
          assertHeld: async () => undefined,
        });
        try {
          for (const [n, one] of steps.entries()) {
            switch (one.do) {
              case 'alert': {
                const alert = makeAlert({
                  alert_id: `a${n}`,
                  source_ip: one.host,
                  last_seen: clock.now().toISOString(),
                });
                const decision = await active.responder.respond(alert).catch(() => undefined);
                if (decision?.outcome === 'blocked')
                  expect(held.has(decision.source_ip as IpAddress)).toBe(true);
                if (decision === undefined) expect(state.refuses).toBe(true);
                break;
              }
              case 'alerts': {
                const alerts = one.hosts.map((source_ip, index) =>
                  makeAlert({
                    alert_id: `a${n}-${index}`,
                    source_ip,
                    last_seen: clock.now().toISOString(),
                  }),
                );
                const decisions = await active.responder.respondAll(alerts).catch(() => undefined);
                if (decisions === undefined) expect(state.refuses).toBe(true);
                expect(decisions?.length ?? alerts.length).toBe(alerts.length);
                for (const decision of decisions ?? [])
                  if (decision.outcome === 'blocked')
                    expect(held.has(decision.source_ip as IpAddress)).toBe(true);
                break;
              }
              case 'unblock':
                await active.responder.unblock(ip(one.host), 'test').catch(() => undefined);
                break;
              case 'refuses':
                state.refuses = one.refuses;
                break;
              case 'own':
                own.add(ip(one.host));
                break;
              case 'flush':
                held.clear();
                held.add(ip('203.0.113.200'));
                break;
              case 'time':
                clock.advance(one.hours * HOUR_MS);
                break;
              default:
                one satisfies never;
            }
            for (const address of held)
              expect(NEVER.some((never) => isInRange(address, never))).toBe(false);
          }
          state.refuses = false;
          await active.responder.liftExpired('test');
          await active.responder.liftProtected();
          await active.responder.reconcile();
          const wanted = active.ledger.blocks.inForce().map((block) => block.address);
          expect([...held].toSorted()).toEqual(wanted.toSorted());
          for (const address of held) expect(own.has(address)).toBe(false);
        } finally {
          await active.stop();
          await removeFolder(directory);
        }
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});
