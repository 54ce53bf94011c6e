/** How long blocks last over restarts, when somebody sets the wall clock. */
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Decision } from '@mini-soc/model';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import {
  createClock,
  HOUR_MS,
  ip,
  makeFolder,
  openLedgerOf,
  removeFolder,
  type Clock,
} from '../../test/response-fixture.ts';
import { encodeEntry } from './journal-lines.ts';
import type { Ledger } from './ledger.ts';

let folder: string;
let clock: Clock;
const opened: Ledger[] = [];
beforeEach(async () => {
  folder = await makeFolder();
  clock = createClock();
});
afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
  await removeFolder(folder);
});

/** What a new process sees; the old one was killed. */
async function open(directory = folder): Promise<Ledger> {
  const ledger = await openLedgerOf(directory, clock);
  opened.push(ledger);
  return ledger;
}

const A = ip('203.0.113.7');
const decision = (id = 'a', hours = 1): Decision => ({
  decision_id: id,
  alert_id: `alert-${id}`,
  action: 'block',
  outcome: 'blocked',
  source_ip: A,
  rule_name: 'BruteForceRule',
  severity: 'high',
  reason: 'Blocked',
  since: clock.now().toISOString(),
  until: new Date(clock.now().getTime() + hours * HOUR_MS).toISOString(),
  simulated: true,
});
const set = (byMs: number): void => clock.set(clock.now().getTime() + byMs);
const left = (ledger: Ledger) => ledger.blocks.find(A)?.msLeft;

describe('openLedger() and clocks', () => {
  it('openLedger() ends nothing when the clock was set one hour forward', async () => {
    await (await open()).record([{ decision: decision() }]);
    clock.advance(600_000);
    set(HOUR_MS);
    expect(left(await open())).toBe(HOUR_MS - 600_000);
  });

  it('openLedger() renews nothing when the clock was set one hour back, nor at nine restarts', async () => {
    await (await open()).record([{ decision: decision() }]);
    set(-HOUR_MS);
    for (let n = 1; n <= 9; n += 1) {
      clock.advance(60_000);
      expect(left(await open())).toBe(HOUR_MS - n * 60_000);
    }
  });

  it('openLedger() goes by the wall clock when the system was started again', async () => {
    await (await open()).record([{ decision: decision() }]);
    clock.advance(600_000);
    clock.reboot();
    expect(left(await open())).toBe(HOUR_MS - 600_000);
  });

  it('openLedger() makes nothing longer when the clock is wrong after the system was started again', async () => {
    await (await open()).record([{ decision: decision() }]);
    clock.advance(600_000);
    clock.reboot();
    set(-HOUR_MS);
    const ledger = await open();
    expect(left(ledger)).toBe(HOUR_MS);
    await ledger.noteClocks();
    clock.advance(60_000);
    expect(left(await open())).toBe(HOUR_MS - 60_000);
  });

  it('openLedger() remembers over a restart of the system that the clock was set before it', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision() }]);
    clock.advance(600_000);
    set(HOUR_MS);
    await ledger.noteClocks();
    clock.advance(600_000);
    clock.reboot();
    expect(left(await open())).toBe(HOUR_MS - 1_200_000);
  });

  it('openLedger() notes the clocks once, not at each look', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision() }]);
    const sizes = new Set<number>();
    for (let n = 0; n < 5; n += 1) {
      await ledger.noteClocks();
      sizes.add((await open()).answers().length);
    }
    expect(sizes).toEqual(new Set([1]));
  });

  it('openLedger() reads ledgers without clocks, and knows from then on what passes', async () => {
    const entry = { kind: 'decision', decision: decision() };
    await appendFile(path.join(folder, 'ledger.ndjson'), encodeEntry(entry));
    clock.advance(600_000);
    const ledger = await open();
    expect(left(ledger)).toBe(HOUR_MS - 600_000);
    await ledger.noteClocks();
    set(HOUR_MS);
    clock.advance(60_000);
    expect(left(await open())).toBe(HOUR_MS - 660_000);
  });

  it('openLedger() counts the blocks of the last minute, whatever the wall clock says', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision() }]);
    set(HOUR_MS);
    expect((await open()).recentBlocks()).toBe(1);
    clock.advance(60_000);
    expect((await open()).recentBlocks()).toBe(0);
  });

  it('openLedger() makes a further block longer by the blocks there were, whatever the clock says', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision() }]);
    set(2 * HOUR_MS);
    expect(ledger.earlierBlocks(A)).toBe(0);
    await ledger.record([{ decision: decision('b') }]);
    expect(ledger.earlierBlocks(A)).toBe(0);
    expect((await open()).earlierBlocks(A)).toBe(0);
  });

  it('openLedger() measures the time that really passed, over restarts, set clocks and rewrites', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('passes' as const), ms: fc.nat(400_000) }),
      fc.record({ do: fc.constant('set' as const), ms: fc.integer({ min: -1e7, max: 1e7 }) }),
      fc.record({ do: fc.constantFrom('restart' as const, 'reboot' as const, 'rewrite' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const directory = await makeFolder();
        try {
          clock = createClock();
          let ledger = await open(directory);
          await ledger.record([{ decision: decision() }]);
          let passedMs = 0;
          /** Of corrections so small that they are not noted: a restart of the system cannot tell them from time. */
          let correctedMs = 0;
          for (const one of steps)
            switch (one.do) {
              case 'passes':
                clock.advance(one.ms);
                passedMs += one.ms;
                break;
              case 'set':
                set(one.ms);
                await ledger.noteClocks();
                if (Math.abs(one.ms) <= 2000) correctedMs += Math.abs(one.ms);
                break;
              case 'reboot':
              case 'restart':
                if (one.do === 'reboot') clock.reboot();
                ledger = await open(directory);
                await ledger.noteClocks();
                break;
              case 'rewrite': {
                const details = { text: 'x'.repeat(5_000_000) };
                await ledger.addAudit({
                  '@timestamp': clock.now().toISOString(),
                  block_id: 'large',
                  kind: 'refused',
                  action_taken: '',
                  details,
                });
                await ledger.forgetAudit(['large']);
                break;
              }
              default:
                one satisfies never;
            }
          const expected = Math.max(0, HOUR_MS - passedMs);
          const measured = left(await open(directory)) ?? 0;
          expect(Math.abs(measured - expected)).toBeLessThanOrEqual(steps.length + 1 + correctedMs);
        } finally {
          for (const ledger of opened.splice(0)) await ledger.close();
          await removeFolder(directory);
        }
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});
