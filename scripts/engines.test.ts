/** Engines of the store: who names them, what their folders hold, which program carries which. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
const STORE = path.join(ROOT, 'packages/store/src');
const ENGINES = readdirSync(STORE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** What every engine does, each in a file of this name. */
const DUTIES = [
  'index.ts',
  'open.ts',
  'alerts.ts',
  'read-entity-events.ts',
  'read-events.ts',
  'read-lines.ts',
  'select-candidates.ts',
];
/** What an engine with words of its own does besides: the memory engine is the oracle itself. */
const TRANSLATIONS = ['dialect.ts', 'mapping.ts', 'measure.ts'];

const builder = (await import(new URL('../services/soc/bin/build.js', import.meta.url).href)) as {
  readonly dependenciesComeInside: Plugin;
  readonly dependenciesStayOutside: Plugin;
  readonly enginesOfOneProcess: Plugin;
  readonly enginesOfServices: Plugin;
};

/** Packages of others that the program imports. */
async function importsOf(entry: string, engines: Plugin): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    entryPoints: [path.join(ROOT, entry)],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    logLevel: 'silent',
    plugins: [builder.dependenciesStayOutside, engines],
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  return new Set(imports.filter(({ external }) => external).map((found) => found.path));
}

describe('engines', () => {
  it('an engine has its line in the list, and every line a folder', () => {
    const list = readFileSync(path.join(STORE, 'open-store.ts'), 'utf8');
    const lines = [
      ...list.matchAll(/^ {2}(\w+): async \(\) => \(await import\('\.\/(\w+)\/index/gm),
    ];
    expect(lines.map((line) => line[1])).toEqual(lines.map((line) => line[2]));
    expect(new Set(lines.map((line) => line[1]))).toEqual(new Set(ENGINES));
  });

  it.each(ENGINES)('%s has the files that every engine has', (engine) => {
    const wanted = engine === 'memory' ? DUTIES : [...DUTIES, ...TRANSLATIONS];
    expect(wanted.filter((name) => !existsSync(path.join(STORE, engine, name)))).toEqual([]);
  });

  it('model and query name no engine, but for the settings that people write', () => {
    const named = ['model', 'query'].flatMap((name) => {
      const folder = path.join(ROOT, 'packages', name, 'src');
      return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !/^settings|\.test\.ts$/.test(file))
        .map((file) => path.join(folder, file));
    });
    const engines = new RegExp(ENGINES.filter((name) => name !== 'memory').join('|'), 'i');
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((file) => engines.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('a program carries the packages of the engines that it can open, no others', async () => {
    const soc = await importsOf('services/soc/src/main.ts', builder.enginesOfOneProcess);
    expect(soc).toContain('@duckdb/node-api');
    expect(soc).not.toContain('@elastic/elasticsearch');
    const detection = await importsOf('services/detection/src/main.ts', builder.enginesOfServices);
    expect(detection).toContain('@elastic/elasticsearch');
    expect([...detection].filter((name) => name.startsWith('@duckdb'))).toEqual([]);
  });

  it('soc loads no engine before a command needs it', async () => {
    const { metafile } = await build({
      entryPoints: [path.join(ROOT, 'services/soc/src/main.ts')],
      absWorkingDir: ROOT,
      outdir: 'unwritten',
      bundle: true,
      splitting: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      conditions: ['source'],
      logLevel: 'silent',
      plugins: [builder.dependenciesComeInside, builder.enginesOfOneProcess],
    });
    const hasEngine = (piece: string): boolean =>
      Object.keys(metafile.outputs[piece]?.inputs ?? {}).some((file) => /duckdb/i.test(file));
    const atOnce = new Set(['unwritten/main.js']);
    for (const piece of atOnce)
      for (const { path: next, kind } of metafile.outputs[piece]?.imports ?? [])
        if (kind === 'import-statement') atOnce.add(next);
    expect(atOnce.size).toBeGreaterThan(1);
    expect([...atOnce].filter(hasEngine)).toEqual([]);
    expect(Object.keys(metafile.outputs).some(hasEngine)).toBe(true);
  });
});
