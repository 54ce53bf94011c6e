/** With a fake of the program nft; test/firewall.integration.test.ts has the real one. */
import { describe, expect, it } from 'vitest';
import { absent, createFakeFirewall, refused } from '../../test/fake-firewall.ts';
import { ip } from '../../test/response-fixture.ts';
import { createNftablesBlocker, probeNftables } from './nftables.ts';
import { readTable, structure, timeoutSeconds } from './nftables-script.ts';

const HOUR_MS = 3_600_000;
type Command = Record<string, Record<string, Record<string, unknown>>>;
const sent = (fake: ReturnType<typeof createFakeFirewall>): Command[] =>
  fake.calls.flatMap(({ parameters }) =>
    parameters[1]?.startsWith('{') === true
      ? (JSON.parse(parameters[1]) as { nftables: Command[] }).nftables
      : [],
  );
/** What nft lists after our own commands. */
const listing = (elements: Readonly<Record<string, unknown[]>> = {}, more: object[] = []): string =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6' } },
      ...structure().flatMap((command) => {
        const add = (command as Command)['add'];
        if (add === undefined) return [];
        const set = add['set'];
        if (set === undefined) return [add];
        return [{ set: { ...set, handle: 3, elem: elements[String(set['name'])] ?? [] } }];
      }),
      ...more,
    ],
  });

describe('createNftablesBlocker()', () => {
  it('createNftablesBlocker() blocks by one call: a new element', async () => {
    const fake = createFakeFirewall();
    const blocker = createNftablesBlocker(fake.run);
    expect(await blocker.block(ip('::ffff:203.0.113.7'), 3_599_001)).toBe(
      '[ENFORCED] nft add element inet mini_soc blocked4 { 203.0.113.7 timeout 3600s }',
    );
    expect(fake.calls).toHaveLength(1);
    expect(fake.calls[0]).toMatchObject({ program: 'nft', input: undefined });
    expect(sent(fake)).toEqual([
      {
        create: {
          element: {
            family: 'inet',
            table: 'mini_soc',
            name: 'blocked4',
            elem: [{ elem: { val: '203.0.113.7', timeout: 3600 } }],
          },
        },
      },
    ]);
  });

  it('createNftablesBlocker() blocks many by one transaction for five hundred', async () => {
    const fake = createFakeFirewall();
    const blocks = Array.from({ length: 501 }, (_none, n) => ({
      address: ip(`45.1.${n >> 8}.${n & 255}`),
      msLeft: 60_000 + n,
    }));
    const actions = await createNftablesBlocker(fake.run).blockAll(blocks);
    expect(fake.calls).toHaveLength(2);
    expect(actions).toHaveLength(501);
    expect(actions[1]).toBe(
      '[ENFORCED] nft add element inet mini_soc blocked4 { 45.1.0.1 timeout 61s }',
    );
    const texts = fake.calls.map(({ parameters }) => String(parameters[1]));
    for (const { address } of blocks) expect(texts.join()).toContain(`"${address}"`);
  });

  it('createNftablesBlocker() writes structure and element in one transaction where the first way is refused', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ program }) => (fake.calls.length === 1 ? refused(program) : '');
    await createNftablesBlocker(fake.run).block(ip('203.0.113.7'), 3_599_001);
    expect(fake.calls).toHaveLength(2);
    expect(sent(fake).slice(1, structure().length + 1)).toEqual(structure());
    expect(sent(fake).at(-1)).toMatchObject({
      add: { element: { elem: [{ elem: { val: '203.0.113.7', timeout: 3600 } }] } },
    });
  });

  it('createNftablesBlocker() passes the refusal on', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ program }) => refused(program);
    await expect(createNftablesBlocker(fake.run).block(ip('203.0.113.7'), 1)).rejects.toMatchObject(
      {
        code: 'FIREWALL_FAILED',
        retryable: true,
        message: 'Cannot change the firewall: nft said "Device or resource busy"',
      },
    );
  });

  it('createNftablesBlocker() changes nothing where nobody is blocked and nothing is ours', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ program }) => absent(program);
    expect(await createNftablesBlocker(fake.run).reconcile([])).toEqual({
      applied: 0,
      removed: 0,
      rebuilt: false,
    });
    expect(sent(fake)).toEqual([]);
  });

  it('createNftablesBlocker() compares elements and their time left', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ parameters }) =>
      parameters.includes('list')
        ? listing({
            blocked4: [
              { elem: { val: '203.0.113.1', timeout: 3600, expires: 1799 } },
              { elem: { val: '203.0.113.2', timeout: 3600, expires: 60 } },
              '203.0.113.3',
              { elem: { val: '203.0.113.9', timeout: 9, expires: 9 } },
            ],
          })
        : '';
    const wanted = [1, 2, 3].map((n) => ({ address: ip(`203.0.113.${n}`), msLeft: HOUR_MS / 2 }));
    expect(await createNftablesBlocker(fake.run).reconcile(wanted)).toEqual({
      applied: 2,
      removed: 1,
      rebuilt: false,
    });
    const text = JSON.stringify(sent(fake));
    expect(text).not.toContain('203.0.113.1"');
    for (const address of ['203.0.113.2', '203.0.113.3', '203.0.113.9'])
      expect(text).toContain(address);
  });

  it('createNftablesBlocker() applies 1,000 blocks by two calls that fit an argument', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ parameters, program }) => (parameters.includes('list') ? absent(program) : '');
    const wanted = Array.from({ length: 1000 }, (_none, n) => ({
      address: ip(`2001:db8:ffff:ffff:ffff:ffff:ffff:${(0xf000 + n).toString(16)}`),
      msLeft: 1e12,
    }));
    await createNftablesBlocker(fake.run).reconcile(wanted);
    expect(fake.calls).toHaveLength(3);
    for (const call of fake.calls) expect((call.parameters[1] ?? '').length).toBeLessThan(131_072);
  });
});

