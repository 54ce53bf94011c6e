/**
 * What an image of one service contains: node build-service.mjs SERVICE FOLDER
 *
 * Our own code becomes one file; of the dependencies only those that this file imports are copied, with
 * what they need in turn. Files that only a developer reads (types, source maps) stay behind.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { dependenciesStayOutside, enginesOfServices } from '../services/soc/bin/build.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [service = '', target = ''] = process.argv.slice(2);
const DEVELOPERS_FILE = /\.(d\.[cm]?ts|map|md|markdown|flow)$/i;

/** What a service needs besides its program: built pages, rules, another program. */
const BESIDES = {
  detection: async () => copy('rules'),
  console: async () => {
    await buildPage('services/console');
    copy('services/console/dist');
    await bundle('services/soc/src/stack/main.ts', 'services/console/bin/soc.js');
  },
  enricher: async () => {
    await buildPage('services/enricher');
    copy('services/enricher/dist');
    copy('rules');
    installVectors();
  },
};

/** Bundles an entry and copies the packages it imports. */
async function bundle(entry, outfile) {
  const { metafile } = await build({
    entryPoints: [path.join(ROOT, entry)],
    outfile: path.join(target, outfile),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    conditions: ['source'],
    metafile: true,
    logLevel: 'warning',
    plugins: [dependenciesStayOutside, enginesOfServices],
  });
  for (const [file, { imports }] of Object.entries(metafile.inputs))
    for (const { path: name, external } of imports)
      if (external === true && !isBuiltin(name))
        copyPackage(packageOf(name), path.dirname(path.resolve(file)));
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Place in the image → the folder that was copied there. */
const copied = new Map();

/** What npm put beside one of our packages is wanted beside the one file that they have become. */
function placeOf(folder) {
  return path
    .relative(ROOT, folder)
    .replace(/^(packages|services)\/[^/]+\/(?=node_modules\/)/, `services/${service}/`);
}

/** The package as `from` would find it, and those it depends on. One that is not installed was optional. */
function copyPackage(name, from, isOptional = false) {
  const folder = findPackage(name, from);
  if (folder === undefined) {
    if (isOptional) return;
    throw new Error(`"${name}" is imported by ${from} and not installed`);
  }
  const place = placeOf(folder);
  const present = copied.get(place);
  if (present === folder) return;
  if (present !== undefined)
    throw new Error(`One file cannot import two versions: ${present} and ${folder}`);
  copied.set(place, folder);
  cpSync(folder, path.join(target, place), {
    recursive: true,
    filter: (file) => !DEVELOPERS_FILE.test(file) && file !== path.join(folder, 'node_modules'),
  });
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const optional = { ...manifest.optionalDependencies, ...manifest.peerDependencies };
  for (const other of Object.keys(manifest.dependencies ?? {}))
    copyPackage(other, folder, Object.hasOwn(optional, other));
  for (const other of Object.keys(optional)) copyPackage(other, folder, true);
}

function findPackage(name, from) {
  for (let folder = from; folder.startsWith(path.resolve(ROOT)); folder = path.dirname(folder)) {
    const found = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(found, 'package.json'))) return found;
  }
  return undefined;
}

/** The libraries of search by vectors, which stand apart, without those for other machines. */
function installVectors() {
  const folder = 'services/enricher/vectors';
  execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], {
    cwd: path.join(ROOT, folder),
    stdio: 'inherit',
  });
  const own = path.join(process.platform, process.arch);
  const foreign = /onnxruntime-node\/bin\/napi-v\d+\/([^/]+\/[^/]+)/;
  cpSync(path.join(ROOT, folder), path.join(target, folder), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !DEVELOPERS_FILE.test(file) && (foreign.exec(file)?.[1] ?? own) === own,
  });
}

async function buildPage(folder) {
  const vite = await import('vite');
  await vite.build({ configFile: path.join(ROOT, folder, 'vite.config.ts'), logLevel: 'error' });
}

function copy(entry) {
  cpSync(path.join(ROOT, entry), path.join(target, entry), { recursive: true });
}

const main = `services/${service}/src/main.ts`;
if (target === '' || !/^[a-z-]+$/.test(service) || !existsSync(path.join(ROOT, main))) {
  process.stderr.write(`There is no service "${service}": it needs ${main}\n`);
  process.exit(2);
}
mkdirSync(target, { recursive: true });
writeFileSync(path.join(target, 'package.json'), '{ "type": "module" }\n');
await bundle(main, `services/${service}/dist/main.js`);
await BESIDES[service]?.();
cpSync(path.join(ROOT, 'docker/health.mjs'), path.join(target, 'health.mjs'));
process.stdout.write(`${service}: ${copied.size} packages\n`);
