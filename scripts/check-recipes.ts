/**
 * Proves that the recipes of CONTRIBUTING.md are true: each is followed in a throw-away copy, the files it touched
 * are counted, and what it promises must be false before and true after. Types and the tests that watch over the
 * touched parts must stay green, so that no file was forgotten.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { RECIPES, type PlantedRecipe } from './planted-recipes.ts';
import { copyRepository, runTool } from './repository-copy.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLAIMS = 'scripts/recipe-claims.ts';
/** Tests that a forgotten file would turn red. */
const TESTS = [
  'packages/model/src/event.test.ts',
  'packages/model/src/field.test.ts',
  'packages/model/src/json-fields.test.ts',
  'packages/parsers',
  'packages/store/test/duckdb-migration.test.ts',
  'e2e/filebeat-config.test.ts',
  'e2e/filebeat-script.test.ts',
  'e2e/log-formats.test.ts',
];

const claimsSchema = z.record(z.string(), z.record(z.string(), z.boolean()));
/** Recipe → claim → whether it is true. */
export type Claims = z.infer<typeof claimsSchema>;

/** What is wrong with a recipe, one sentence each; empty when it is true. */
export function judgeRecipe(
  { name, says, files }: PlantedRecipe,
  contributing: string,
  before: Claims,
  after: Claims,
): readonly string[] {
  const stated = says.exec(contributing)?.[1];
  const touched = new Set(files.map((file) => file.path)).size;
  const claims = Object.entries(after[name] ?? {});
  return [
    ...(Number(stated) === touched
      ? []
      : [
          `recipes: ${name} touches ${touched} files: CONTRIBUTING.md says ${stated ?? 'nothing of it'}`,
        ]),
    ...(claims.length === 0 ? [`recipes: nothing is claimed of ${name}`] : []),
    ...claims
      .filter(([claim]) => before[name]?.[claim] !== false)
      .map(([claim]) => `recipes: ${name}: "${claim}" was true before, so it proves nothing`),
    ...claims
      .filter(([, isTrue]) => !isTrue)
      .map(([claim]) => `recipes: ${name}: "${claim}" is not so after the recipe was followed`),
  ];
}

export function checkRecipes() {
  const copy = copyRepository();
  const before = readClaims(copy);
  const read = (file: string): string => {
    const target = path.join(copy, file);
    return existsSync(target) ? readFileSync(target, 'utf8') : '';
  };
  for (const file of RECIPES.flatMap((recipe) => recipe.files))
    writeFileSync(path.join(copy, file.path), file.change(read(file.path), read));
  const after = readClaims(copy);
  const contributing = readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  runTypeScript(copy, ['scripts/build-filebeat.ts']);
  const types = runTool(copy, 'typescript/bin/tsc', ['--noEmit', '--pretty', 'false']);
  const tests = runTool(copy, 'vitest/vitest.mjs', ['run', '--reporter=dot', ...TESTS]);
  return {
    planted: RECIPES.length,
    faults: [
      ...RECIPES.flatMap((recipe) => judgeRecipe(recipe, contributing, before, after)),
      ...(types.status === 0
        ? []
        : [`recipes: types are red after they were followed:\n${types.stdout.slice(0, 2000)}`]),
      ...(tests.status === 0
        ? []
        : [`recipes: tests are red after they were followed:\n${tests.stderr.slice(0, 4000)}`]),
    ],
  };
}

function readClaims(copy: string): Claims {
  const run = runTypeScript(copy, [CLAIMS]);
  if (run.status !== 0) throw new Error(`Cannot run ${CLAIMS}: ${run.stderr.slice(0, 2000)}`);
  return claimsSchema.parse(JSON.parse(run.stdout));
}

function runTypeScript(copy: string, tailArguments: readonly string[]) {
  return runTool(copy, 'tsx/dist/cli.mjs', ['--conditions=source', ...tailArguments]);
}
