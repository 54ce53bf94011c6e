// Where few files may be open at once. Node opens all modules that one imports at the same time, and two
// libraries import a hundred languages each: those are loaded one by one before, whatever the limit.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Packages with their folders of many modules. */
const LARGE = [
  ['zod', 'v4/locales'],
  ['@faker-js/faker', 'dist'],
];
/** With more the program is loaded as usual, which is faster. */
const PLENTY = 512;

/** Loads what would need too many files at once; what fails here fails again where it is used. */
export async function loadGently() {
  if (openFilesLimit() >= PLENTY) return;
  for (const [name, folder] of LARGE) {
    const files = path.join(packageFolder(name), folder);
    for (const file of readdirSync(files)
      .toSorted()
      .filter((one) => one.endsWith('.js')))
      await import(pathToFileURL(path.join(files, file)).href).catch(() => undefined);
  }
}

/** Unknown where the system does not say it: then there are enough. */
function openFilesLimit() {
  try {
    const [, limit] =
      /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? PLENTY : Number(limit);
  } catch {
    return PLENTY;
  }
}

function packageFolder(name) {
  const entry = createRequire(import.meta.url).resolve(name);
  const end =
    entry.lastIndexOf(path.join('node_modules', name)) + path.join('node_modules', name).length;
  return entry.slice(0, end);
}
