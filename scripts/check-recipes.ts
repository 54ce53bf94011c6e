/**
 * Proves that the recipes of CONTRIBUTING.md are true: each is followed in a throw-away copy, the files it touched
 * are counted and named, and what it promises must be false before and true after, and false again without the lines
 * it asks for. Types and the tests that watch over the touched parts must stay green, so that no file was forgotten.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { PlantedRecipe } from './planted-change.ts';
import { RECIPES } from './planted-recipes.ts';
import { copyRepository, runTool } from './repository-copy.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLAIMS = 'scripts/recipe-claims.ts';
/** Tests that a forgotten file would turn red, and those of the recipes. */
const TESTS = [
  'packages/model/src/event.test.ts',
  'packages/model/src/field.test.ts',
  'packages/model/src/json-fields.test.ts',
  'packages/model/src/settings.test.ts',
  'packages/parsers',
  'packages/store/test/duckdb-migration.test.ts',
  'services/response/src/enforce/p',
  'services/detection/src/outbox/planted',
  'services/planted',
  'e2e/filebeat-config.test.ts',
  'e2e/filebeat-script.test.ts',
  'e2e/log-formats.test.ts',
];

const claimsSchema = z.record(z.string(), z.record(z.string(), z.boolean()));
/** Recipe → claim → whether it is true. */
export type Claims = z.infer<typeof claimsSchema>;

/** What is wrong with how CONTRIBUTING.md names and counts the files of a recipe; a sentence each. */
export function judgeWords(
  { name, says, files }: PlantedRecipe,
  contributing: string,
): readonly string[] {
  const found = says.exec(contributing);
  const touched = new Set(files.map((file) => file.path)).size;
  const [paragraph = ''] = contributing.slice(found?.index ?? contributing.length).split('\n\n');
  const words = paragraph.replaceAll(/\s+/g, ' ');
  const unnamed = new Set(files.map(({ named }) => named).filter((file) => !words.includes(file)));
  return [
    ...(Number(found?.[1]) === touched
      ? []
      : [
          `recipes: ${name} touches ${touched} files: CONTRIBUTING.md says ${found?.[1] ?? 'nothing of it'}`,
        ]),
    ...(found === null
      ? []
      : [...unnamed].map((file) => `recipes: ${name} does not name "${file}"`)),
  ];
}

/** What a recipe promises and does not keep, one sentence each; `before` and `after` it was followed. */
export function judgeClaims(name: string, before: Claims, after: Claims): readonly string[] {
  const claims = Object.entries(after[name] ?? {});
  return [
    ...(claims.length === 0 ? [`recipes: nothing is claimed of ${name}`] : []),
    ...claims
      .filter(([claim]) => before[name]?.[claim] !== false)
      .map(([claim]) => `recipes: ${name}: "${claim}" was true before, so it proves nothing`),
    ...claims
      .filter(([, isTrue]) => !isTrue)
      .map(([claim]) => `recipes: ${name}: "${claim}" is not so after the recipe was followed`),
  ];
}

/** Claims that are so without the file's lines although they must not, and otherwise; a sentence each. */
export function judgeWithout(
  name: string,
  file: string,
  missing: readonly string[],
  found: Claims,
): readonly string[] {
  const claims = found[name] ?? {};
  return [
    ...missing
      .filter((claim) => claims[claim] === undefined)
      .map((claim) => `recipes: ${name}: nobody claims "${claim}"`),
    ...Object.entries(claims)
      .filter(([claim, isTrue]) => isTrue === missing.includes(claim))
      .map(
        ([claim, isTrue]) =>
          `recipes: ${name}: "${claim}" is ${isTrue ? '' : 'not '}so without ${file}`,
      ),
  ];
}

export function checkRecipes() {
  const copy = copyRepository();
  const names = RECIPES.map(({ name }) => name);
  const contributing = readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const before = readClaims(copy, names);
  const undo = follow(copy, RECIPES);
  const after = readClaims(copy, names);
  runTypeScript(copy, ['scripts/build-filebeat.ts']);
  const types = runTool(copy, 'typescript/bin/tsc', ['--noEmit', '--pretty', 'false']);
  const tests = runTool(copy, 'vitest/vitest.mjs', ['run', '--reporter=dot', ...TESTS]);
  undo();
  return {
    planted: RECIPES.length,
    faults: [
      ...RECIPES.flatMap((recipe) => judgeWords(recipe, contributing)),
      ...names.flatMap((name) => judgeClaims(name, before, after)),
      ...RECIPES.flatMap((recipe) => checkLines(copy, recipe)),
      ...(types.status === 0
        ? []
        : [`recipes: types are red after they were followed:\n${types.stdout.slice(0, 2000)}`]),
      ...(tests.status === 0
        ? []
        : [`recipes: tests are red after they were followed:\n${tests.stderr.slice(-4000)}`]),
    ],
  };
}

/** Follows a recipe without one of its files after the other. */
function checkLines(copy: string, recipe: PlantedRecipe): readonly string[] {
  return Object.entries(recipe.without ?? {}).flatMap(([file, missing]) => {
    const files = recipe.files.filter((one) => one.path !== file);
    const undo = follow(copy, [{ ...recipe, files }]);
    try {
      return judgeWithout(recipe.name, file, missing, readClaims(copy, [recipe.name]));
    } finally {
      undo();
    }
  });
}

/** Changes the files of the recipes; returns what puts them back. */
function follow(copy: string, recipes: readonly PlantedRecipe[]): () => void {
  const present = new Map<string, string | undefined>();
  const read = (file: string): string => {
    const target = path.join(copy, file);
    return existsSync(target) ? readFileSync(target, 'utf8') : '';
  };
  for (const { path: file, change } of recipes.flatMap(({ files }) => files)) {
    const target = path.join(copy, file);
    if (!present.has(file)) present.set(file, existsSync(target) ? read(file) : undefined);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, change(read(file), read));
  }
  return () => {
    for (const [file, text] of present)
      if (text === undefined) rmSync(path.join(copy, file));
      else writeFileSync(path.join(copy, file), text);
  };
}

function readClaims(copy: string, names: readonly string[]): Claims {
  const run = runTypeScript(copy, [CLAIMS, ...names]);
  if (run.status !== 0) throw new Error(`Cannot run ${CLAIMS}: ${run.stderr.slice(0, 2000)}`);
  return claimsSchema.parse(JSON.parse(run.stdout));
}

function runTypeScript(copy: string, tailArguments: readonly string[]) {
  return runTool(copy, 'tsx/dist/cli.mjs', ['--conditions=source', ...tailArguments]);
}
