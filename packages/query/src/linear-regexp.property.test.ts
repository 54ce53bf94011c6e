import { LIMITS } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { compileLinear } from './linear-regexp.ts';
import { parseRegexp, stepsOf } from './parse-regexp.ts';

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
          const { follow } = compileLinear(parseRegexp(source), flags);
          expect(follow(text).isMatch).toBe(new RegExp(source, flags).test(text));
          // What was remembered of the first time changes nothing.
          expect(follow(text).isMatch).toBe(new RegExp(source, flags).test(text));
        },
      ),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('never looks at more steps than the expression has, for each character and once more', () => {
    fc.assert(
      fc.property(
        expression,
        fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '\n'), maxLength: 60 }),
        (source, text) => {
          const tree = parseRegexp(source);
          const { visits } = compileLinear(tree, '').follow(text);
          expect(visits).toBeLessThanOrEqual((text.length + 1) * stepsOf(tree));
        },
      ),
      { numRuns: propertyRuns(1000) },
    );
  });

  it.each(['.*.*.*!', '.{0,700}!', '(?:a?){40}a{40}!'])(
    'takes steps linear to a hostile text for %s, states that are forgotten included',
    (source) => {
      const tree = parseRegexp(source);
      const text = 'a'.repeat(8192);
      const { isMatch, visits } = compileLinear(tree, '').follow(text);
      expect(isMatch).toBe(false);
      expect(visits).toBeLessThanOrEqual((text.length + 1) * stepsOf(tree));
    },
  );

  it('does not look at the rest of a text that takes too many steps', () => {
    const { follow } = compileLinear(parseRegexp('a{0,700}!'), '');
    expect(follow(`${'a'.repeat(2_000)}!`).isMatch).toBe(true);
    const { isMatch, visits } = follow(`${'a'.repeat(60_000)}!`);
    expect(isMatch).toBe(false);
    expect(visits).toBeLessThan(LIMITS.expression_work.value + 2 * 1400);
  });
});
