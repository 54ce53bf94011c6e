/** Makes a data folder from a backup: checked as a whole first, put in place by one rename. */
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UsageError } from '@mini-soc/model';
import { syncFolder } from '@mini-soc/service-kit';
import { inspectCopy, isDatabaseInUse, SCHEMA_VERSION } from '@mini-soc/store/duckdb';
import { DATABASE } from './back-up.ts';
import { checkFiles, readManifest, type Manifest } from './manifest.ts';

export interface RestoreOptions {
  readonly backup: string;
  readonly dataDirectory: string;
  /** Moves a data folder that is there aside instead of refusing. */
  readonly replace: boolean;
  readonly now: Date;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Where the folder of before is now. */
  readonly movedTo: string | undefined;
}

/** Throws UsageError in one sentence; the data folder is as it was then. */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const backup = path.resolve(options.backup);
  const target = path.resolve(options.dataDirectory);
  const manifest = await readManifest(backup, SCHEMA_VERSION);
  await checkFiles(backup, manifest);
  if (await isDatabaseInUse(path.join(target, DATABASE)))
    throw new UsageError(
      `Cannot restore to "${target}": mini-SOC is running on it (stop it first, with Ctrl-C or systemctl stop)`,
    );
  const present = await readdir(target).catch(() => undefined);
  const isTaken = present !== undefined && present.length > 0;
  if (isTaken && !options.replace)
    throw new UsageError(
      `Cannot restore to "${target}": it is not empty (name another folder with --data, or let --replace move it aside)`,
    );
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    await copyFiles(backup, partial, manifest);
    await inspectCopy(path.join(partial, DATABASE));
    const movedTo = isTaken
      ? `${target}.before-${options.now.toISOString().replaceAll(':', '')}`
      : undefined;
    if (movedTo !== undefined) await rename(target, movedTo);
    await rename(partial, target);
    await syncFolder(path.dirname(target));
    return { manifest, movedTo };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (error instanceof Error && 'code' in error && error.code === 'EBUSY')
      throw new UsageError(
        `Cannot restore to "${target}": a disk is mounted there, so it cannot be moved aside (empty it, or name another folder with --data): ${messageOf(error)}`,
        { cause: error },
      );
    throw error;
  }
}

/** With the permissions that mini-SOC itself gives. */
async function copyFiles(from: string, to: string, manifest: Manifest): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o750 });
  for (const { name } of manifest.files) {
    const copy = path.join(to, name);
    await mkdir(path.dirname(copy), { recursive: true, mode: 0o750 });
    await copyFile(path.join(from, name), copy);
    const handle = await open(copy, 'r+');
    try {
      await handle.chmod(0o640);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
