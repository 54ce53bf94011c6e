import fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { backtrackingCost } from './backtracking-cost.ts';
import { testCharacter } from './linear-regexp.ts';
import { parseRegexp, type RegexpNode } from './parse-regexp.ts';

/** Beginnings and ways of an engine that backtracks and never finds what it looks for. */
function countWays(tree: RegexpNode, text: string, flags: string): number {
  let ways = 0;
  const follow = (node: RegexpNode, at: number, then: (at: number) => void): void => {
    switch (node.kind) {
      case 'character':
        if (at < text.length && testCharacter(node.source, flags)(text.charCodeAt(at)))
          then(at + 1);
        return;
      case 'assertion':
        then(at);
        return;
      case 'sequence':
        node.of.reduceRight<(at: number) => void>(
          (next, part) => (place) => {
            follow(part, place, next);
          },
          then,
        )(at);
        return;
      case 'alternatives':
        for (const branch of node.of) follow(branch, at, then);
        return;
      case 'repeat': {
        const again = (place: number, done: number): void => {
          if (done < node.most)
            follow(node.of, place, (next) => {
              if (next > place || done < node.least) again(next, done + 1);
            });
          if (done >= node.least) then(place);
        };
        again(at, 0);
        return;
      }
      default:
        node satisfies never;
    }
  };
  for (let at = 0; at <= text.length; at += 1)
    follow(tree, at, () => {
      ways += 1;
    });
  return ways;
}

const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '(?:ab)', '(?:a|ab)', '(?:a|b)');
const expression = fc
  .array(
    fc
      .tuple(atom, fc.constantFrom('', '', '?', '*', '+', '{2}', '{1,3}', '{0,5}'))
      .map(([one, repeat]) => (one.includes('|') ? one : one + repeat)),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(''));

it('backtrackingCost() is never lower than the ways that are there', () => {
  fc.assert(
    fc.property(
      expression,
      fc.string({ unit: fc.constantFrom('a', 'b', 'a'), minLength: 4, maxLength: 9 }),
      (source, text) => {
        const tree = parseRegexp(source);
        const cost = backtrackingCost(tree, {
          flags: '',
          isMatch: (one) => testCharacter(one, ''),
        });
        // Small texts: beginnings and ends are one more than characters.
        expect(countWays(tree, text, '')).toBeLessThanOrEqual(8 * cost(text.length + 1));
      },
    ),
    { numRuns: propertyRuns(500) },
  );
});
