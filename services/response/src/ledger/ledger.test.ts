import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseIpRange, type Block, type Decision, type IpRange } from '@mini-soc/model';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import {
  createClock,
  HOUR_MS,
  ip,
  makeFolder,
  openLedgerOf,
  removeFolder,
  START,
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

/** What a new process would see; the old one is not closed, as after kill -9. */
async function open(directory = folder): Promise<Ledger> {
  const ledger = await openLedgerOf(directory, clock);
  opened.push(ledger);
  return ledger;
}

const file = () => path.join(folder, 'ledger.ndjson');
const A = '203.0.113.7';
function decision(id: string, hours = 1, source_ip = A): Decision {
  return {
    decision_id: id,
    alert_id: `alert-${id}`,
    action: 'block',
    outcome: 'blocked',
    source_ip,
    rule_name: 'BruteForceRule',
    severity: 'high',
    reason: 'Blocked',
    since: clock.now().toISOString(),
    until: new Date(clock.now().getTime() + hours * HOUR_MS).toISOString(),
    simulated: true,
  };
}
const audit = (id: string, kind: Block['kind'] = 'blocked'): Block => ({
  '@timestamp': new Date(START).toISOString(),
  block_id: id,
  kind,
  action_taken: 'nothing',
  details: {},
});
const range = (text: string) => parseIpRange(text) as IpRange;

/** Everything that must survive. */
function stateOf(ledger: Ledger) {
  return {
    blocks: ledger.blocks
      .inForce()
      .map((block) => [
        block.address,
        block.since,
        block.msLeft,
        block.decisions.map((one) => one.decision_id),
      ]),
    allowed: ledger
      .allowed()
      .map((one) => one.text)
      .toSorted(),
    pending: ledger.pendingAudit(),
    answers: ['a', 'b', 'c', 'd'].map((id) => ledger.answerTo(`alert-${id}`, 'high')?.decision_id),
  };
}

describe('openLedger()', () => {
  it('openLedger() finds everything again without having been closed', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision('a', 4), audit: audit('x') }]);
    await ledger.record([{ decision: decision('b', 2), audit: audit('y') }]);
    await ledger.record([{ decision: decision('c', 1, '2001:db8::1') }]);
    await ledger.end([{ address: ip('2001:db8::1'), audit: audit('z', 'unblocked') }]);
    await ledger.allow(range('198.51.100.0/24'));
    await ledger.allow(range('2001:db8:1::/48'));
    await ledger.disallow(range('198.51.100.0/24'));
    await ledger.forgetAudit(['x']);
    const again = await open();
    expect(stateOf(again)).toEqual(stateOf(ledger));
    expect(stateOf(again)).toEqual({
      blocks: [[A, new Date(START).toISOString(), 4 * HOUR_MS, ['a', 'b']]],
      allowed: ['2001:db8:1::/48'],
      pending: ['y', 'z'],
      answers: ['a', 'b', 'c', undefined],
    });
  });

  it('openLedger() measures on the wall clock what passed while nobody ran', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision('a', 4) }]);
    await ledger.record([{ decision: decision('b', 1, '203.0.113.8') }]);
    clock.advance(2 * HOUR_MS);
    const again = await open();
    expect(again.blocks.inForce().map((block) => [block.address, block.msLeft])).toEqual([
      [A, 2 * HOUR_MS],
    ]);
    expect(again.blocks.due().map((block) => block.address)).toEqual(['203.0.113.8']);
  });

  it('openLedger() makes no block longer than it was meant, though the clock went back (K19)', async () => {
    await (await open()).record([{ decision: decision('a', 1) }]);
    clock.set(START - 24 * HOUR_MS);
    expect((await open()).blocks.find(ip(A))?.msLeft).toBe(HOUR_MS);
  });

  it('openLedger() counts the blocks of the last minute over a restart', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision('a') }]);
    await ledger.record([{ decision: decision('b') }]);
    await ledger.record([{ decision: decision('c', 1, '203.0.113.8') }]);
    expect(ledger.recentBlocks()).toBe(2);
    clock.advance(59_000);
    expect((await open()).recentBlocks()).toBe(2);
    clock.advance(1000);
    expect(ledger.recentBlocks()).toBe(0);
    expect((await open()).recentBlocks()).toBe(0);
  });

  it('openLedger() names damaged entries, keeps the rest, and is sound the next time (K21)', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision('a', 1, '203.0.113.1') }]);
    await ledger.record([{ decision: decision('b', 1, '203.0.113.2') }]);
    await ledger.record([{ decision: decision('c', 1, '203.0.113.3') }]);
    const bytes = await readFile(file());
    const at = bytes.indexOf('203.0.113.2');
    bytes[at] = 0xff;
    await writeFile(file(), bytes);
    const again = await open();
    expect(again.problems).toEqual(['Entry 3 of "ledger.ndjson" is damaged and was passed over']);
    expect(stateOf(again).answers).toEqual(['a', undefined, 'c', undefined]);
    expect((await open()).problems).toEqual([]);
    expect(await readdir(folder)).toContain('ledger.ndjson.damaged');
  });

  it('openLedger() passes over whole entries of a shape it does not know', async () => {
    await appendFile(file(), encodeEntry({ kind: 'ended', x: 1 }));
    await appendFile(file(), encodeEntry({ kind: 'decision', decision: decision('a') }));
    const ledger = await open();
    expect(ledger.problems).toEqual([
      'Whole entry 1 of "ledger.ndjson" has an unknown shape and was passed over',
    ]);
    expect(ledger.blocks.count()).toBe(1);
  });

  it('openLedger() stays small and forgets nothing when it is rewritten', async () => {
    const ledger = await open();
    await ledger.record([{ decision: decision('a', 4) }]);
    await ledger.record([{ decision: decision('b', 2) }]);
    await ledger.end([{ address: ip(A), audit: audit('gone', 'unblocked'), decisionId: 'b' }]);
    await ledger.allow(range('198.51.100.0/24'));
    const large = { text: 'x'.repeat(500_000) };
    for (let n = 0; n < 20; n += 1) {
      await ledger.addAudit({ ...audit(`large-${n}`), details: large });
      await ledger.forgetAudit([`large-${n}`]);
    }
    const before = stateOf(ledger);
    expect((await readFile(file())).length).toBeLessThan(6_000_000);
    expect(stateOf(await open())).toEqual(before);
  });

  it('openLedger() gives up no audit document for memory: it reads them again, also after a rewrite', async () => {
    const ledger = await open();
    const large = (n: number) => ({ text: String(n).repeat(500_000) });
    const ids = Array.from({ length: 40 }, (_none, n) => `large-${n}`);
    for (const [n, id] of ids.entries())
      await ledger.addAudit({ ...audit(id), details: large(n % 10) });
    expect(ledger.pendingAudit()).toEqual(ids);
    const check = async (one: Ledger): Promise<void> => {
      for (const [n, id] of ids.entries()) {
        const [block] = await one.readAudit([id]);
        const { chain, ...own } = block?.details ?? {};
        expect(chain).toMatchObject({ seq: n + 1 });
        expect(own).toEqual(large(n % 10));
      }
    };
    await check(ledger);
    await check(await open());
    await ledger.forgetAudit(ids.slice(0, 30));
    expect(ledger.pendingAudit()).toEqual(ids.slice(30));
  });

  it('openLedger() puts what was blocked or freed before what was refused', async () => {
    const ledger = await open();
    for (const [n, kind] of (['refused', 'blocked', 'ticketed', 'unblocked'] as const).entries())
      await ledger.addAudit(audit(`${n}`, kind));
    expect(ledger.pendingAudit()).toEqual(['1', '3', '0', '2']);
    expect(ledger.pendingAudit(3)).toEqual(['1', '3', '0']);
  });

  it('openLedger() says in one sentence that it cannot be opened', async () => {
    const taken = path.join(folder, 'file');
    await writeFile(taken, '');
    await expect(open(taken)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/^Cannot open the ledger ".*ledger\.ndjson": E/),
    });
    await mkdir(path.join(folder, 'other', 'ledger.ndjson'), { recursive: true });
    await expect(open(path.join(folder, 'other'))).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('openLedger() says why it could not write, and changes nothing', async () => {
    const ledger = await open();
    await ledger.close();
    await expect(ledger.record([{ decision: decision('a') }])).rejects.toMatchObject({
      retryable: true,
    });
    expect(ledger.failure()).toMatch(/^Cannot write /);
    expect(ledger.blocks.count()).toBe(0);
    expect(ledger.answerTo('alert-a', 'high')).toBeUndefined();
  });
});

