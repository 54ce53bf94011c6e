import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWorkspaces, reduceArrows, renderPackages } from './draw-packages.ts';

describe('reduceArrows()', () => {
  it('reduceArrows() leaves out what is reached by a longer way, and nothing else', () => {
    expect(reduceArrows({ a: [], b: ['a'], c: ['a', 'b'], d: ['a', 'c'], e: ['a'] })).toEqual({
      a: [],
      b: ['a'],
      c: ['b'],
      d: ['c'],
      e: ['a'],
    });
  });
});

describe('renderPackages()', () => {
  it('renderPackages() draws an arrow for each import and lists every workspace', async () => {
    const text = await renderPackages({ model: [], query: ['model'] }, [
      { folder: 'packages/model', duty: 'What parts speak of', imports: [] },
      { folder: 'packages/query', duty: 'What a rule asks', imports: ['packages/model'] },
      { folder: 'services/soc', duty: 'All in one', imports: ['packages/model', 'packages/query'] },
    ]);
    expect(text).toContain('query --> model');
    expect(text).toContain('soc --> query');
    expect(text).not.toContain('soc --> model');
    expect(text).toContain('[packages/query](../packages/query/README.md)');
  });
});

describe('readWorkspaces()', () => {
  it('readWorkspaces() reads the duty of each from its README', () => {
    const workspaces = readWorkspaces(path.resolve(import.meta.dirname, '..'));
    const detect = workspaces.find(({ folder }) => folder === 'packages/detect');
    expect(detect).toEqual({
      folder: 'packages/detect',
      duty: expect.stringMatching(/^The engine of detection/) as string,
      imports: [
        'packages/model',
        'packages/query',
        'packages/shell',
        'packages/sigma',
        'packages/store',
      ],
    });
  });
});
