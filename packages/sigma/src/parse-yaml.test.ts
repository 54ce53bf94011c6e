import { describe, expect, it } from 'vitest';
import { parseYaml } from './parse-yaml.ts';

const TOO_DEEP = 'values may nest 40 deep';
const levels = (count: number) =>
  Array.from({ length: count }, (_none, n) => `${' '.repeat(n)}a:`).join('\n');

describe('parseYaml()', () => {
  it.each([
    ['brackets', `a: ${'['.repeat(1000)}`],
    ['a hundred thousand brackets', `a: ${'['.repeat(100_000)}`],
    ['brackets on lines', `a:\n ${'[\n'.repeat(1000)}`],
    ['braces with keys', `a: ${'{a: '.repeat(1000)}`],
    ['brackets that are closed', `a: ${'['.repeat(100)}${']'.repeat(100)}`],
    ['levels of a block', levels(1400)],
    ['lists in one line', `a:\n  ${'- '.repeat(1000)}x`],
  ])('parseYaml() refuses %s before it reads them (N62, F07)', (_name, text) => {
    expect(() => parseYaml(text, 'deep.yml')).toThrow(TOO_DEEP);
  });

  it.each([
    [
      'brackets in texts',
      `a: "${'['.repeat(500)}"\nb: '${'{'.repeat(500)}'\nc: x${'['.repeat(500)}`,
    ],
    ['brackets in a block of text', `a: |\n  ${'['.repeat(500)}\n  ${'{'.repeat(500)}\n`],
    [
      'many short lists',
      'a: [b, [c]]\n'.replace('a', 'k') +
        Array.from({ length: 500 }, (_n, n) => `k${n}: [x, {y: z}]`).join('\n'),
    ],
    ['thirty levels', `${levels(30)} x`],
  ])('parseYaml() reads %s', (_name, text) => {
    expect(parseYaml(text, 'fine.yml')).toHaveLength(1);
  });

  it('parseYaml() refuses a key that would hide in the object (N63)', () => {
    expect(() => parseYaml('a:\n  __proto__: { action: y }', 'proto.yml')).toThrow(
      'key "__proto__" is not allowed',
    );
  });
});
