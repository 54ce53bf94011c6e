import { parseIpRange, type IpRange } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { ip, POLICY } from '../../test/response-fixture.ts';
import { mayBlock, type BlockPolicy, type RefusalCode } from './may-block.ts';

const NONE = { isBlocked: false, total: 0 };
const range = (text: string): IpRange => {
  const parsed = parseIpRange(text);
  if (parsed === undefined) throw new TypeError(`Not a range: ${text}`);
  return parsed;
};
const policy: BlockPolicy = {
  ...POLICY,
  ownAddresses: [ip('203.0.113.1')],
  allowlist: [range('198.51.100.64/26'), range('2001:db8:a::/48')],
  guarded: {
    addresses: new Map([
      [ip('203.0.113.50'), { code: 'named', reason: 'it is the host of ELASTICSEARCH_URL' }],
      [ip('203.0.113.2'), { code: 'gateway', reason: 'it is a next hop of a routing table' }],
      [ip('203.0.113.77'), { code: 'session', reason: 'somebody is logged in by ssh' }],
      [ip('2001:db8:5::50'), { code: 'named', reason: 'it is the host of MODEL_URL' }],
    ]),
    onLink: [range('203.0.113.128/25'), range('2001:db8:77:1::/64')],
  },
};
const judge = (text: string, change: Partial<BlockPolicy> = {}) =>
  mayBlock(text, { ...policy, ...change }, NONE);

/** Every way to write an IPv4 address into an IPv6 one; the halves in hexadecimal. */
const carriers: readonly ((v4: string, high: string, low: string) => string)[] = [
  (v4) => `::ffff:${v4}`,
  (_v4, high, low) => `::ffff:${high}:${low}`,
  (_v4, high, low) => `0:0:0:0:0:FFFF:${high}:${low}`,
  (v4) => `::ffff:0:${v4}`,
  (_v4, high, low) => `2002:${high}:${low}::1`,
  (_v4, high, low) => `2002:${high}:${low}:dead:beef:1:2:3`,
  (v4) => `64:ff9b::${v4}`,
  (v4) => `2001:db8:9:9:0:5efe:${v4}`,
  (v4) => `2001:db8:9:9:200:5efe:${v4}`,
  (_v4, high, low) => `2001:0:4136:e378:8000:63bf:${turned(high)}:${turned(low)}`,
];
const turned = (half: string) => (parseInt(half, 16) ^ 0xffff).toString(16);
const hex = (a: number, b: number) => (a * 256 + b).toString(16);
const carried = (v4: string): readonly string[] => {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number);
  return carriers.map((write) => write(v4, hex(a, b), hex(c, d)));
};

