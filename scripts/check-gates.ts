/**
 * Proves that the gates can fail. In a throw-away copy of the sources it plants one violation of each
 * dependency rule, and faults of lint, types and format, and expects every one of them to be named;
 * a gate that looks at nothing (zero modules cruised, a source file not seen) is a failure too. An engine of
 * the store is planted as well, and has to work (planted-engine.ts). The recipes of CONTRIBUTING.md are followed
 * and the files they touch are counted (check-recipes.ts).
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { checkRecipes } from './check-recipes.ts';
import { checkEngine } from './planted-engine.ts';
import {
  dependencyPlants,
  FORMAT_PLANT,
  LINT_PLANTS,
  TYPE_PLANTS,
  type DependencyFacts,
  type Plant,
  type PlantedFile,
} from './planted-violations.ts';
import { copyRepository, runTool, SOURCE_FOLDERS } from './repository-copy.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const cruiseSchema = z.object({
  modules: z.array(z.object({ source: z.string() })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});
export type Cruise = z.infer<typeof cruiseSchema>;

/** What is wrong with the dependency gate, one sentence each; empty when it does its work. */
export function judgeCruise(
  cruise: Cruise,
  plants: readonly Plant[],
  ruleNames: readonly string[],
  sources: readonly string[],
): readonly string[] {
  if (cruise.modules.length === 0) return ['dependencies: no module was looked at'];
  const seen = new Set(cruise.modules.map((module) => module.source));
  const faults = sources
    .filter((source) => !seen.has(source))
    .map((source) => `dependencies: "${source}" was not looked at`);
  const planted = new Set(plants.map((plant) => plant.rule));
  for (const name of ruleNames)
    if (!planted.has(name)) faults.push(`dependencies: no violation of ${name} is planted`);
  for (const plant of plants) {
    const found = cruise.summary.violations
      .filter((violation) => isAbout(violation.from, plant))
      .map((violation) => violation.rule.name);
    if (plant.rule === undefined && found.length > 0)
      faults.push(`dependencies: ${plant.path} is legal but is refused by ${found.join(', ')}`);
    if (plant.rule !== undefined && !found.includes(plant.rule))
      faults.push(`dependencies: ${plant.path} violates ${plant.rule}, but the gate stayed green`);
  }
  return faults;
}

/** A circle is told once, from whichever end was found first. */
function isAbout(source: string, plant: Plant): boolean {
  if (source === plant.path) return true;
  const others = plant.rule === 'no-circular' ? (plant.besides ?? []) : [];
  return others.some((file) => file.path === source);
}

/** Plants whose rule a gate did not name, one sentence each; `found` has a "path rule" text each. */
export function judgeNamed(
  gate: string,
  plants: readonly Plant[],
  found: ReadonlySet<string>,
): readonly string[] {
  return plants
    .filter((plant) => !found.has(`${plant.path} ${plant.rule ?? ''}`))
    .map(
      (plant) => `${gate}: ${plant.path} violates ${plant.rule ?? ''}, but the gate stayed green`,
    );
}

function checkDependencies(copy: string, facts: DependencyFacts, rules: readonly string[]) {
  const plants = dependencyPlants(facts);
  for (const plant of plants) {
    for (const file of plant.besides ?? []) plantFile(copy, file, 'keep');
    plantFile(copy, plant);
  }
  const sources = listSources(copy);
  const cruiser = (outputType: string) =>
    runTool(copy, 'dependency-cruiser/bin/dependency-cruise.mjs', [
      ...SOURCE_FOLDERS.filter((folder) => existsSync(path.join(copy, folder))),
      '--output-type',
      outputType,
    ]);
  const cruise = cruiseSchema.parse(JSON.parse(cruiser('json').stdout));
  return {
    planted: plants.length,
    faults: [
      ...(cruiser('err').status === 0 ? ['dependencies: the gate ended with exit code 0'] : []),
      ...judgeCruise(cruise, plants, rules, sources),
    ],
  };
}

