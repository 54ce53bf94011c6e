/**
 * Follows the recipes of CONTRIBUTING.md in a copy of the repository: they must work with the files they
 * name, and fail without any of the lines they ask for, so that none is named in vain.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  FOLLOWED,
  LISTS,
  PROBE,
  RECIPES,
  type Ingredient,
  type Recipe,
} from './recipe-ingredients.ts';
import { runTool } from './repository-copy.ts';

/** What is wrong with how CONTRIBUTING.md names and counts the files of a recipe; a sentence each. */
export function judgeRecipe(
  contributing: string,
  { title, ingredients }: Recipe,
): readonly string[] {
  const found = new RegExp(
    `\\*\\*${title} \\((\\d+) files[^)]*\\)\\.\\*\\*([\\s\\S]*?)\\n\\n`,
  ).exec(contributing);
  if (found === null) return [`recipes: CONTRIBUTING.md has no recipe "${title}"`];
  const touched = new Set(ingredients.map(({ file }) => file)).size;
  const text = (found[2] ?? '').replaceAll(/\s+/g, ' ');
  return [
    ...(Number(found[1]) === touched
      ? []
      : [`recipes: "${title}" says that it takes ${found[1]} files: it takes ${touched}`]),
    ...ingredients
      .filter(({ named }) => !text.includes(named))
      .map(({ named }) => `recipes: "${title}" does not name "${named}"`),
  ];
}

/** What the probe should have found and did not; a sentence each. `changed` are facts that must differ. */
export function judgeProbe(
  found: Readonly<Record<string, unknown>>,
  changed: readonly string[],
  what: string,
): readonly string[] {
  return Object.entries(FOLLOWED)
    .filter(([fact, wanted]) => isDeepStrictEqual(found[fact], wanted) === changed.includes(fact))
    .map(([fact]) => `recipes: ${what}: "${fact}" is ${JSON.stringify(found[fact]) ?? 'absent'}`);
}

/** Leaves the copy as it was. */
export function checkParts(copy: string, contributing: string) {
  const all = RECIPES.flatMap(({ ingredients }) => ingredients);
  return {
    planted: new Set(all.map(({ file }) => file)).size,
    faults: [
      ...RECIPES.flatMap((recipe) => judgeRecipe(contributing, recipe)),
      ...judgeProbe(follow(copy, all), [], 'the recipes do not work'),
      ...Object.entries(LISTS).flatMap(([list, changed]) =>
        judgeProbe(
          follow(
            copy,
            all.filter(({ file }) => file !== list),
          ),
          changed,
          `the recipes without ${list}`,
        ),
      ),
    ],
  };
}

/** What the probe finds when these are put in. Throws Error when it cannot be run. */
function follow(copy: string, ingredients: readonly Ingredient[]): Record<string, unknown> {
  const present = new Map<string, string>();
  const place = (file: string) => path.join(copy, file);
  try {
    for (const { file, text, before } of [
      ...ingredients,
      { file: 'scripts/planted-probe.ts', text: PROBE, before: undefined },
    ]) {
      if (before === undefined) {
        mkdirSync(path.dirname(place(file)), { recursive: true });
        writeFileSync(place(file), text);
        continue;
      }
      const old = readFileSync(place(file), 'utf8');
      if (!present.has(file)) present.set(file, old);
      if (old.split(before).length !== 2)
        throw new Error(`Cannot follow a recipe: "${before}" is not once in "${file}"`);
      writeFileSync(
        place(file),
        old.replace(before, () => text + before),
      );
    }
    const run = runTool(copy, 'tsx/dist/cli.mjs', [
      '--conditions=source',
      'scripts/planted-probe.ts',
    ]);
    if (run.status !== 0) throw new Error(`Cannot ask what a recipe gives: ${run.stderr}`);
    return JSON.parse(run.stdout) as Record<string, unknown>;
  } finally {
    for (const { file, before } of ingredients)
      if (before === undefined) rmSync(place(file), { force: true });
    for (const file of ['scripts/planted-probe.ts', 'services/planted'])
      rmSync(place(file), { recursive: true, force: true });
    for (const [file, text] of present) writeFileSync(place(file), text);
  }
}
