import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import { decodeJournal } from '../../test/decode-journal.ts';
import { encodeEntry } from './journal-lines.ts';

const entries = fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 8 });
const asStored = (values: readonly unknown[]): unknown => JSON.parse(JSON.stringify(values));
const write = (values: readonly unknown[]) =>
  Buffer.concat(values.map((value) => encodeEntry(value)));

describe('createDecoder()', () => {
  it('createDecoder() reads what encodeEntry() wrote', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 80 }), (values, pieceBytes) => {
        const bytes = write(values);
        const decoded = decodeJournal(bytes, 'l', pieceBytes);
        expect(decoded).toMatchObject({ entries: asStored(values), problems: [] });
        // Each place holds its entry and nothing else.
        for (const [index, { at, bytes: length }] of decoded.places.entries())
          expect(decodeJournal(bytes.subarray(at, at + length), 'l').entries).toEqual([
            (asStored(values) as readonly unknown[])[index],
          ]);
      }),
    );
  });

  it('createDecoder() says the same of damaged bytes, in whatever pieces they come', () => {
    fc.assert(
      fc.property(
        entries,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.integer({ min: 1, max: 200 }),
        (values, hits, pieceBytes) => {
          const bytes = write(values);
          for (const [position, byte] of hits)
            if (bytes.length > 0) bytes[position % bytes.length] = byte;
          expect(decodeJournal(bytes, 'l', pieceBytes)).toEqual(decodeJournal(bytes, 'l'));
        },
      ),
      { numRuns: propertyRuns(1000) },
    );
  });

  it('createDecoder() of any shorter prefix is an earlier state without a problem', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (values, cut) => {
        const bytes = write(values);
        const kept = cut % (bytes.length + 1);
        const decoded = decodeJournal(bytes.subarray(0, kept), 'l');
        expect(decoded.problems).toEqual([]);
        expect(decoded.entries).toEqual(asStored(values.slice(0, decoded.entries.length)));
        // Every line that was whole is there.
        const whole = bytes.subarray(0, kept).filter((byte) => byte === 0x0a).length;
        expect(decoded.entries.length).toBeGreaterThanOrEqual(whole);
        expect(decoded.entries.length).toBeLessThanOrEqual(whole + 1);
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('createDecoder() loses at most the entry in which a byte was flipped, and names it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 2 }), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (values, position, flip) => {
          const bytes = write(values);
          const at = position % bytes.length;
          bytes[at] = (bytes[at] as number) ^ flip;
          let line = 0;
          let end = 0;
          while (end <= at) end += encodeEntry(values[line++]).length;
          const hit = line - 1;
          const decoded = decodeJournal(bytes, 'l');
          const others = asStored(values.filter((_value, index) => index !== hit));
          const all = asStored(values);
          expect([JSON.stringify(others), JSON.stringify(all)]).toContain(
            JSON.stringify(decoded.entries),
          );
          if (hit < values.length - 1)
            expect(decoded.problems[0]).toMatch(new RegExp(`^Entry ${hit + 1} of "l" `));
        },
      ),
      { numRuns: propertyRuns(1000) },
    );
  });
});
