import { describe, expect, it } from 'vitest';
import { judgeClaims, judgeWithout, judgeWords } from './check-recipes.ts';
import type { PlantedRecipe } from './planted-change.ts';
import { RECIPES } from './planted-recipes.ts';

const RECIPE: PlantedRecipe = {
  name: 'a thing',
  says: /A thing \((\d+) files?\)/,
  files: [
    { path: 'a.ts', named: 'a.ts', change: () => '' },
    { path: 'b.ts', named: 'its test', change: () => '' },
  ],
};
const TEXT = '**A thing (2 files).** Add a.ts and its\ntest.\n\n';
const NOT_YET = { 'a thing': { 'it works': false } };
const DONE = { 'a thing': { 'it works': true } };

describe('judgeWords()', () => {
  it('judgeWords() is content when the number is right and every file is named', () => {
    expect(judgeWords(RECIPE, TEXT)).toEqual([]);
  });

  it.each([
    [TEXT.replace('2 files', '1 file'), '1'],
    [TEXT.replace('A thing', 'Something else'), 'nothing of it'],
  ])('judgeWords() compares the number of files with %j', (text, said) => {
    expect(judgeWords(RECIPE, text)).toEqual([
      `recipes: a thing touches 2 files: CONTRIBUTING.md says ${said}`,
    ]);
  });

  it('judgeWords() counts a file once, however often it is changed', () => {
    const twice = { ...RECIPE, files: [...RECIPE.files, ...RECIPE.files] };
    expect(judgeWords(twice, TEXT)).toEqual([]);
  });

  it('judgeWords() names a file that the recipe does not, once, though another recipe does', () => {
    const twice = { ...RECIPE, files: [...RECIPE.files, ...RECIPE.files] };
    expect(judgeWords(twice, '**A thing (2 files).** Add its test.\n\nAdd a.ts.')).toEqual([
      'recipes: a thing does not name "a.ts"',
    ]);
  });
});

describe('judgeClaims()', () => {
  it('judgeClaims() is content when every claim came true', () => {
    expect(judgeClaims('a thing', NOT_YET, DONE)).toEqual([]);
  });

  it('judgeClaims() names a claim that did not come true', () => {
    expect(judgeClaims('a thing', NOT_YET, NOT_YET)).toEqual([
      'recipes: a thing: "it works" is not so after the recipe was followed',
    ]);
  });

  it('judgeClaims() names a claim that was true without the recipe', () => {
    expect(judgeClaims('a thing', DONE, DONE)).toEqual([
      'recipes: a thing: "it works" was true before, so it proves nothing',
    ]);
  });

  it('judgeClaims() refuses a recipe of which nothing is claimed', () => {
    expect(judgeClaims('a thing', NOT_YET, {})).toEqual(['recipes: nothing is claimed of a thing']);
  });
});

describe('judgeWithout()', () => {
  it('judgeWithout() is content when what needs the file is not so, and nothing else', () => {
    const found = { 'a thing': { 'it works': false, 'it is there': true } };
    expect(judgeWithout('a thing', 'a.ts', ['it works'], found)).toEqual([]);
  });

  it('judgeWithout() names what works without the file, and what does not work any more', () => {
    const found = { 'a thing': { 'it works': true, 'it is there': false } };
    expect(judgeWithout('a thing', 'a.ts', ['it works'], found)).toEqual([
      'recipes: a thing: "it works" is so without a.ts',
      'recipes: a thing: "it is there" is not so without a.ts',
    ]);
  });

  it('judgeWithout() names a claim that nobody makes', () => {
    expect(judgeWithout('a thing', 'a.ts', ['it flies'], NOT_YET)).toEqual([
      'recipes: a thing: nobody claims "it flies"',
      'recipes: a thing: "it works" is not so without a.ts',
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
