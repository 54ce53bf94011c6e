/** With fakes of the programs; test/firewall.integration.test.ts has the real ones. */
import { describe, expect, it } from 'vitest';
import { createFakeFirewall, denied, missing } from '../../test/fake-firewall.ts';
import { openFirewall, type FirewallWish } from './open-firewall.ts';

/** Programs that answer; the others are not installed. */
function machine(...installed: readonly string[]) {
  const fake = createFakeFirewall();
  fake.answer = ({ program, parameters }) => {
    if (!installed.includes(program)) return missing(program);
    return program === 'ufw' && parameters[0] === 'status' ? 'Status: active\n' : '';
  };
  return fake.run;
}
const IPTABLES = ['iptables', 'ip6tables', 'iptables-restore', 'ip6tables-restore'];

describe('openFirewall()', () => {
  it.each([
    ['auto', ['nft', ...IPTABLES, 'ipset', 'ufw'], 'nftables'],
    ['auto', [...IPTABLES, 'ipset', 'ufw'], 'iptables with ipset'],
    ['auto', [...IPTABLES, 'ufw'], 'iptables'],
    ['auto', ['ufw'], 'ufw'],
    ['iptables', ['nft', ...IPTABLES], 'iptables'],
    ['ufw', ['nft', ...IPTABLES, 'ufw'], 'ufw'],
  ] as const)('openFirewall(%s) with %j takes %s', async (wish, installed, name) => {
    expect((await openFirewall(wish, machine(...installed))).name).toBe(name);
  });

  it.each([
    ['auto', 'nft is not installed; iptables is not installed; ufw is not installed'],
    ['nftables', 'nft is not installed'],
    ['iptables', 'iptables is not installed'],
    ['ufw', 'ufw is not installed'],
  ] as readonly (readonly [FirewallWish, string])[])(
    'openFirewall(%s) says in one sentence why none can be used',
    async (wish, why) => {
      await expect(openFirewall(wish, machine())).rejects.toMatchObject({
        code: 'USAGE',
        message: `Cannot enforce blocks (RESPONSE_MODE=enforce, RESPONSE_FIREWALL=${wish}): ${why}`,
      });
    },
  );

  it('openFirewall() names the right that is missing', async () => {
    const fake = createFakeFirewall();
    fake.answer = ({ program }) => (program === 'nft' ? denied('nft') : missing(program));
    await expect(openFirewall('auto', fake.run)).rejects.toThrow(
      /needs the capability NET_ADMIN \(.*\): nft said "Operation not permitted"$/,
    );
  });
});
