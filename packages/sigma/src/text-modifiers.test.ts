import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import { spellText } from './text-modifiers.ts';

const fail = (sentence: string): Error => new Error(sentence);
const spell = (text: string, ...modifiers: readonly string[]) => spellText(text, modifiers, fail);

describe('spellText()', () => {
  it('spellText() leaves a text alone without such a modifier', () => {
    expect(spell('-x', 'contains')).toEqual(['-x']);
  });

  it('spellText() of windash writes every dash of Windows before a word, in every combination', () => {
    expect(spell(' -a b-c', 'windash')).toEqual([
      ' -a b-c',
      ' /a b-c',
      ' –a b-c',
      ' —a b-c',
      ' ―a b-c',
    ]);
    expect(spell(' /a /b', 'windash')).toHaveLength(25);
    expect(new Set(spell(' /a /b', 'windash'))).toContain(' -a ―b');
    expect(() => spell(' -a -b -c -d -e', 'windash')).toThrow('at most 4 dashes');
  });

  it('spellText() of base64offset finds the text wherever it stands in what was encoded', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 3, unit: fc.constantFrom('a', 'é', ' ', '-', 'Z') }),
        fc.string(),
        fc.string(),
        (text, before, after) => {
          const encoded = Buffer.from(before + text + after, 'utf8').toString('base64');
          expect(spell(text, 'base64offset').some((one) => encoded.includes(one))).toBe(true);
        },
      ),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('spellText() of base64 writes the whole text, wide when asked', () => {
    expect(spell('foo', 'base64')).toEqual(['Zm9v']);
    expect(spell('foo', 'wide', 'base64')).toEqual(['ZgBvAG8A']);
    expect(spell('foo', 'utf16be', 'base64')).toEqual(['AGYAbwBv']);
    expect(spell('foo', 'utf16', 'base64')).toEqual(['//5mAG8AbwA=']);
    expect(spell('a\\*b', 'base64')).toEqual([Buffer.from('a*b').toString('base64')]);
  });

  it('spellText() says what cannot be said exactly', () => {
    expect(() => spell('a*', 'base64')).toThrow('takes no wildcards');
    expect(() => spell('a', 'wide')).toThrow('stands only before');
    expect(() => spell('', 'base64offset')).toThrow('needs at least 3 bytes');
  });
});
