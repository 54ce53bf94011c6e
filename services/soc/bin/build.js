// Builds what the `soc` command runs, when a source is newer than the result: dist/soc.js with the pieces that
// it loads when a command needs them, and the web pages of console and graph.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
const programFolder = path.join(root, 'services/soc/dist');
const program = path.join(programFolder, 'soc.js');
const consoleFolder = path.join(root, 'services/console');
const page = path.join(consoleFolder, 'dist/web/index.html');
const enricherFolder = path.join(root, 'services/enricher');
const graph = path.join(enricherFolder, 'dist/web/index.html');

export const programPath = new URL('../dist/soc.js', import.meta.url).href;

/** Packages that look for files beside themselves. */
const NEED_THEIR_FOLDER = ['@duckdb/node-bindings', '@fastify/static', '@fastify/swagger-ui'];

/**
 * For esbuild: what npm installed is put into the program too. Of half the time of a start, Node searched
 * hundreds of folders for modules and read them to find out what they export.
 */
export const dependenciesComeInside = {
  name: 'dependencies-come-inside',
  setup(bundler) {
    bundler.onResolve({ filter: /^@/ }, (found) =>
      NEED_THEIR_FOLDER.includes(found.path) ? { path: found.path, external: true } : undefined,
    );
  },
};

/** For esbuild: our own code becomes one file, what npm installed is imported from where it is. */
export const dependenciesStayOutside = {
  name: 'dependencies-stay-outside',
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./]/ }, (found) =>
      found.kind === 'entry-point' || found.path.startsWith('@mini-soc/')
        ? undefined
        : { path: found.path, external: true },
    );
  },
};

/**
 * For esbuild: of the engines of the store, only those wanted. What a bundle imports of others' packages
 * is loaded when it starts, and an image would have to hold it, opened or not. The wanted ones are imported
 * as any module is: behind an import() esbuild makes a function of every module and a variable of every
 * constant, also in the innermost loops.
 */
function enginesThat(isWanted) {
  return {
    name: 'engines-of-the-store',
    setup(bundler) {
      bundler.onLoad(
        { filter: /packages[/\\]store[/\\]src[/\\]open-store\.ts$/ },
        ({ path: file }) => {
          const imports = [];
          const list = readFileSync(file, 'utf8').replaceAll(
            /\(await import\('\.\/(\w+)\/index\.ts'\)\)/g,
            (_, engine) => {
              if (!isWanted(engine)) return `leftOut('${engine}')`;
              imports.push(`import * as ${engine} from './${engine}/index.ts';\n`);
              return engine;
            },
          );
          if (imports.length === 0) throw new Error(`No engine is left of those in ${file}`);
          const leftOut = `function leftOut(engine: string): never {
          throw new Error('This program was built without the engine "' + engine + '"');
        }`;
          return { contents: `${imports.join('')}${list}${leftOut}`, loader: 'ts' };
        },
      );
    },
  };
}

/** One machine, one process: its engine is the one that is a file. */
export const enginesOfOneProcess = enginesThat((name) => name === 'duckdb');

/** Services share a store, so theirs are all but those of one process. */
export const enginesOfServices = enginesThat((name) => !['memory', 'duckdb'].includes(name));

/** True when the program is older than its sources. */
export function isProgramOld() {
  const folders = ['packages', 'services'].flatMap((group) =>
    readdirSync(path.join(root, group)).map((name) => path.join(root, group, name, 'src')),
  );
  const installed = path.join(root, 'node_modules/.package-lock.json');
  return isOlder(program, [...folders, installed, path.join(here, 'build.js')]);
}

/** True when the console's page is older than its sources. */
export function isPageOld() {
  return isOlder(
    page,
    ['web', 'vite.config.ts'].map((name) => path.join(consoleFolder, name)),
  );
}

/** True when the page of the graph is older than its sources. */
export function isGraphOld() {
  return isOlder(
    graph,
    ['web', 'vite.config.ts'].map((name) => path.join(enricherFolder, name)),
  );
}

