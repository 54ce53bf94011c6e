import { parseIpRange, type IpRange } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { ip, POLICY } from '../../test/response-fixture.ts';
import { MAX_BLOCKS, mayBlock, refusedAllowRange, type BlockCounts } from './may-block.ts';
import { readNat64Prefix } from './nat64.ts';

const NONE = { isBlocked: false, total: 0 };
const range = (text: string): IpRange => {
  const parsed = parseIpRange(text);
  if (parsed === undefined) throw new TypeError(`Not a range: ${text}`);
  return parsed;
};
const codeOf = (text: string, policy: Partial<typeof POLICY> = {}, counts: BlockCounts = NONE) => {
  const verdict = mayBlock(text, { ...POLICY, ...policy }, counts);
  return verdict.allowed ? verdict.address : verdict.code;
};

describe('mayBlock(), a local translator', () => {
  const nat64 = [readNat64Prefix(ip('2001:db8:122:344::c000:aa'))].flatMap((one) => one ?? []);

  it('judges the IPv4 address behind its prefix', () => {
    const guarded = { addresses: new Map(), onLink: [], nat64 };
    const inside = mayBlock('2001:db8:122:344::a01:203', { ...POLICY, guarded }, NONE);
    expect(inside).toMatchObject({ allowed: false, code: 'private' });
    expect(inside).toHaveProperty(
      'reason',
      expect.stringMatching(
        /^it stands for 10\.1\.2\.3 \(NAT64 of this network\), and it is a priv/,
      ),
    );
    expect(codeOf('2001:db8:122:344::cb00:7109', { guarded })).toBe('2001:db8:122:344::cb00:7109');
    expect(codeOf('2001:db8:122:344::a01:203')).toBe('2001:db8:122:344::a01:203');
  });
});

describe('mayBlock()', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['::198.51.100.7', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['169.254.169.254', 'link_local'],
    ['fe80::1', 'link_local'],
    ['fe80::1%eth0', 'scoped'],
    ['::1%lo', 'scoped'],
    ['10.0.0.1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['192.0.2.1', 'self_test'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::10.0.0.1', 'private'],
  ])('mayBlock() refuses %s: %s (K01, D11)', (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it.each([
    '',
    '-j ACCEPT',
    '--help',
    '1.2.3.4 -j ACCEPT',
    '1.2.3.4\nflush ruleset',
    ';id',
    '$(id)',
    '010.0.0.1',
    '127.1',
    '2130706433',
    '198.51.100.7 ',
    '198.51.100.７',
    '198.51.100.7/32',
    '198.51.100.7:22',
    'web01',
    '2001:db8::1%eth0; reboot',
  ])('mayBlock() takes %j for no address (K14, D06 to D12)', (text) => {
    expect(codeOf(text)).toBe('not_an_address');
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['64:ff9b::203.0.113.7', '64:ff9b::cb00:7107'],
    ['172.32.0.1', '172.32.0.1'],
    ['100.128.0.1', '100.128.0.1'],
  ])('mayBlock() hands %s on as %s', (text, address) => {
    expect(codeOf(text)).toBe(address);
  });

  it('mayBlock() protects own addresses and allow-listed ranges of both families', () => {
    expect(codeOf('203.0.113.7', { ownAddresses: [ip('203.0.113.7')] })).toBe('own');
    const allowlist = [range('203.0.113.0/24'), range('2001:db8:1::/48')];
    expect(codeOf('203.0.113.255', { allowlist })).toBe('allow_listed');
    expect(codeOf('::ffff:203.0.113.1', { allowlist })).toBe('allow_listed');
    expect(codeOf('64:ff9b::203.0.113.1', { allowlist })).toBe('allow_listed');
    expect(codeOf('2001:db8:1:ffff::1', { allowlist })).toBe('allow_listed');
    expect(codeOf('2001:db8:2::1', { allowlist })).toBe('2001:db8:2::1');
  });

  it('mayBlock() blocks private addresses only when told to, loopback never', () => {
    expect(codeOf('10.0.0.1', { blockPrivate: true })).toBe('10.0.0.1');
    expect(codeOf('127.0.0.1', { blockPrivate: true })).toBe('loopback');
    const own = { blockPrivate: true, ownAddresses: [ip('10.0.0.1')] };
    expect(codeOf('10.0.0.1', own)).toBe('own');
  });

  it('mayBlock() stops when there is no room for new blocks, but goes on with those that stand (K10)', () => {
    expect(codeOf('203.0.113.7', {}, { ...NONE, waitMs: 0 })).toBe('203.0.113.7');
    expect(codeOf('203.0.113.7', {}, { ...NONE, waitMs: 1 })).toBe('breaker');
    expect(codeOf('203.0.113.7', {}, { isBlocked: true, waitMs: 1, total: MAX_BLOCKS })).toBe(
      '203.0.113.7',
    );
    expect(codeOf('203.0.113.7', {}, { ...NONE, total: MAX_BLOCKS })).toBe('full');
  });
});

describe('refusedAllowRange()', () => {
  it.each([
    '0.0.0.0/0',
    '::/0',
    '1.0.0.0/8',
    '0.0.0.0/1',
    '2000::/3',
    '::ffff:0:0/96',
    '2001::/31',
  ])('refusedAllowRange() judges %s by its width (K02, K13)', (text) => {
    const refused = refusedAllowRange(range(text));
    if (text === '1.0.0.0/8') expect(refused).toBeUndefined();
    else expect(refused).toMatch(/^Cannot allow \S+: a range must be \/(8|32) or narrower, /);
  });

  it.each(['198.51.100.7', '10.0.0.0/8', 'fc00::/7', 'fe80::/10', '2001:db8::/32', '2001:db8::1'])(
    'refusedAllowRange() takes %s',
    (text) => {
      expect(refusedAllowRange(range(text))).toBeUndefined();
    },
  );
});
