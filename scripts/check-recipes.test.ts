import { describe, expect, it } from 'vitest';
import { judgeRecipe } from './check-recipes.ts';
import { RECIPES, type PlantedRecipe } from './planted-recipes.ts';

const RECIPE: PlantedRecipe = {
  name: 'a thing',
  says: /A thing \((\d+) files?\)/,
  files: [
    { path: 'a.ts', change: () => '' },
    { path: 'b.ts', change: () => '' },
  ],
};
const TEXT = '**A thing (2 files).**';
const NOT_YET = { 'a thing': { 'it works': false } };
const DONE = { 'a thing': { 'it works': true } };

describe('judgeRecipe()', () => {
  it('judgeRecipe() is content when the number is right and every claim came true', () => {
    expect(judgeRecipe(RECIPE, TEXT, NOT_YET, DONE)).toEqual([]);
  });

  it.each([
    ['**A thing (1 file).**', '1'],
    ['**Something else (2 files).**', 'nothing of it'],
  ])('judgeRecipe() compares the number of files with %s', (text, said) => {
    expect(judgeRecipe(RECIPE, text, NOT_YET, DONE)).toEqual([
      `recipes: a thing touches 2 files: CONTRIBUTING.md says ${said}`,
    ]);
  });

  it('judgeRecipe() counts a file once, however often it is changed', () => {
    const twice = { ...RECIPE, files: [...RECIPE.files, ...RECIPE.files] };
    expect(judgeRecipe(twice, TEXT, NOT_YET, DONE)).toEqual([]);
  });

  it('judgeRecipe() names a claim that did not come true', () => {
    expect(judgeRecipe(RECIPE, TEXT, NOT_YET, NOT_YET)).toEqual([
      'recipes: a thing: "it works" is not so after the recipe was followed',
    ]);
  });

  it('judgeRecipe() names a claim that was true without the recipe', () => {
    expect(judgeRecipe(RECIPE, TEXT, DONE, DONE)).toEqual([
      'recipes: a thing: "it works" was true before, so it proves nothing',
    ]);
  });

  it('judgeRecipe() refuses a recipe of which nothing is claimed', () => {
    expect(judgeRecipe(RECIPE, TEXT, NOT_YET, {})).toEqual([
      'recipes: nothing is claimed of a thing',
    ]);
  });
});

describe('RECIPES', () => {
  it('RECIPES say when the place for a change is gone', () => {
    for (const { files } of RECIPES)
      for (const { change } of files.filter((file) => !file.path.includes('planted')))
        expect(() => change('', () => '')).toThrow(/^Cannot plant: nothing fits /);
  });
});
