import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { parseLine } from './index.ts';

const CONTEXT = { arrivalMs: Date.parse('2026-11-21T12:00:00Z'), zoneOffsetMinutes: () => 0 };

const read = (target: string) =>
  parseLine(
    `198.51.100.7 - - [21/Nov/2026:03:40:24 +0000] "GET ${target} HTTP/1.1" 200 5`,
    CONTEXT,
  );

/** Texts without what the log or the decoder give a meaning of its own. */
const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/[\u0000-\u001f\u007f%+\\/?.]/.test(text) && text.isWellFormed());

/** Every byte as an attacker would write it: as it is, encoded, or encoded again. */
const encode = (text: string, layers: number): string => {
  let encoded = text;
  for (let layer = 0; layer < layers; layer += 1)
    encoded = Array.from(
      new TextEncoder().encode(encoded),
      (byte) => `%${byte.toString(16).padStart(2, '0')}`,
    ).join('');
  return encoded;
};

describe('url_decoded', () => {
  it('is what was encoded, however often, and the target stays as it was sent', () => {
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 3 }), (path, query, layers) => {
        const target = `/${encode(path, layers)}?q=${encode(query, layers)}`;
        const event = read(target);
        expect(event?.url_decoded).toBe(`/${path}?q=${query}`);
        expect(event?.url_original).toBe(target);
        expect(event?.url_path).toBe(`/${encode(path, layers)}`);
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  it('is the target itself where nothing is encoded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[A-Za-z0-9_~-]{1,12}$/), { minLength: 1 }),
        (parts) => {
          const target = `/${parts.join('/')}`;
          expect(read(target)).toMatchObject({ url_decoded: target, url_original: target });
        },
      ),
      { numRuns: propertyRuns(200) },
    );
  });

  it('is never longer than the target, has no NUL, and no segment that could be resolved', () => {
    const piece = fc.constantFrom(
      '%',
      '%2',
      '%25',
      '2e',
      '%2e',
      '%c0%ae',
      '%u002e',
      '%00',
      '%ff',
      '%f0',
      '%9f',
      '+',
      '/',
      '//',
      '..',
      '.',
      '\\\\',
      '\\x5C',
      '\\"',
      '?',
      'a',
      '%5c',
      '%2f',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const target = `/${pieces.join('')}`;
        const decoded = read(target)?.url_decoded ?? '';
        expect(decoded.length).toBeLessThanOrEqual(target.length);
        expect(decoded).not.toContain('\0');
        const path = (target.includes('?') ? decoded.split('?')[0] : decoded) ?? '';
        expect(path.split('/').join('/')).not.toMatch(/\/\.\/|\/[^/.][^/]*\/\.\.(\/|$)/);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});