const PROTECTED: readonly (readonly [string, RefusalCode, RegExp])[] = [
  ['127.0.0.1', 'loopback', /loopback/],
  ['10.0.0.1', 'private', /private/],
  ['172.20.1.1', 'private', /private/],
  ['192.168.7.7', 'private', /private/],
  ['100.64.3.4', 'private', /private/],
  ['169.254.169.254', 'link_local', /link-local/],
  ['224.0.0.251', 'multicast', /multicast/],
  ['255.255.255.255', 'broadcast', /broadcast/],
  ['192.0.2.7', 'self_test', /self-test/],
  ['203.0.113.1', 'own', /this machine/],
  ['203.0.113.2', 'gateway', /next hop/],
  ['203.0.113.50', 'named', /ELASTICSEARCH_URL/],
  ['203.0.113.77', 'session', /logged in/],
  ['203.0.113.200', 'on_link', /203\.0\.113\.128\/25/],
  ['198.51.100.70', 'allow_listed', /198\.51\.100\.64\/26/],
];
const FORMS = PROTECTED.flatMap(([v4, code, reason]) =>
  [v4, ...carried(v4)].map((text) => [text, code, reason] as const),
);
const OF_IPV6: readonly (readonly [string, RefusalCode])[] = [
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['::', 'unspecified'],
  ['::10.0.0.1', 'unspecified'],
  ['100::1', 'unspecified'],
  ['ff02::fb', 'multicast'],
  ['fe80::1', 'link_local'],
  ['FEBF::1', 'link_local'],
  ['fe80::1%eth0', 'scoped'],
  ['2001:db8::1%2', 'scoped'],
  ['fc00::1', 'private'],
  ['fdff:ffff::1', 'private'],
  ['fec0::1', 'private'],
  ['64:ff9b:1::203.0.113.9', 'private'],
  ['192.0.0.170', 'private'],
  ['2001:db8:a:ffff::1', 'allow_listed'],
  ['2001:DB8:5::50', 'named'],
  ['2001:db8:5:0:0:0:0:50', 'named'],
  ['2001:db8:77:1:ffff::9', 'on_link'],
];
const NO_ADDRESS = [
  ...['127.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1', '017700000001', '127.0.1'],
  ...['10.1', '0xa.0.0.1', '012.0.0.1', '10.0.0.01', '10.0.0.1/32', '10.0.0.0/8', '0.0.0.0/0'],
  ...[
    '::/0',
    '2000::/3',
    '1.0.0.0/7',
    '127.0.0.1:22',
    '[::1]',
    '[::1]:22',
    ':::1',
    '::1::',
    '1::2::3',
  ],
  ...['::ffff:127.1', '::ffff:0x7f.0.0.1', '::ffff:127.0.0.1/128', '::1/128', '::1%', '::1%a b'],
  ...[
    ' 127.0.0.1',
    '127.0.0.1\n',
    '127.0.0.1\0',
    '127。0。0。1',
    '①②⑦.0.0.1',
    'localhost',
    '12345::',
  ],
];

describe('mayBlock()', () => {
  it(`mayBlock() is tried with more than a hundred forms of protected addresses`, () => {
    expect(
      new Set([...FORMS.map(([text]) => text), ...OF_IPV6.map(([text]) => text)]).size,
    ).toBeGreaterThan(150);
  });

  it.each(FORMS)('mayBlock() refuses %s: %s (N30, N32, D02)', (text, code, reason) => {
    expect(judge(text)).toMatchObject({
      allowed: false,
      code,
      reason: expect.stringMatching(reason) as string,
    });
  });

  it.each(OF_IPV6)('mayBlock() refuses %s: %s (N33)', (text, code) => {
    const verdict = judge(text);
    expect(verdict).toMatchObject({ allowed: false, code });
    expect(verdict.allowed ? '' : verdict.reason).toMatch(/^it (is|belongs|stands) /);
  });

  it.each(NO_ADDRESS)('mayBlock() takes %j for no address (D06 to D12)', (text) => {
    expect(judge(text)).toMatchObject({ allowed: false, code: 'not_an_address' });
  });

  it('mayBlock() says of an IPv6 address which IPv4 address it stands for', () => {
    expect(judge('2002:a00:1::1')).toMatchObject({
      reason:
        'it stands for 10.0.0.1 (6to4), and it is a private address (set RESPONSE_BLOCK_PRIVATE=true to block those too)',
    });
  });

  it.each(['203.0.113.9', ...carried('203.0.113.9'), '2001:db8:77:2::1', '2003:a00:1::1'])(
    'mayBlock() lets %s, which nobody needs, be blocked',
    (text) => {
      expect(judge(text)).toMatchObject({ allowed: true });
    },
  );

  it('mayBlock() blocks neighbours when told to block private addresses, but no gateway and no session', () => {
    expect(judge('203.0.113.200', { blockPrivate: true })).toMatchObject({ allowed: true });
    expect(judge('203.0.113.2', { blockPrivate: true })).toMatchObject({ code: 'gateway' });
    expect(judge('203.0.113.77', { blockPrivate: true })).toMatchObject({ code: 'session' });
  });
});
