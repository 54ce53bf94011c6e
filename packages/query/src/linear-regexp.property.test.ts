import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { compileLinear } from './linear-regexp.ts';
import { compileRegexp } from './compile-regexp.ts';

const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\w',
  '\\s',
  '\\x41',
  '\\.',
  '\\b',
  '^',
  '$',
  '\\B',
);
const repeat = fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{1,3}', '{2,}', '*?');
const expression: fc.Arbitrary<string> = fc.letrec<{ one: string }>((tie) => ({
  one: fc
    .array(
      fc.oneof(
        { maxDepth: 3 },
        fc.tuple(atom, repeat).map(([a, r]) => (/^(\^|\$|\\b|\\B)$/i.test(a) ? a : a + r)),
        fc
          .tuple(tie('one'), fc.constantFrom('', '?', '{2}'))
          .map(([inner, r]) => `(?:${inner})${r}`),
        fc.tuple(tie('one'), tie('one')).map(([x, y]) => `(${x}|${y})`),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => parts.join('')),
})).one;

describe('compileLinear()', () => {
  it('compileLinear() says the same as the engine of Node', () => {
    fc.assert(
      fc.property(
        expression,
        fc.constantFrom('', 'i', 'm', 's', 'ims'),
        fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '\n', '.', 'é'), maxLength: 12 }),
        (source, flags, text) => {
          expect(compileLinear(source, flags)(text)).toBe(new RegExp(source, flags).test(text));
        },
      ),
      { numRuns: propertyRuns(3000) },
    );
  });

  it.each([
    '.*.*.*!',
    '.{0,300}!',
    'a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaaaaaaa!',
  ])('compileRegexp() answers %s on hostile text (N60, N61, F09)', (source) => {
    expect(compileRegexp(source, '').test('a'.repeat(8192))).toBe(false);
    expect(compileRegexp(source, '').test(`${'a'.repeat(8192)}!`)).toBe(true);
  });

  it('compileRegexp() refuses what is too large to be followed in time (N61)', () => {
    expect(() => compileRegexp('.{0,1000}.{0,1000}.{0,1000}!', '')).toThrow(
      /^Regular expression not allowed: it may have 2000 steps, repeats written out/,
    );
  });
});
