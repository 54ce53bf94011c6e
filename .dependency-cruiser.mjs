/**
 * What may import what. The name of each rule is what CI prints; scripts/check-gates.ts plants one
 * violation of each and expects it here.
 *
 * An import of another workspace is resolved to its source (condition "source"), so rules speak of
 * paths in this repository; a vendor's package is seen as node_modules/NAME/….
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(fileURLToPath(import.meta.url));
const TESTS = String.raw`(\.test\.ts$|/test/)`;

/** Arrows between packages: each may import those named here and nothing else of ours. */
export const ARROWS = {
  model: [],
  shell: ['model'],
  parsers: ['model', 'shell'],
  query: ['model'],
  sigma: ['model', 'query'],
  store: ['model', 'query'],
  detect: ['model', 'query', 'shell', 'sigma', 'store'],
  ingest: ['model', 'parsers', 'store', 'tailer'],
  tailer: ['model'],
  attack: ['model'],
  'service-kit': ['model'],
};

/** A vendor's package → the only files that may import it. */
export const VENDORS = {
  '@duckdb/node-api': '^packages/store/src/duckdb/',
  '@duckdb/node-bindings': '^packages/store/src/duckdb/',
  '@elastic/elasticsearch': '^packages/store/src/elasticsearch/',
  'node-cron': '^services/detection/',
  '@faker-js/faker': '^services/log-generator/',
  fastify: '^(packages/service-kit|services/[^/]+)/',
  'fastify-type-provider-zod': '^packages/service-kit/',
  pino: '^packages/service-kit/',
  '@peculiar/x509': '^services/setup/',
  'reflect-metadata': '^services/setup/',
  undici: '^packages/service-kit/',
  'prom-client': '^(packages/service-kit|services/[^/]+)/',
  yaml: '^(packages/sigma|services/soc)/',
  picomatch: '^packages/tailer/',
  esbuild: '^(services/soc/bin/|scripts/build-filebeat)',
  vite: '^services/(soc/bin|console|enricher)/',
  preact: '^services/console/web/',
  '3d-force-graph': '^services/enricher/web/graph-view\\.ts$',
  three: '^services/enricher/web/graph-view\\.ts$',
  '@preact/signals': '^services/console/web/',
};

const escape = (text) => text.replaceAll(/[/.@-]/g, String.raw`\$&`);

const arrows = Object.entries(ARROWS).map(([name, allowed]) => ({
  name: 'packages-follow-the-arrows',
  comment: `packages/${name} may import ${allowed.length === 0 ? 'no other package of ours' : allowed.join(', ')}`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
}));

const vendors = Object.entries(VENDORS).map(([vendor, home]) => ({
  name: 'vendors-at-the-edge',
  comment: `${vendor} is imported only in ${home}`,
  severity: 'error',
  from: { path: '^(packages|services|scripts)/', pathNot: [home, TESTS] },
  to: { path: `(^|node_modules/)${escape(vendor)}(/|$)` },
}));

/** Folder → names of our workspaces its package.json declares. */
const workspaces = ['packages', 'services'].flatMap((group) =>
  readdirSync(path.join(ROOT, group))
    .map((name) => ({
      folder: `${group}/${name}`,
      file: path.join(ROOT, group, name, 'package.json'),
    }))
    .filter(({ file }) => existsSync(file))
    .map(({ folder, file }) => ({ folder, facts: JSON.parse(readFileSync(file, 'utf8')) })),
);

const undeclaredWorkspaces = workspaces.map(({ folder, facts }) => {
  const declared = Object.keys({ ...facts.dependencies, ...facts.devDependencies });
  const allowed = workspaces.filter((other) => declared.includes(other.facts.name));
  return {
    name: 'no-undeclared-dependency',
    comment: `Another workspace that ${folder}/package.json does not declare`,
    severity: 'error',
    from: { path: `^${folder}/` },
    to: {
      path: '^(packages|services)/',
      pathNot: `^(${[folder, ...allowed.map((other) => other.folder)].join('|')})/`,
    },
  };
});

const JUNK = String.raw`(^|/)(utils?|helpers?|common|types|constants)(/|\.[cm]?[jt]sx?$)`;

