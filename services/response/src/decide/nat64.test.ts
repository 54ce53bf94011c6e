import { describe, expect, it } from 'vitest';
import { ip } from '../../test/response-fixture.ts';
import { behindNat64, readNat64Prefix } from './nat64.ts';

/** An answer for ipv4only.arpa, and the address of 10.1.2.3 by the same translator. */
const FORMS = [
  [32, '2001:db8:c000:aa::', '2001:db8:a01:203::'],
  [40, '2001:db8:1c0:0:aa::', '2001:db8:10a:102:3::'],
  [48, '2001:db8:122:c000:0:aa00::', '2001:db8:122:a01:2:300::'],
  [56, '2001:db8:122:3c0:0:aa::', '2001:db8:122:30a:1:203::'],
  [64, '2001:db8:122:344:c0:0:aa00:0', '2001:db8:122:344:a:102:300:0'],
  [96, '2001:db8:122:344::c000:aa', '2001:db8:122:344::a01:203'],
  [96, '2001:db8:122:344::c000:ab', '2001:db8:122:344::a01:203'],
] as const;

describe('readNat64Prefix()', () => {
  it.each(FORMS)('finds a prefix of %i bits in %s', (length, answer, address) => {
    const prefix = readNat64Prefix(ip(answer));
    expect(prefix?.length).toBe(length);
    expect(behindNat64(ip(address), prefix === undefined ? [] : [prefix])).toEqual(['10.1.2.3']);
  });

  it.each(['2001:db8::1', '192.0.0.170', '64:ff9b::a00:1', '2001:db8::c000:ac'])(
    'finds none in %s',
    (answer) => {
      expect(readNat64Prefix(ip(answer))).toBeUndefined();
    },
  );
});

describe('behindNat64()', () => {
  const prefix = readNat64Prefix(ip('2001:db8:122:344::c000:aa'));

  it.each(['2001:db8:122:345::a01:203', '10.1.2.3', '64:ff9b::a01:203'])(
    'says nothing of %s, which has another prefix',
    (address) => {
      expect(behindNat64(ip(address), prefix === undefined ? [] : [prefix])).toEqual([]);
    },
  );
});
