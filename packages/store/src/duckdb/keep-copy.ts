/**
 * A copy of the database before a step that rewrites it. Made before the file is opened for writing: the lock
 * of a process on a file ends when the process closes any handle of it, so a file that is open for writing
 * must not be read beside the database.
 */
import { open, readdir, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { StoreError } from '@mini-soc/model';
import { sizeOf } from './size-of.ts';

const PIECE_BYTES = 4 * 1_048_576;
const MEBIBYTE = 1_048_576;

/** Name of the copy of a file that had this stored form. */
export function copyName(file: string, version: number): string {
  return `${file}.before-v${version}`;
}

/** What may stand beside the database and is part of it: its log, and those of a checkpoint that was cut. */
const LOGS = ['.wal', '.wal.checkpoint', '.wal.recovery'] as const;

/** Bytes of the database with its log. */
export async function databaseBytes(file: string): Promise<number> {
  const sizes = await Promise.all([file, ...LOGS.map((end) => `${file}${end}`)].map(sizeOf));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Throws StoreError, retryable, when the disk of the file has not as much space. */
export async function expectSpace(
  file: string,
  neededBytes: number,
  freeBytes: (folder: string) => Promise<number>,
): Promise<void> {
  const free = await freeBytes(path.dirname(file));
  if (free < neededBytes)
    throw new StoreError(
      'STORE_DISK_FULL',
      `Cannot bring "${file}" to the stored form of this version: that needs ${mebibytes(neededBytes)} MB of free space for a copy and the new table: free are ${mebibytes(free)} MB (free some space: it goes on by itself; nothing was changed)`,
      { retryable: true },
    );
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / MEBIBYTE);
}

/** Free for us on the disk of a folder. */
export async function freeSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** The database and its log under a new name, on the disk when it resolves; older copies are removed then. */
export async function keepCopy(
  file: string,
  version: number,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<string> {
  const copy = copyName(file, version);
  const total = await databaseBytes(file);
  let done = 0;
  const onPiece = (bytes: number): void => {
    done += bytes;
    onProgress(done, total);
  };
  await copyDurably(file, `${copy}.partial`, onPiece);
  for (const end of LOGS)
    if ((await sizeOf(`${file}${end}`)) > 0)
      await copyDurably(`${file}${end}`, `${copy}${end}`, onPiece);
    else await rm(`${copy}${end}`, { force: true });
  await rename(`${copy}.partial`, copy);
  await syncFolder(path.dirname(file));
  await removeOthers(file, path.basename(copy));
  return copy;
}

async function removeOthers(file: string, kept: string): Promise<void> {
  const prefix = `${path.basename(file)}.before-v`;
  for (const name of await readdir(path.dirname(file)))
    if (name.startsWith(prefix) && name !== kept && !name.startsWith(`${kept}.wal`))
      await rm(path.join(path.dirname(file), name), { force: true });
}

async function copyDurably(
  from: string,
  to: string,
  onPiece: (bytes: number) => void,
): Promise<void> {
  const source = await open(from, 'r');
  try {
    const { mode } = await source.stat();
    const target = await open(to, 'w', mode & 0o777);
    try {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      for (;;) {
        const { bytesRead } = await source.read(piece, 0, PIECE_BYTES, null);
        if (bytesRead === 0) break;
        for (let at = 0; at < bytesRead;)
          at += (await target.write(piece, at, bytesRead - at)).bytesWritten;
        onPiece(bytesRead);
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
