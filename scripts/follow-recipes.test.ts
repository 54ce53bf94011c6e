/** That recipes work is proved by `npm run gates`; here, that the proof can fail. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeProbe, judgeRecipe } from './follow-recipes.ts';
import { FOLLOWED, RECIPES } from './recipe-ingredients.ts';

const CONTRIBUTING = readFileSync(path.resolve(import.meta.dirname, '../CONTRIBUTING.md'), 'utf8');
const LOCAL = RECIPES[0];
if (LOCAL === undefined) throw new TypeError('There is no recipe');

describe('judgeRecipe()', () => {
  it.each(RECIPES)('judgeRecipe() is content with "$title"', (recipe) => {
    expect(judgeRecipe(CONTRIBUTING, recipe)).toEqual([]);
  });

  it('judgeRecipe() names a recipe that is not there', () => {
    expect(judgeRecipe('# Contributing', LOCAL)).toEqual([
      'recipes: CONTRIBUTING.md has no recipe "A local point"',
    ]);
  });

  it('judgeRecipe() names a file too many and a file that is not named', () => {
    const more = [...LOCAL.ingredients, { file: 'README.md', named: 'README.md', text: '' }];
    expect(judgeRecipe(CONTRIBUTING, { ...LOCAL, ingredients: more })).toEqual([
      'recipes: "A local point" says that it takes 4 files: it takes 5',
      'recipes: "A local point" does not name "README.md"',
    ]);
  });
});

describe('judgeProbe()', () => {
  it('judgeProbe() is content when all is found, and what must differ differs', () => {
    expect(judgeProbe(FOLLOWED, [], 'all')).toEqual([]);
    expect(judgeProbe({ ...FOLLOWED, port: undefined }, ['port'], 'all')).toEqual([]);
  });

  it('judgeProbe() names what does not work, and what works although a line is left out', () => {
    expect(judgeProbe({ ...FOLLOWED, local: 'fault: none' }, [], 'all')).toEqual([
      'recipes: all: "local" is "fault: none"',
    ]);
    expect(judgeProbe(FOLLOWED, ['documented'], 'without')).toEqual([
      'recipes: without: "documented" is true',
    ]);
  });
});
