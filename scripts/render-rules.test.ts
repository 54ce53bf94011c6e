import { expect, it } from 'vitest';
import { renderRuleList } from './render-rules.ts';

it('renderRuleList() lists rules by name, with what a table could not hold escaped', async () => {
  const rule = {
    file: 'a.yml',
    description: 'one | two\nlines',
    level: 'high',
    response: 'block',
    tags: ['attack.t1110.001', 'attack.credential_access', 'attack.t1021'],
  } as const;
  const list = await renderRuleList([
    { ...rule, name: 'B' },
    { ...rule, name: 'A', tags: [] },
  ]);
  const rows = list.split('\n').filter((line) => line.startsWith('| ['));
  expect(rows.map((row) => row.replaceAll(/ +/g, ' '))).toEqual([
    '| [A](../rules/a.yml) | one \\| two lines | high | block | |',
    '| [B](../rules/a.yml) | one \\| two lines | high | block | T1110.001, T1021 |',
  ]);
});
