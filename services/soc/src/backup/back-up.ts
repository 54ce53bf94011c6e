/**
 * Copies a data folder into a backup, while mini-SOC runs on it or not, without asking it: an endpoint that
 * writes where a caller says would be one more thing to guard, and a backup must be possible when the service
 * hangs. The order makes the copy whole. Positions of logs first: what they count as read is in the database by
 * then, and what is read twice after a restore is stored once. Then the database. Then the ledger, which knows
 * a decision before the trail and the alert do: an alert that is still pending in the database is answered as
 * the ledger remembers. Logs for people come last.
 */
import {
  chmod,
  copyFile,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '@mini-soc/model';
import { syncFolder } from '@mini-soc/service-kit';
import { copyDatabase } from '@mini-soc/store/duckdb';
import { exists } from '../exists.ts';
import { BACKUP_FORMAT, describeFile, MANIFEST, type Manifest } from './manifest.ts';

export const DATABASE = 'soc.duckdb';

/** Not part of what is kept: where the instance listens, what is half written, the demo's own logs. */
const LEFT_OUT = [/^run\.json$/, /^soc\.duckdb/, /\.(tmp|partial)$/, /^demo-logs\//, /^soc\.log$/];

export interface BackUpOptions {
  readonly dataDirectory: string;
  /** The folder that is made. */
  readonly target: string;
  readonly product: string;
  readonly now: Date;
}

/** Throws UsageError in one sentence; nothing is left at the target then. */
export async function backUp(options: BackUpOptions): Promise<Manifest> {
  const dataDirectory = path.resolve(options.dataDirectory);
  const target = path.resolve(options.target);
  if (!(await exists(path.join(dataDirectory, DATABASE))))
    throw new UsageError(
      `Cannot back up "${dataDirectory}": there is no ${DATABASE} in it (name the data folder with --data)`,
    );
  if (await exists(target))
    throw new UsageError(`Cannot back up to "${target}": it is there already (name a new folder)`);
  if (`${target}${path.sep}`.startsWith(`${dataDirectory}${path.sep}`))
    throw new UsageError(
      `Cannot back up to "${target}": it lies in the data folder itself (name a folder elsewhere, best on another disk)`,
    );
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  try {
    const names = await listFiles(dataDirectory);
    await expectSpace(dataDirectory, [...names, DATABASE], partial);
    const isEarly = (name: string) => name === 'tailer-registry.json';
    for (const name of names.filter(isEarly)) await copyOne(dataDirectory, partial, name);
    const database = await copyDatabase(
      path.join(dataDirectory, DATABASE),
      path.join(partial, DATABASE),
    );
    const late = names.filter((name) => !isEarly(name));
    for (const name of late.toSorted((a, b) => rank(a) - rank(b)))
      await copyOne(dataDirectory, partial, name);
    const files = [];
    for (const name of await listFiles(partial, false)) {
      await chmod(path.join(partial, name), 0o600);
      files.push(await describeFile(partial, name));
    }
    const manifest: Manifest = {
      format: BACKUP_FORMAT,
      product: options.product,
      stored_form: database.storedForm,
      created_at: options.now.toISOString(),
      events: database.events,
      files,
    };
    await writeFile(path.join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, {
      mode: 0o600,
      flush: true,
    });
    await rename(partial, target);
    await syncFolder(path.dirname(target));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** The ledger before everything else. */
function rank(name: string): number {
  return name.startsWith('ledger') ? 0 : 1;
}

/** Paths of the regular files below the folder, with `/`. */
async function listFiles(folder: string, isData = true): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
    )
    .filter((name) => !isData || !LEFT_OUT.some((pattern) => pattern.test(name)))
    .toSorted();
}

/** A log that was rotated away meanwhile is passed over. */
async function copyOne(from: string, to: string, name: string): Promise<void> {
  const copy = path.join(to, name);
  await mkdir(path.dirname(copy), { recursive: true, mode: 0o700 });
  try {
    await copyFile(path.join(from, name), copy);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  const handle = await open(copy, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function expectSpace(
  folder: string,
  names: readonly string[],
  target: string,
): Promise<void> {
  let needed = 0;
  for (const name of names)
    needed += await stat(path.join(folder, name)).then(
      (facts) => facts.size,
      () => 0,
    );
  const { bavail, bsize } = await statfs(target);
  const free = bavail * bsize;
  if (free < needed)
    throw new UsageError(
      `Cannot back up to "${target}": that needs ${Math.ceil(needed / 1_048_576)} MB: free are ${Math.floor(free / 1_048_576)} MB (free some space, or name a folder on another disk)`,
    );
}
