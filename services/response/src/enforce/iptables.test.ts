/** With a fake of the programs; test/firewall.integration.test.ts has the real ones. */
import { describe, expect, it } from 'vitest';
import { createFakeFirewall, denied, missing, refused } from '../../test/fake-firewall.ts';
import { ip } from '../../test/response-fixture.ts';
import { createIptablesBlocker, probeIptables } from './iptables.ts';
import { addressOfRule, chainInput, FAMILIES, readRules } from './iptables-rules.ts';
import { readSet } from './ipset-script.ts';

const EMPTY = '-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n';
const OURS = `${EMPTY}-N MINI_SOC\n-A INPUT -j MINI_SOC\n-A INPUT -p tcp -j ACCEPT\n-A FORWARD -j MINI_SOC\n`;
const [v4] = FAMILIES;

describe('readRules()', () => {
  it('readRules() knows when every entrance begins with the one jump', () => {
    expect(readRules(OURS)).toMatchObject({ hasChain: true, isEntered: true, rules: [] });
  });

  it.each([
    ['nothing of ours', EMPTY],
    [
      'a rule before the jump',
      OURS.replace('-A INPUT -j', '-A INPUT -p tcp -j ACCEPT\n-A INPUT -j'),
    ],
    ['two jumps', `${OURS}-A INPUT -j MINI_SOC\n`],
    ['no jump from FORWARD', OURS.replace('-A FORWARD -j MINI_SOC\n', '')],
  ])('readRules() finds %s', (_what, text) => {
    const present = readRules(text);
    expect(present.isEntered).toBe(false);
    const input = chainInput(present, ['-s 203.0.113.7/32 -j DROP']);
    expect(input.match(/^-I (INPUT|FORWARD) 1 -j MINI_SOC$/gm)).toHaveLength(2);
    expect(input.match(/^-D INPUT -j MINI_SOC$/gm) ?? []).toHaveLength(present.jumps.INPUT);
    expect(input).toMatch(/^\*filter\n:MINI_SOC - \[0:0\]\n[\s\S]*COMMIT\n$/);
  });

  it.each([
    ['-s 203.0.113.7/32 -j DROP', '203.0.113.7'],
    ['-s 203.0.113.0/24 -j DROP', undefined],
    ['-s 203.0.113.7/32 -j ACCEPT', undefined],
    ['-s 203.0.113.7/32 -p tcp -j DROP', undefined],
    ['-s 2001:db8::1/32 -j DROP', undefined],
  ])('addressOfRule(%j) is %s', (rule, address) => {
    expect(v4 === undefined ? '' : addressOfRule(v4, rule)).toBe(address);
  });
});

describe('readSet()', () => {
  it('readSet() reads addresses with their seconds left, and nothing else', () => {
    const text =
      'create mini-soc-4 hash:ip family inet timeout 0\nadd mini-soc-4 203.0.113.7 timeout 12\nadd mini-soc-4 203.0.113.8 timeout 0\nadd mini-soc-4 nonsense\n';
    expect([...readSet(text)]).toEqual([
      ['203.0.113.7', 12],
      ['203.0.113.8', undefined],
    ]);
  });
});

describe('createIptablesBlocker()', () => {
  it.each([true, false])(
    'createIptablesBlocker() blocks many at once (sets: %s)',
    async (hasSets) => {
      const fake = createFakeFirewall();
      fake.answer = ({ parameters }) => (parameters.includes('-S') ? OURS : '');
      const addresses = ['203.0.113.1', '203.0.113.2', '2001:db8::1', '203.0.113.3'].map(ip);
      const actions = await createIptablesBlocker(fake.run, hasSets).blockAll(
        addresses.map((address) => ({ address, msLeft: 60_000 })),
      );
      for (const [index, address] of addresses.entries()) expect(actions[index]).toContain(address);
      const written = fake.calls.map(({ parameters, input }) => [...parameters, input].join(' '));
      for (const address of addresses)
        expect(written.filter((text) => text.includes(address))).toHaveLength(1);
      expect(fake.calls.length).toBeLessThanOrEqual(6);
    },
  );

  it('createIptablesBlocker() gives each address to its family', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ parameters }) => (parameters.includes('-S') ? OURS : '');
    const blocker = createIptablesBlocker(fake.run, false);
    expect(await blocker.block(ip('203.0.113.7'), 1000)).toBe(
      '[ENFORCED] iptables -A MINI_SOC -s 203.0.113.7/32 -j DROP',
    );
    expect(await blocker.block(ip('2001:db8::1'), 1000)).toBe(
      '[ENFORCED] ip6tables -A MINI_SOC -s 2001:db8::1/128 -j DROP',
    );
    expect(fake.calls.filter(({ parameters }) => parameters.includes('-A'))).toEqual([
      {
        program: 'iptables',
        parameters: ['-w', '5', '-A', 'MINI_SOC', '-s', '203.0.113.7/32', '-j', 'DROP'],
        input: undefined,
      },
      {
        program: 'ip6tables',
        parameters: ['-w', '5', '-A', 'MINI_SOC', '-s', '2001:db8::1/128', '-j', 'DROP'],
        input: undefined,
      },
    ]);
  });

  it('createIptablesBlocker() puts a new address into a set with its time, and makes the way there', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ parameters }) => (parameters.includes('-S') ? EMPTY : '');
    await createIptablesBlocker(fake.run, true).block(ip('203.0.113.7'), 60_000);
    expect(fake.calls.map(({ program }) => program)).toEqual([
      'ipset',
      'iptables',
      'iptables-restore',
    ]);
    expect(fake.calls[0]?.input).toContain('\nadd mini-soc-4 203.0.113.7 timeout 60\n');
    expect(fake.calls[2]?.input).toContain(
      '-A MINI_SOC -m set --match-set mini-soc-4 src -j DROP\n',
    );
  });

  it('createIptablesBlocker() is not content with half: a refused rule is a refused block', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ program }) =>
      program === 'iptables-restore' ? refused(program) : program === 'iptables' ? EMPTY : '';
    await expect(
      createIptablesBlocker(fake.run, true).block(ip('203.0.113.7'), 60_000),
    ).rejects.toMatchObject({ code: 'FIREWALL_FAILED' });
  });
});

describe('probeIptables()', () => {
  it('probeIptables() says that sets work, or that they do not', async () => {
    const fake = createFakeFirewall();
    expect(await probeIptables(fake.run)).toBe(true);
    fake.answer = ({ program }) => (program === 'ipset' ? missing(program) : '');
    expect(await probeIptables(fake.run)).toBe(false);
  });

  it('probeIptables() wants both families', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ program }) => (program === 'ip6tables' ? denied(program) : '');
    await expect(probeIptables(fake.run)).rejects.toMatchObject({ failure: 'denied' });
  });
});
