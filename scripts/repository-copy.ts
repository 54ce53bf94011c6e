/** A throw-away copy of the sources, in which faults and changes are planted. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const SOURCE_FOLDERS = ['packages', 'services', 'scripts', 'e2e', 'bench', 'quality'];
const CONFIGURATION = [
  'package.json',
  'tsconfig.json',
  '.oxlintrc.json',
  '.prettierignore',
  '.dependency-cruiser.mjs',
  'vitest.config.ts',
  'filebeat',
];
const NOT_COPIED = new Set(['node_modules', 'dist', 'coverage', 'data', '.git']);

/**
 * The folder of a copy, which is removed when this process ends. It has its own links to the workspaces, so that an
 * import leads to the copy, not back here.
 */
export function copyRepository(): string {
  const copy = realpathSync(mkdtempSync(path.join(tmpdir(), 'mini-soc-gates-')));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(130));
  const filter = (source: string): boolean => !NOT_COPIED.has(path.basename(source));
  for (const name of [...SOURCE_FOLDERS, ...CONFIGURATION]) {
    const source = path.join(ROOT, name);
    if (existsSync(source)) cpSync(source, path.join(copy, name), { recursive: true, filter });
  }
  const modules = path.join(copy, 'node_modules');
  mkdirSync(path.join(modules, '@mini-soc'), { recursive: true });
  for (const name of readdirSync(path.join(ROOT, 'node_modules')))
    if (name !== '@mini-soc' && !name.startsWith('.'))
      symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  for (const group of ['packages', 'services'])
    for (const name of readdirSync(path.join(copy, group)))
      symlinkSync(path.join(copy, group, name), path.join(modules, '@mini-soc', name));
  return copy;
}

/** Runs a program of node_modules in the copy. Throws Error when it does not come to an end by itself. */
export function runTool(copy: string, tool: string, tailArguments: readonly string[]) {
  const program = path.join(ROOT, 'node_modules', tool);
  const run = spawnSync(process.execPath, [program, ...tailArguments], {
    cwd: copy,
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 256 * 1_048_576,
  });
  if (run.error !== undefined || run.status === null)
    throw new Error(`Cannot run ${tool}`, { cause: run.error });
  return run;
}
