/**
 * Proves that an engine of the store is a folder and a line, as CONTRIBUTING.md says: plants one (what the
 * memory engine is, under another name) in a copy of the repository, and expects types, dependency rules
 * and the whole conformance suite to take it.
 */
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const NAME = 'planted';
const FOLDER = `packages/store/src/${NAME}`;
const LIST = 'packages/store/src/open-store.ts';
const HEAD = 'const ENGINES = {\n';
const LINE = `  ${NAME}: async () => (await import('./${NAME}/index.ts')).createMemoryStore,\n`;

/** The engine's own test, in its folder. */
const TEST = `import { openStore } from '../open-store.ts';
import { describeStore } from '../../test/conformance.ts';

describeStore('${NAME}', () => openStore({ engine: '${NAME}' }));
`;

/** Of the product's configuration only what a test needs: one file, nothing made and removed around it. */
const TEST_CONFIGURATION = `export default {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: { include: ['${FOLDER}/*.test.ts'], testTimeout: 60_000 },
};
`;

const cruiseSchema = z.object({
  summary: z.object({
    violations: z.array(
      z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) }),
    ),
  }),
});

/** Runs a program of node_modules in the copy. */
type RunTool = (
  tool: string,
  tailArguments: readonly string[],
) => { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** What is wrong, one sentence each; the copy must be as the repository is. */
export function checkEngine(
  repository: string,
  copy: string,
  runTool: RunTool,
): { readonly planted: number; readonly faults: readonly string[] } {
  plantEngine(copy);
  const touched = changedFiles(repository, copy).filter((file) => !file.startsWith(`${FOLDER}/`));
  const configuration = path.join(copy, 'vitest.planted.config.mjs');
  writeFileSync(configuration, TEST_CONFIGURATION);
  const project = path.join(copy, 'tsconfig.engine.json');
  const files = [`${FOLDER}/conformance.test.ts`];
  writeFileSync(project, JSON.stringify({ extends: './tsconfig.json', files, include: [] }));
  const types = runTool('typescript/bin/tsc', ['-p', project, '--pretty', 'false']);
  const cruise = cruiseSchema.parse(
    JSON.parse(
      runTool('dependency-cruiser/bin/dependency-cruise.mjs', [
        'packages/store',
        '--output-type',
        'json',
      ]).stdout,
    ),
  );
  const suite = runTool('vitest/vitest.mjs', ['run', '--config', configuration]);
  return {
    planted: 0, // no violation
    faults: [
      ...(touched.length === 1 && touched[0] === LIST
        ? []
        : [`engine: it touches ${touched.join(', ') || 'nothing'} besides its folder`]),
      ...(types.status === 0 ? [] : [`engine: types refuse it: ${types.stdout.slice(0, 500)}`]),
      ...cruise.summary.violations.map(
        ({ from, to, rule }) => `engine: ${rule.name} refuses it: ${from} imports ${to}`,
      ),
      ...(suite.status === 0 && /\d+ passed/.test(suite.stdout)
        ? []
        : [`engine: the conformance suite refuses it: ${failuresOf(suite)}`]),
    ],
  };
}

function failuresOf({ stdout, stderr }: ReturnType<RunTool>): string {
  const lines = `${stderr}${stdout}`.split('\n').filter((line) => /FAIL|Error/.test(line));
  return lines.slice(0, 6).join('\n');
}

function plantEngine(copy: string): void {
  const folder = path.join(copy, FOLDER);
  cpSync(path.join(copy, 'packages/store/src/memory'), folder, { recursive: true });
  const opener = path.join(folder, 'open.ts');
  writeFileSync(opener, replaceOnce(opener, "name: 'memory'", `name: '${NAME}'`));
  writeFileSync(path.join(folder, 'conformance.test.ts'), TEST);
  const list = path.join(copy, LIST);
  writeFileSync(list, replaceOnce(list, HEAD, `${HEAD}${LINE}`));
}

/** The text of the file with one part of it replaced. Throws Error when the part is not there once. */
function replaceOnce(file: string, part: string, by: string): string {
  const pieces = readFileSync(file, 'utf8').split(part);
  if (pieces.length !== 2)
    throw new Error(`Cannot plant an engine: expected ${JSON.stringify(part)} once in "${file}"`);
  return pieces.join(by);
}

/** Files of the copy that the repository does not have so. */
function changedFiles(repository: string, copy: string): readonly string[] {
  return readdirSync(copy)
    .filter((name) => name !== 'node_modules')
    .flatMap((name) =>
      statSync(path.join(copy, name)).isDirectory()
        ? readdirSync(path.join(copy, name), { recursive: true, encoding: 'utf8' }).map((inner) =>
            path.posix.join(name, inner.replaceAll('\\', '/')),
          )
        : [name],
    )
    .filter((name) => statSync(path.join(copy, name)).isFile())
    .filter((name) => {
      const original = path.join(repository, name);
      return (
        !existsSync(original) || !readFileSync(original).equals(readFileSync(path.join(copy, name)))
      );
    });
}
