/** Addresses against the system's own reading (node:net) and against arithmetic on whole numbers. */
import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { isInRange, parseIpAddress, parseIpRange, readIpAddress } from './ip-address.ts';

const oddText = fc.string({
  unit: fc.constantFrom(...'0123456789abcdefABCDEF::::....g x/-[]'),
  maxLength: 48,
});
/** Almost an address: a valid one with one character added, removed or changed. */
const almost = fc
  .tuple(
    fc.oneof(fc.ipV4(), fc.ipV6()),
    fc.nat(60),
    fc.nat(1),
    fc.constantFrom('', '0', '1', 'f', ':', '.', ' ', '%', '/'),
  )
  .map(([text, at, length, piece]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + piece + text.slice(place + length);
  });

/** Groups of 16 bits, zeros and mapped prefixes more often than chance would have them. */
const groups = fc.array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), {
  minLength: 8,
  maxLength: 8,
});

function toNumber(parts: readonly number[], width: number): bigint {
  return parts.reduce((sum, part) => (sum << BigInt(width)) | BigInt(part), 0n);
}

describe('readIpAddress()', () => {
  it('readIpAddress() accepts exactly what the system accepts (zones aside)', () => {
    fc.assert(
      fc.property(fc.oneof(oddText, almost, fc.string({ maxLength: 50 })), (text) => {
        fc.pre(!text.includes('%'));
        expect([text, readIpAddress(text) !== undefined]).toEqual([text, isIP(text) !== 0]);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('readIpAddress() gives one text for one address, and reads its own text', () => {
    fc.assert(
      fc.property(groups, fc.boolean(), (parts, upper) => {
        const long = parts.map((part) => part.toString(16).padStart(4, '0')).join(':');
        const short = parts.map((part) => part.toString(16)).join(':');
        const parsed = readIpAddress(upper ? long.toUpperCase() : long);
        expect(parsed).toBeDefined();
        expect(readIpAddress(short)).toEqual(parsed);
        expect(readIpAddress(parsed?.address ?? '')).toEqual(parsed);
        expect(isIP(parsed?.address ?? '')).toBe(parsed?.family);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it('readIpAddress() writes IPv6 as URLs do', () => {
    fc.assert(
      fc.property(groups, (parts) => {
        const text = parts.map((part) => part.toString(16)).join(':');
        const parsed = readIpAddress(text);
        fc.pre(parsed?.family === 6);
        expect(`[${parsed?.address}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it('readIpAddress() never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        readIpAddress(text);
        parseIpRange(text);
        return true;
      }),
    );
  });
});

describe('isInRange()', () => {
  it('isInRange() agrees with arithmetic for IPv6', () => {
    fc.assert(
      fc.property(groups, groups, fc.nat(128), (network, host, prefix) => {
        const shift = BigInt(128 - prefix);
        const base = (toNumber(network, 16) >> shift) << shift;
        const parts = Array.from({ length: 8 }, (_, i) =>
          Number((base >> BigInt(112 - 16 * i)) & 0xffffn),
        );
        const range = parseIpRange(`${parts.map((part) => part.toString(16)).join(':')}/${prefix}`);
        const address = parseIpAddress(host.map((part) => part.toString(16)).join(':'));
        fc.pre(range?.family === 6 && address !== undefined && address.includes(':'));
        if (range === undefined || address === undefined) return;
        expect(isInRange(address, range)).toBe(toNumber(host, 16) >> shift === base >> shift);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it("isInRange() agrees with node's block list for IPv4", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), fc.boolean(), (net, other, prefix, same) => {
        const shift = BigInt(32 - prefix);
        const base = (toNumber(net.split('.').map(Number), 8) >> shift) << shift;
        const network = [24n, 16n, 8n, 0n].map((bits) => Number((base >> bits) & 255n)).join('.');
        const list = new BlockList();
        list.addSubnet(network, prefix, 'ipv4');
        const host = same ? net : other;
        const range = parseIpRange(`${network}/${prefix}`);
        const address = parseIpAddress(host);
        if (range === undefined || address === undefined)
          throw new TypeError(`${network}, ${host}`);
        expect(isInRange(address, range)).toBe(list.check(host, 'ipv4'));
      }),
      { numRuns: propertyRuns(1000) },
    );
  });
});