export default {
  forbidden: [
    {
      name: 'packages-never-import-services',
      comment: 'A package knows nothing of the services that use it',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    ...arrows,
    {
      name: 'packages-follow-the-arrows',
      comment: 'A new package needs its line in ARROWS',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${Object.keys(ARROWS).join('|')})/` },
      to: { path: '^packages/', pathNot: '^packages/$1/' },
    },
    {
      name: 'packages-follow-the-arrows',
      comment: 'The model needs zod and nothing else',
      severity: 'error',
      from: { path: '^packages/model/', pathNot: TESTS },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg'],
        pathNot: 'node_modules/zod/',
      },
    },
    {
      name: 'services-never-import-services',
      comment: 'Services speak HTTP; only soc puts them together',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/(soc|embedded)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'services-never-import-services',
      comment: "soc takes a service by its app.ts (the package's entry), never by another file",
      severity: 'error',
      from: { path: '^services/soc/' },
      to: { path: '^services/', pathNot: '^services/(soc/|[^/]+/src/app\\.ts$)' },
    },
    {
      name: 'through-the-front-door',
      comment: 'Another package is imported by the entries its package.json exports',
      severity: 'error',
      from: { path: '^(?:packages|services)/([^/]+)/' },
      to: {
        path: '^packages/',
        pathNot: [
          '^packages/$1/',
          '^packages/[^/]+/src/index\\.ts$',
          '^packages/store/src/(open-store|[^/]+/index)\\.ts$',
          '^packages/attack/src/(chroma|embed)/index\\.ts$',
          '^packages/store/test/conformance\\.ts$',
          '^packages/(model|detect)/test/make-(alert|rule)\\.ts$',
          '^packages/service-kit/test/free-ports\\.ts$',
          '^packages/model/src/(ip-address|json-fields|limits)\\.ts$',
        ],
      },
    },
    {
      name: 'through-the-front-door',
      comment: 'scripts, bench, quality and e2e use the front door too',
      severity: 'error',
      from: { path: '^(scripts|bench|e2e|quality)/' },
      to: {
        path: '^packages/',
        pathNot: [
          '^packages/[^/]+/src/index\\.ts$',
          '^packages/store/src/(open-store|[^/]+/index)\\.ts$',
          '^packages/attack/src/(chroma|embed)/index\\.ts$',
          '^packages/service-kit/test/free-ports\\.ts$',
        ],
      },
    },
    ...vendors,
    {
      name: 'adapters-only-from-main',
      comment: 'A store is opened in one place; everybody else gets a Store',
      severity: 'error',
      from: {
        path: '^(packages|services)/',
        pathNot: ['^services/soc/src/pipeline/', '^services/[^/]+/src/main\\.ts$', TESTS],
      },
      to: { path: '^packages/store/src/open-store\\.ts$' },
    },
    {
      name: 'adapters-only-from-main',
      comment: 'An engine is chosen in open-store.ts; soc keeps the file of one (memory, backup)',
      severity: 'error',
      from: {
        path: '^(packages|services)/',
        pathNot: [
          '^packages/store/src/[^/]+/',
          '^packages/store/src/open-store\\.ts$',
          '^services/soc/src/(backup|pipeline)/',
          TESTS,
        ],
      },
      to: { path: '^packages/store/src/[^/]+/' },
    },
    {
      name: 'engines-know-no-other',
      comment: 'What engines share stands beside the port, not in one of them',
      severity: 'error',
      from: { path: '^packages/store/src/([^/]+)/' },
      to: { path: '^packages/store/src/[^/]+/', pathNot: '^packages/store/src/$1/' },
    },
    {
      name: 'processes-only-in-adapters',
      comment:
        'Only a blocker (and later capture) starts another program, and the builder its own process',
      severity: 'error',
      from: {
        path: '^(packages|services)/',
        pathNot: [
          '^services/response/src/enforce/',
          '^packages/capture/src/',
          '^services/soc/bin/build\\.js$',
          TESTS,
        ],
      },
      to: { path: '^(node:)?(child_process|cluster)$' },
    },
    {
      name: 'no-circular',
      comment: 'A cycle of imports, of types alone too',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'Not in the dependencies of its package.json, or not found at all',
      severity: 'error',
      from: { pathNot: [TESTS, '^(scripts|bench|e2e|quality)/'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'What is only a tool of development is not there in production',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/(src|web)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'The import leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...undeclaredWorkspaces,
    ...[
      { from: {}, to: { path: JUNK, pathNot: 'node_modules/' } },
      { from: { path: JUNK, pathNot: 'node_modules/' }, to: {} },
      { from: { orphan: true, path: JUNK, pathNot: 'node_modules/' }, to: {} },
    ].map((where) => ({
      name: 'no-junk-drawers',
      comment: 'Name a file or folder for what it is',
      severity: 'error',
      ...where,
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The vectors folder has dependencies of its own, which a plain installation does not have.
    exclude: { path: '^(packages|services)/[^/]+/(dist|coverage)/|^services/enricher/vectors/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
