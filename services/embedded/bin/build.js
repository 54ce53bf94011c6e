// Builds what the `soc` command runs, when a source is newer than the result:
// dist/soc.js (our own code in one file, dependencies stay outside) and the console's web page.
import { existsSync, readdirSync, renameSync, statSync, utimesSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
const program = path.join(root, 'services/embedded/dist/soc.js');
const consoleFolder = path.join(root, 'services/console');
const page = path.join(consoleFolder, 'dist/web/index.html');

export const programPath = new URL('../dist/soc.js', import.meta.url).href;

/** Bundles the program unless it is current (about 0.2 s). */
export async function buildProgram() {
  const folders = ['packages', 'services'].flatMap((group) =>
    readdirSync(path.join(root, group)).map((name) => path.join(root, group, name, 'src')),
  );
  if (!isOlder(program, [...folders, path.join(here, 'build.js')])) return;
  const { build } = await import('esbuild');
  const partial = `${program}.${process.pid}.tmp`;
  await build({
    entryPoints: [path.join(root, 'services/embedded/src/main.ts')],
    outfile: partial,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    conditions: ['source'],
    logLevel: 'silent',
    plugins: [
      {
        name: 'dependencies-stay-outside',
        setup(bundler) {
          bundler.onResolve({ filter: /^[^./]/ }, (found) =>
            found.kind === 'entry-point' || found.path.startsWith('@mini-soc/')
              ? undefined
              : { path: found.path, external: true },
          );
        },
      },
    ],
  });
  renameSync(partial, program);
}

/** Builds the console's page unless it is current (1 to 3 s). */
export async function buildConsole(say) {
  const sources = ['web', 'vite.config.ts'].map((name) => path.join(consoleFolder, name));
  if (!isOlder(page, sources)) return;
  say('Building the console page (only the first time) …');
  const { build } = await import('vite');
  await build({
    configFile: path.join(consoleFolder, 'vite.config.ts'),
    logLevel: 'error',
  });
  if (existsSync(page)) utimesSync(page, new Date(), new Date());
}

function isOlder(result, sources) {
  if (!existsSync(result)) return true;
  const builtAt = statSync(result).mtimeMs;
  return sources.some((source) => newestIn(source) > builtAt);
}

function newestIn(entry) {
  if (!existsSync(entry)) return 0;
  const facts = statSync(entry);
  if (!facts.isDirectory()) return facts.mtimeMs;
  return Math.max(
    facts.mtimeMs,
    ...readdirSync(entry).map((name) => newestIn(path.join(entry, name))),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildProgram();
  await buildConsole((sentence) => process.stdout.write(`${sentence}\n`));
}
