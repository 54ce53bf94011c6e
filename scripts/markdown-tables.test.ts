import { describe, expect, it } from 'vitest';
import { judgeTables } from './markdown-tables.ts';

describe('judgeTables()', () => {
  it('judgeTables() is content with tables that are shown as such', () => {
    const text = ['| a | b |', '| - | :-: |', '| 1 | `x \\| y` |', '', 'Text.'].join('\n');
    expect(judgeTables('a.md', text)).toEqual([]);
    expect(judgeTables('a.md', '```\n| no table\n```\n')).toEqual([]);
  });

  it('judgeTables() names rows that do not fit, and a head without dashes', () => {
    expect(judgeTables('a.md', '| a | b | c |\n| - | - |\n| 1 | 2 |')).toEqual([
      'a.md: a row has 2 cells, its head 3: "| - | - |"',
    ]);
    expect(judgeTables('a.md', '| a | b |\n| 1 | 2 |')).toEqual([
      'a.md: the table "| a | b |" has no line of dashes under its head',
    ]);
  });
});
