/** Whatever happens on the way, a remote point ends with what the ledger has. */
import { AppError, type IpAddress } from '@mini-soc/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ip, silentLogger } from '../../test/response-fixture.ts';
import { followLedger, type Follower } from './follow-ledger.ts';
import type { RemoteBlocker } from './point.ts';
import type { ToldAddresses } from './told-addresses.ts';

const address = fc.constantFrom('203.0.113.1', '203.0.113.2', '203.0.113.3', '2001:db8::1');
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('block' as const), address }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lift' as const), address }) },
  /** How the next calls end: done, refused, or done and nobody hears of it. */
  fc.record({
    do: fc.constant('calls' as const),
    end: fc.constantFrom('well' as const, 'before' as const, 'after' as const),
  }),
  fc.record({ do: fc.constant('restart' as const) }),
  fc.record({ do: fc.constant('compare' as const) }),
  fc.record({ do: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 12 }) }),
);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Notes that outlive the follower, as on a disk. */
function createNotes(): ToldAddresses {
  const told = new Set<IpAddress>();
  return {
    has: (one) => told.has(one),
    all: () => [...told],
    async add(addresses) {
      for (const one of addresses) told.add(one);
    },
    async remove(addresses) {
      for (const one of addresses) told.delete(one);
    },
    close: async () => undefined,
  };
}

it('followLedger() ends whenever it is stopped, also when the point never answers', async () => {
  for (let turns = 0; turns < 8; turns += 1) {
    const told = createNotes();
    const follower = followLedger({
      name: 'model',
      point: { apply: () => new Promise(() => undefined) },
      told: {
        ...told,
        async add(addresses) {
          await turn();
          await told.add(addresses);
        },
      },
      wanted: () => [{ address: ip('203.0.113.1'), msLeft: 1000 }],
      find: (one) => ({ address: one, msLeft: 1000 }),
      assertHeld: async () => void (await turn()),
      pause: async () => void (await turn()),
      logger: silentLogger,
    });
    follower.start();
    for (let n = 0; n < turns; n += 1) await turn();
    await follower.stop();
    expect(follower.state()).toMatchObject({ acknowledged: 0 });
  }
});

it.each([true, false])(
  'followLedger() ends with the blocks of the ledger; the point can say what it has: %s',
  async (canList) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const wanted = new Set<IpAddress>();
        const held = new Set<IpAddress>();
        const told = createNotes();
        let end: 'well' | 'before' | 'after' = 'well';
        let number = 0;
        const fail = (): never => {
          throw new AppError('POINT_FAILED', 'It is away', { retryable: true });
        };
        const point: RemoteBlocker = {
          async apply(changes) {
            await turn();
            if (end === 'before') fail();
            for (const change of changes)
              if (change.kind === 'lift') held.delete(change.address);
              else held.add(change.address);
            return end === 'after' ? fail() : [];
          },
          ...(canList ? { list: async () => (end === 'well' ? [...held] : fail()) } : {}),
        };
        const start = (): Follower => {
          const follower = followLedger({
            name: 'model',
            point,
            told,
            wanted: () => [...wanted].map((one) => ({ address: one, msLeft: 1000 })),
            find: (one) => (wanted.has(one) ? { address: one, msLeft: 1000 } : undefined),
            assertHeld: async () => undefined,
            pause: async () => void (await turn()),
            logger: silentLogger,
          });
          follower.start();
          return follower;
        };
        let follower = start();
        for (const one of steps)
          switch (one.do) {
            case 'block':
              wanted.add(ip(one.address));
              follower.note(ip(one.address), (number += 1));
              break;
            case 'lift':
              wanted.delete(ip(one.address));
              follower.note(ip(one.address), (number += 1));
              break;
            case 'calls':
              end = one.end;
              break;
            case 'restart':
              await follower.stop();
              number = 0;
              follower = start();
              break;
            case 'compare':
              follower.compare();
              break;
            case 'wait':
              for (let n = 0; n < one.turns; n += 1) await turn();
              break;
            default:
              one satisfies never;
          }
        end = 'well';
        for (let n = 0; n < 1000; n += 1) {
          const { ok, behind } = follower.state();
          if (ok && behind === 0) break;
          await turn();
        }
        const state = follower.state();
        await follower.stop();
        expect(state).toMatchObject({ ok: true, behind: 0, acknowledged: number });
        expect([...held].toSorted()).toEqual([...wanted].toSorted());
      }),
    );
  },
);
