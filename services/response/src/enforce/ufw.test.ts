/** With a fake of the program ufw; its answers are of ufw 0.36.2. */
import { describe, expect, it } from 'vitest';
import { createFakeFirewall } from '../../test/fake-firewall.ts';
import { ip } from '../../test/response-fixture.ts';
import { createUfwBlocker, probeUfw, readDenied } from './ufw.ts';

const ADDED = `Added user rules (see 'ufw status' for running firewall):
ufw deny from 203.0.113.7 comment 'mini-soc'
ufw deny from 198.51.100.9
ufw deny from 203.0.113.8 comment 'mini-soc of my own'
ufw allow 22/tcp
ufw deny from 2001:db8::1 comment 'mini-soc'
`;
function start(status = 'Status: active\n') {
  const fake = createFakeFirewall();
  fake.answer = ({ parameters }) =>
    parameters[0] === 'status' ? status : parameters[0] === 'show' ? ADDED : '';
  const changes = () =>
    fake.calls.flatMap(({ parameters }) =>
      ['prepend', 'delete'].includes(parameters[0] ?? '') ? [parameters.join(' ')] : [],
    );
  return { fake, changes, blocker: createUfwBlocker(fake.run) };
}

describe('createUfwBlocker()', () => {
  it('readDenied() knows our rules by their whole comment', () => {
    const { ours, others } = readDenied(ADDED);
    expect([...ours]).toEqual(['203.0.113.7', '2001:db8::1']);
    expect([...others]).toEqual(['198.51.100.9', '203.0.113.8']);
  });

  it('createUfwBlocker() adds a rule of ours once, and none where somebody denies already', async () => {
    const { blocker, changes } = start();
    for (const address of ['203.0.113.7', '198.51.100.9', '203.0.113.50', '2001:db8::50'])
      await blocker.block(ip(address), 1000);
    expect(changes()).toEqual([
      'prepend deny from 203.0.113.50 comment mini-soc',
      'prepend deny from 2001:db8::50 comment mini-soc',
    ]);
  });

  it('createUfwBlocker() adds the rules of many, each once', async () => {
    const { blocker, changes } = start();
    const addresses = ['203.0.113.7', '203.0.113.50', '203.0.113.51', '203.0.113.50'].map(ip);
    const actions = await blocker.blockAll(addresses.map((address) => ({ address, msLeft: 1000 })));
    expect(actions).toHaveLength(4);
    expect(changes()).toEqual([
      'prepend deny from 203.0.113.50 comment mini-soc',
      'prepend deny from 203.0.113.51 comment mini-soc',
    ]);
  });

  it('createUfwBlocker() removes no rule of others', async () => {
    const { blocker, changes } = start();
    await blocker.unblock([ip('198.51.100.9'), ip('203.0.113.8'), ip('203.0.113.7')]);
    expect(changes()).toEqual(['delete deny from 203.0.113.7']);
    await blocker.clear();
    expect(changes().slice(1)).toEqual([
      'delete deny from 203.0.113.7',
      'delete deny from 2001:db8::1',
    ]);
  });

  it('createUfwBlocker() changes ten rules in one comparison at most', async () => {
    const { blocker, changes } = start();
    const wanted = Array.from({ length: 40 }, (_none, n) => ({
      address: ip(`203.0.113.${100 + n}`),
      msLeft: 1000,
    }));
    expect(await blocker.reconcile(wanted)).toEqual({ applied: 10, removed: 0, rebuilt: false });
    expect(changes()).toHaveLength(10);
  });

  it('probeUfw() wants it to be active, also at a block', async () => {
    const { fake, blocker } = start('Status: inactive\n');
    await expect(probeUfw(fake.run)).rejects.toMatchObject({
      said: 'ufw is not active (`ufw enable` turns it on)',
    });
    await expect(blocker.block(ip('203.0.113.50'), 1)).rejects.toMatchObject({ retryable: true });
  });
});
