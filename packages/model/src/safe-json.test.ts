import { describe, expect, it } from 'vitest';
import { safeJson, UNSAFE_CHARACTERS } from './safe-json.ts';

const NAMES = [
  'a\u009b31m',
  '\u202Egnp.exe',
  'x\u007f',
  '\u2066',
  '\u001b[2J',
  'a\u200bb',
  '\u{e0041}\u{e007f}',
  '\ufeff',
  'ünï \u{1f600} 日本',
  'a\nb',
];

describe('safeJson()', () => {
  it.each(NAMES)(
    'safeJson() writes nothing of %j that a terminal obeys (C08, I19, N64)',
    (name) => {
      const text = safeJson({ [name]: [name] });
      expect(text.match(UNSAFE_CHARACTERS)).toBeNull();
      expect(JSON.parse(text)).toEqual({ [name]: [name] });
    },
  );

  it('safeJson() shows C1 as its code and keeps indentation', () => {
    expect(safeJson({ a: '\u009b' }, 2)).toBe('{\n  "a": "\\u009b"\n}');
  });
});
