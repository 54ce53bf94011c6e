/** Where the earlier generations of a log may be: beside it, in folders below, and where logrotate puts them. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { LIMITS } from '@mini-soc/model';
import type { Facts } from './byte-source.ts';

export interface Sibling {
  readonly path: string;
  readonly facts: Facts;
  /** Its name is one that rotation gives, and no other log lives where it is. */
  readonly isGeneration: boolean;
}

/** Names of folders, read once for all logs in them. */
export type ReadFolder = (folder: string) => Promise<readonly Dirent[]>;

export const LOGROTATE = ['/etc/logrotate.conf', '/etc/logrotate.d'];
const MAX_NAMES = LIMITS.generation_names.value;
const MAX_FOLDERS = LIMITS.generation_folders.value;
const COMPRESSED = /\.(?:gz|z|xz|zst|bz2|lz4|lzma)$/i;
/** `.1`, `-20261127`, `-20261127-1764250000`, `.2026-11-27T10:00`, `.old`, `.bak.2` */
const ROTATED =
  /^(?:[._-]?\d[\d:._T-]*|[._-](?:old|bak|prev|last|save|orig|archive)(?:[._-]\d+)?)$/i;

export function createReadFolder(): ReadFolder {
  const known = new Map<string, Promise<readonly Dirent[]>>();
  return (folder) => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const entries = readdir(folder, { withFileTypes: true }).catch(() => []);
    known.set(folder, entries);
    return entries;
  };
}

/** Whether rotation makes `name` of the log `base`: `auth.log.1.gz`, `auth-20261127.log`. */
export function isGenerationName(base: string, name: string): boolean {
  const plain = name.replace(COMPRESSED, '');
  if (plain.startsWith(base)) return ROTATED.test(plain.slice(base.length));
  const { name: stem, ext } = path.parse(base);
  return (
    ext !== '' &&
    plain.startsWith(stem) &&
    plain.endsWith(ext) &&
    ROTATED.test(plain.slice(stem.length, plain.length - ext.length))
  );
}

/** A name that may have been made of `base`, however. */
function isRelatedName(base: string, name: string): boolean {
  const { name: stem, ext } = path.parse(base);
  return name.startsWith(base) || (ext !== '' && name.startsWith(stem) && name.includes(ext));
}

/** Oldest change first. */
export async function listSiblings(
  log: string,
  readFolder: ReadFolder,
  logrotate: readonly string[] = LOGROTATE,
): Promise<readonly Sibling[]> {
  const base = path.basename(log);
  const home = path.dirname(log);
  const found: Sibling[] = [];
  for (const folder of await foldersOf(home, readFolder, logrotate)) {
    const names = (await readFolder(folder)).map((entry) => entry.name);
    const isHome = folder === home;
    // A log of its own with the same name: its generations are not ours.
    const isOurs = isHome || !names.includes(base);
    const related = names.filter((name) => isRelatedName(base, name) && !(isHome && name === base));
    for (const name of related.slice(0, MAX_NAMES)) {
      const facts = await stat(path.join(folder, name)).catch(() => undefined);
      if (facts?.isFile() !== true) continue;
      found.push({
        path: path.join(folder, name),
        facts,
        isGeneration: isOurs && isGenerationName(base, name),
      });
    }
  }
  return found.toSorted(
    (a, b) =>
      a.facts.mtimeMs - b.facts.mtimeMs || b.path.localeCompare(a.path, 'en', { numeric: true }),
  );
}

/** A file with the key, under any name where generations may be. */
export async function findByKey(
  log: string,
  readFolder: ReadFolder,
  isWanted: (facts: Facts) => boolean,
): Promise<readonly Sibling[]> {
  const found: Sibling[] = [];
  let left = MAX_NAMES;
  for (const folder of await foldersOf(path.dirname(log), readFolder, [])) {
    for (const entry of await readFolder(folder)) {
      if (!entry.isFile()) continue;
      left -= 1;
      if (left < 0) return found;
      const full = path.join(folder, entry.name);
      const facts = await stat(full).catch(() => undefined);
      if (facts !== undefined && isWanted(facts))
        found.push({ path: full, facts, isGeneration: false });
    }
  }
  return found;
}

async function foldersOf(
  home: string,
  readFolder: ReadFolder,
  logrotate: readonly string[],
): Promise<ReadonlySet<string>> {
  const below = (await readFolder(home))
    .filter((entry) => entry.isDirectory())
    .slice(0, MAX_FOLDERS)
    .map((entry) => path.join(home, entry.name));
  const named = await readOldFolders(logrotate, readFolder);
  return new Set([home, ...below, ...named.map((folder) => path.resolve(home, folder))]);
}

/** The folders that logrotate's settings name with `olddir`; those that cannot be read name none. */
async function readOldFolders(
  logrotate: readonly string[],
  readFolder: ReadFolder,
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const place of logrotate) {
    const entries = await readFolder(place);
    if (entries.length === 0) files.push(place);
    else files.push(...entries.slice(0, MAX_NAMES).map((entry) => path.join(place, entry.name)));
  }
  const folders: string[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const [, folder = ''] of text.matchAll(/^\s*olddir\s+"?([^\s"]+)"?\s*$/gm))
      folders.push(folder);
  }
  return folders;
}
