import { describe, expect, it } from 'vitest';
import { compileRegexp } from './compile-regexp.ts';

describe('compileRegexp()', () => {
  it.each([
    ['a[[:digit:]]+b', 'no classes by name such as [:digit:]'],
    ['[a[.x.]]', 'no classes by name such as [:digit:]'],
    ['\\Anc', 'no escape \\A'],
    ['nc\\z', 'no escape \\z'],
    ['a\\h+b', 'no escape \\h'],
    ['\\Qa.b\\E', 'no escape \\Q'],
    ['\\p{L}', 'no escape \\p'],
    ['[\\h]', 'no escape \\h'],
    ['[]a]', 'no bracket right behind the start of a class'],
    ['[^]a]', 'no bracket right behind the start of a class'],
  ])('refuses what other engines read in another way: %s', (source, reason) => {
    expect(() => compileRegexp(source, '')).toThrow(reason);
  });

  it.each([
    ['^\\d{1,3}\\.\\w+\\s\\S\\b', '12.a x'],
    ['[\\w./:\\]\\[-]+', 'a[1]'],
    ['\\x41\\u0042\\t\\n', 'AB\t\n'],
    ['[a:b]', ':'],
    ['\\/\\-\\"', '/-"'],
  ])('takes what all read alike: %s', (source, text) => {
    expect(compileRegexp(source, '').test(text)).toBe(true);
  });

  it.each([
    '.*.*.*!',
    '.{0,300}!',
    'a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaaaaaaa!',
  ])('answers %s on hostile text (N60, F09)', (source) => {
    expect(compileRegexp(source, '').test('a'.repeat(8192))).toBe(false);
    expect(compileRegexp(source, '').test(`${'a'.repeat(8192)}!`)).toBe(true);
  });

  it('refuses what is too large to be followed (N61)', () => {
    expect(() => compileRegexp('.{0,1000}.{0,1000}.{0,1000}!', '')).toThrow(
      /^Regular expression not allowed: at most 2000 steps, repeats written out: it has 6003: /,
    );
  });

  it('makes an expression ready once, whoever asks for it', () => {
    expect(compileRegexp('a+b', 'i')).toBe(compileRegexp('a+b', 'i'));
    expect(compileRegexp('a+b', '').test('AAB')).toBe(false);
    expect(compileRegexp('a+b', 'i').test('AAB')).toBe(true);
  });
});
