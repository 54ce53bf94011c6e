import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeText } from './safe-text.ts';

describe('safeText()', () => {
  it.each([
    ['\u001b[2Jgone', '\\u{1b}[2Jgone'],
    ['\u001b]52;c;cm0gLXJm\u0007', '\\u{1b}]52;c;cm0gLXJm\\u{7}'],
    ['a\u202Eb', 'a\\u{202e}b'],
    ['a\u200Bb', 'a\\u{200b}b'],
    ['a\nb', 'a\\u{a}b'],
    ['Grüße 你好 🙂', 'Grüße 你好 🙂'],
  ])('shows %j as %j', (text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  it('keeps line breaks only where asked for', () => {
    expect(safeText('a\nb\u001b', { newlines: true })).toBe('a\nb\\u{1b}');
  });

  it('cuts long text', () => {
    expect(safeText('x'.repeat(100), { max: 10 })).toBe(`${'x'.repeat(9)}…`);
  });

  it('leaves no control character, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(safeText(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});