describe('readTable()', () => {
  it('readTable() knows our table', () => {
    expect(readTable(listing())).toEqual({ isIntact: true, elements: new Map() });
  });

  it.each([
    ['another chain', { chain: { family: 'inet', table: 'mini_soc', name: 'input' } }],
    ['another set', { set: { name: 'more', type: 'ipv4_addr' } }],
    ['another rule', { rule: { chain: 'prerouting', expr: [{ accept: null }] } }],
    ['a kind it does not know', { map: { name: 'more' } }],
  ])('readTable() finds %s', (_what, object) => {
    expect(readTable(listing({}, [object])).isIntact).toBe(false);
  });

  it.each([
    ['a hook elsewhere', (text: string) => text.replace('"hook":"prerouting"', '"hook":"output"')],
    ['another priority', (text: string) => text.replace('-300', '0')],
    ['a rule that accepts', (text: string) => text.replace('"drop"', '"accept"')],
    ['a set without time-outs', (text: string) => text.replace('["timeout"]', '["interval"]')],
  ])('readTable() finds %s', (_what, change) => {
    expect(readTable(change(listing())).isIntact).toBe(false);
  });

  it('readTable() reads flags as newer versions write them', () => {
    expect(readTable(listing().replaceAll('["timeout"]', '"timeout"')).isIntact).toBe(true);
  });
});

describe('timeoutSeconds()', () => {
  it.each([
    [1, 1],
    [999, 1],
    [1001, 2],
    [60 * 86_400_000, 2_073_600],
    [Number.MAX_SAFE_INTEGER, 2_073_600],
  ])('timeoutSeconds(%d) is %d (K16)', (ms, seconds) => {
    expect(timeoutSeconds(ms)).toBe(seconds);
  });
});

describe('probeNftables()', () => {
  it('probeNftables() tries everything in a table of its own and removes it in the same call', async () => {
    const fake = createFakeFirewall();
    await probeNftables(fake.run);
    expect(fake.calls).toHaveLength(1);
    expect(JSON.stringify(sent(fake))).not.toContain('"mini_soc"');
    expect(sent(fake).at(-1)).toEqual({
      delete: { table: { family: 'inet', name: 'mini_soc_probe' } },
    });
  });
});