function checkLint(copy: string) {
  for (const plant of LINT_PLANTS) plantFile(copy, plant);
  const run = runTool(copy, 'oxlint/bin/oxlint', [
    '--type-aware',
    '--deny-warnings',
    '--format=json',
    ...LINT_PLANTS.map((plant) => plant.path),
  ]);
  const report = z
    .object({ diagnostics: z.array(z.object({ filename: z.string(), code: z.string() })) })
    .parse(JSON.parse(run.stdout));
  const found = new Set(report.diagnostics.map((entry) => `${entry.filename} ${entry.code}`));
  return {
    planted: LINT_PLANTS.length,
    faults: [
      ...(run.status === 0 ? ['lint: the gate ended with exit code 0'] : []),
      ...judgeNamed('lint', LINT_PLANTS, found),
    ],
  };
}

function checkTypes(copy: string) {
  for (const plant of TYPE_PLANTS) plantFile(copy, plant);
  const project = path.join(copy, 'tsconfig.planted.json');
  const files = TYPE_PLANTS.map((plant) => plant.path);
  writeFileSync(project, JSON.stringify({ extends: './tsconfig.json', files, include: [] }));
  const run = runTool(copy, 'typescript/bin/tsc', ['-p', project, '--pretty', 'false']);
  const found = new Set<string>();
  for (const match of run.stdout.matchAll(/^(.+?)\(\d+,\d+\): error (TS\d+):/gm))
    found.add(`${match[1] ?? ''} ${match[2] ?? ''}`);
  return {
    planted: TYPE_PLANTS.length,
    faults: [
      ...(run.status === 0 ? ['types: the gate ended with exit code 0'] : []),
      ...judgeNamed('types', TYPE_PLANTS, found),
    ],
  };
}

function checkFormat(copy: string) {
  plantFile(copy, FORMAT_PLANT);
  const run = runTool(copy, 'prettier/bin/prettier.cjs', ['--check', 'packages/query/src']);
  const named = `${run.stdout}${run.stderr}`.includes(FORMAT_PLANT.path);
  return {
    planted: 1,
    faults:
      run.status !== 0 && named
        ? []
        : [`format: ${FORMAT_PLANT.path} is badly laid out, but the gate stayed green`],
  };
}

function plantFile(copy: string, file: PlantedFile, present: 'replace' | 'keep' = 'replace'): void {
  const target = path.join(copy, file.path);
  if (present === 'keep' && existsSync(target)) return;
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, file.text);
}

function listSources(copy: string): readonly string[] {
  return SOURCE_FOLDERS.filter((folder) => existsSync(path.join(copy, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(copy, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        path.posix.join(folder, name.replaceAll('\\', '/')),
      ),
    )
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'));
}

async function main(): Promise<number> {
  const configuration = (await import(
    pathToFileURL(path.join(ROOT, '.dependency-cruiser.mjs')).href
  )) as {
    ARROWS: DependencyFacts['arrows'];
    VENDORS: DependencyFacts['vendors'];
    default: { forbidden: { name: string }[] };
  };
  const facts = { arrows: configuration.ARROWS, vendors: configuration.VENDORS };
  const rules = [...new Set(configuration.default.forbidden.map((rule) => rule.name))];
  const copy = copyRepository();
  const results = [
    // First: it expects the copy as the repository is.
    checkEngine(ROOT, copy, (tool, tail) => runTool(copy, tool, tail)),
    checkDependencies(copy, facts, rules),
    checkLint(copy),
    checkTypes(copy),
    checkFormat(copy),
    checkRecipes(),
  ];
  const faults = results.flatMap((result) => result.faults);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  const planted = results.reduce((sum, result) => sum + result.planted, 0);
  process.stdout.write(
    `${planted} violations and recipes planted, ${faults.length} faults of the gates\n`,
  );
  return faults.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
