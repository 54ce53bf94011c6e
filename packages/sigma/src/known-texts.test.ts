import { afterEach, describe, expect, it } from 'vitest';
import { knowTexts, listTexts, valuesOf } from './known-texts.ts';
import { parseYaml } from './parse-yaml.ts';

const TEXT = 'title: one\ntags: [a, b]\n---\ntitle: two\n';
const parse = (text: string) => parseYaml(text, 'x.yml').map(({ value }) => value);
afterEach(() => knowTexts({}));

describe('knowTexts()', () => {
  it('knows what was parsed, and nothing of a text that was changed', () => {
    expect(valuesOf(TEXT)).toBeUndefined();
    knowTexts(listTexts([TEXT], parse));
    expect(valuesOf(TEXT)).toEqual([{ title: 'one', tags: ['a', 'b'] }, { title: 'two' }]);
    expect(valuesOf(TEXT)).not.toBe(valuesOf(TEXT));
    expect(valuesOf(`${TEXT} `)).toBeUndefined();
  });

  it.each(['a: .nan', 'a: .inf', 'a: -0.0', 'a: [', '<<: {}', '__proto__: 1'])(
    'leaves %j to the parser',
    (text) => {
      expect(listTexts([text], parse)).toEqual({});
    },
  );

  it('refuses what is no list of texts', () => {
    expect(() => knowTexts({ x: 1 })).toThrow(/array/);
  });
});

describe('parseYaml() of a text that is known', () => {
  it('takes its values, and finds the line of a fault all the same', () => {
    knowTexts({ ...listTexts([TEXT], () => [{ title: 'told' }, { title: 'two' }]) });
    const [first, second] = parseYaml(TEXT, 'x.yml');
    expect(first?.value).toEqual({ title: 'told' });
    const error = second?.errorAt(['title'], 'is wrong');
    expect(error).toMatchObject({ file: 'x.yml', line: 4, path: 'title' });
    expect(error?.message).toContain('is wrong');
  });
});
