import { isInRange, parseIpAddress, parseIpRange, type IpRange } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import { POLICY } from '../../test/response-fixture.ts';
import { mayBlock, refusalOf } from './may-block.ts';

const PROTECTED = [
  '127.0.0.0/8',
  '::1/128',
  '0.0.0.0/8',
  '::/128',
  '224.0.0.0/4',
  'ff00::/8',
  '240.0.0.0/4',
  '169.254.0.0/16',
  'fe80::/10',
  '192.0.2.0/24',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
].map((text) => parseIpRange(text) as IpRange);
const NONE = { isBlocked: false, total: 0 };

const byte = fc.integer({ min: 0, max: 255 });
const v4 = fc.tuple(byte, byte, byte, byte).map((parts) => parts.join('.'));
const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const v6 = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((part) => part.toString(16)).join(':'));
/** An address inside a range, written in one of its spellings. */
const inside = fc
  .tuple(
    fc.constantFrom(...PROTECTED),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }),
    fc.constantFrom('plain', 'mapped', 'upper'),
  )
  .map(([range, noise, spelling]) => {
    const width = range.family === 4 ? 8 : 16;
    const parts = range.parts.map((part, index) => {
      const free = width - Math.max(0, Math.min(width, range.prefix - index * width));
      return part | ((noise[index] as number) & ((1 << free) - 1));
    });
    if (range.family === 6) {
      const text = parts.map((part) => part.toString(16)).join(':');
      return spelling === 'upper' ? text.toUpperCase() : text;
    }
    return spelling === 'mapped' ? `::ffff:${parts.join('.')}` : parts.join('.');
  });

describe('mayBlock()', () => {
  it('mayBlock() never allows an address of a protected range, however it is written', () => {
    fc.assert(
      fc.property(inside, (text) => {
        expect(mayBlock(text, POLICY, NONE).allowed).toBe(false);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it('mayBlock() allows exactly one canonical address outside of all protected ranges, or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6, fc.string(), inside), (text) => {
        const verdict = mayBlock(text, POLICY, NONE);
        if (!verdict.allowed) expect(verdict.reason).toMatch(/^[a-z].*[^.]$/);
        else {
          expect(parseIpAddress(text)).toBe(verdict.address);
          expect(verdict.address).toMatch(/^[0-9a-f:.]+$/);
          expect(PROTECTED.some((range) => isInRange(verdict.address, range))).toBe(false);
          expect(refusalOf(verdict.address, POLICY)).toBeUndefined();
        }
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it('mayBlock() never allows an address of an allow-listed range', () => {
    fc.assert(
      fc.property(v4, fc.integer({ min: 8, max: 32 }), v4, (base, prefix, text) => {
        const bits = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
        const start = bits - (bits % 2 ** (32 - prefix));
        const network = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
        const range = parseIpRange(`${network.join('.')}/${prefix}`) as IpRange;
        const policy = { ...POLICY, blockPrivate: true, allowlist: [range] };
        expect(mayBlock(base, policy, NONE).allowed).toBe(false);
        const verdict = mayBlock(text, policy, NONE);
        if (verdict.allowed) expect(isInRange(verdict.address, range)).toBe(false);
      }),
    );
  });
});