describe('openLedger() after any cut', () => {
  type Step =
    | { readonly do: 'block'; readonly id: string; readonly host: number; readonly hours: number }
    | { readonly do: 'end'; readonly host: number; readonly id: string | undefined }
    | { readonly do: 'allow' | 'disallow'; readonly host: number }
    | { readonly do: 'forget'; readonly id: string };
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const host = fc.integer({ min: 1, max: 3 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      do: fc.constant('block' as const),
      id,
      host,
      hours: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ do: fc.constant('end' as const), host, id: fc.option(id, { nil: undefined }) }),
    fc.record({ do: fc.constantFrom('allow' as const, 'disallow' as const), host }),
    fc.record({ do: fc.constant('forget' as const), id }),
  );
  const run = (ledger: Ledger, one: Step): Promise<unknown> => {
    switch (one.do) {
      case 'block':
        return ledger.record([
          { decision: decision(one.id, one.hours, `203.0.113.${one.host}`), audit: audit(one.id) },
        ]);
      case 'end':
        return ledger.end([
          {
            address: ip(`203.0.113.${one.host}`),
            audit: audit('end', 'unblocked'),
            ...(one.id === undefined ? {} : { decisionId: one.id }),
          },
        ]);
      case 'allow':
        return ledger.allow(range(`198.51.100.${one.host}/32`));
      case 'disallow':
        return ledger.disallow(range(`198.51.100.${one.host}/32`));
      case 'forget':
        return ledger.forgetAudit([one.id]);
      default:
        return one satisfies never;
    }
  };

  it('openLedger() of a cut journal is an earlier state', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (steps, cut) => {
          const directory = await makeFolder();
          try {
            const ledger = await open(directory);
            const states = [stateOf(ledger)];
            for (const one of steps) {
              await run(ledger, one);
              states.push(stateOf(ledger));
            }
            const journal = path.join(directory, 'ledger.ndjson');
            const bytes = await readFile(journal);
            await writeFile(journal, bytes.subarray(0, cut % (bytes.length + 1)));
            const again = await open(directory);
            expect(again.problems).toEqual([]);
            expect(states).toContainEqual(stateOf(again));
          } finally {
            await removeFolder(directory);
          }
        },
      ),
      { numRuns: propertyRuns(60) },
    );
  });
});