/** Builds the page of the graph while the program starts: it is large, and nobody waits for it. */
export function buildGraphBeside() {
  mkdirSync(path.dirname(graph), { recursive: true });
  spawn(process.execPath, [fileURLToPath(import.meta.url), 'graph'], { stdio: 'ignore' }).unref();
}

/**
 * Builds what is named in a process of its own: the tools need 100 MB that would stay with a program
 * that runs for weeks. Throws when it ends with an error, which it has written down.
 */
export function buildApart(...names) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...names], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`building ${names.join(' and ')} failed`);
}

/** What packages that were written for `require` find in a module: theirs are the folders of the program. */
const FOR_COMMONJS = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/** For esbuild: a bundle that Node runs. */
const FOR_NODE = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  conditions: ['source'],
  banner: { js: FOR_COMMONJS },
  logLevel: 'silent',
};

/**
 * Bundles the program unless it is current (about 0.5 s). The name of a piece says what is in it, so pieces of
 * before stay beside: a process that has just begun may still load them. The entry comes last.
 */
async function buildProgram() {
  if (!isProgramOld()) return;
  const { build } = await import('esbuild');
  const partial = path.join(programFolder, `${process.pid}.tmp`);
  await build({
    entryPoints: [path.join(root, 'services/soc/src/main.ts')],
    entryNames: 'soc',
    outdir: partial,
    ...FOR_NODE,
    splitting: true,
    plugins: [dependenciesComeInside, enginesOfOneProcess],
  });
  await writeKnownTexts(build, partial);
  mkdirSync(programFolder, { recursive: true });
  removeOldPieces();
  for (const name of readdirSync(partial).filter((one) => one !== 'soc.js'))
    renameSync(path.join(partial, name), path.join(programFolder, name));
  renameSync(path.join(partial, 'soc.js'), program);
  rmdirSync(partial);
}

/** What the product's rules mean, so that no start has to parse them: rules.json in the folder. */
async function writeKnownTexts(build, folder) {
  const lister = path.join(folder, 'list-texts.mjs');
  await build({
    entryPoints: [path.join(root, 'packages/sigma/src/list-folder-texts.ts')],
    outfile: lister,
    ...FOR_NODE,
    plugins: [dependenciesComeInside],
  });
  const { listFolderTexts } = await import(pathToFileURL(lister).href);
  const texts = await listFolderTexts(path.join(root, 'rules'));
  writeFileSync(path.join(folder, 'rules.json'), JSON.stringify(texts));
  rmSync(lister);
}

/** A piece that no build of the last day has written. */
function removeOldPieces() {
  const dayAgo = Date.now() - 86_400_000;
  for (const name of readdirSync(programFolder)) {
    const file = path.join(programFolder, name);
    if (name !== 'soc.js' && name.endsWith('.js') && statSync(file).mtimeMs < dayAgo)
      rmSync(file, { force: true });
  }
}

/** Builds the console's page unless it is current (1 to 3 s). */
async function buildPage() {
  if (!isPageOld()) return;
  process.stdout.write('Building the console page (only the first time) …\n');
  const { build } = await import('vite');
  await build({
    configFile: path.join(consoleFolder, 'vite.config.ts'),
    logLevel: 'error',
  });
  if (existsSync(page)) utimesSync(page, new Date(), new Date());
}

/** Builds the page of the graph unless it is current (1 to 3 s). */
async function buildGraph() {
  if (!isGraphOld()) return;
  const { build } = await import('vite');
  await build({ configFile: path.join(enricherFolder, 'vite.config.ts'), logLevel: 'error' });
  if (existsSync(graph)) utimesSync(graph, new Date(), new Date());
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
  const wanted = process.argv.slice(2);
  if (wanted.length === 0 || wanted.includes('program')) await buildProgram();
  if (wanted.length === 0 || wanted.includes('page')) await buildPage();
  if (wanted.length === 0 || wanted.includes('graph')) await buildGraph();
}
