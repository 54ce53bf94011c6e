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
});
