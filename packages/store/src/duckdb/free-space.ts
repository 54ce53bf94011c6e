/**
 * DuckDB must not meet a full disk: a commit that cannot be undone once ended the whole process. So the
 * space is looked at before each transaction that writes, and a margin stays clear for it and for the
 * checkpoint that may follow, which writes again what is in the log of changes.
 */
import { stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { StoreError } from '@mini-soc/model';

export interface FreeSpace {
  /**
   * Resolves to the size of the log of changes, bytes. Throws StoreError STORE_DISK_FULL, retryable, when
   * so much more than the margin is not free.
   */
  readonly assertRoom: (bytes?: number) => Promise<number>;
}

/** What one transaction and the metadata of a checkpoint write at most, with much to spare. */
export const MARGIN_BYTES = 32 * 1_048_576;
const MEBIBYTE = 1_048_576;

/** Of the disk that the file is on; the file need not be there. */
export function createFreeSpace(file: string, marginBytes: number): FreeSpace {
  const folder = path.dirname(path.resolve(file));
  return {
    async assertRoom(bytes = 0) {
      const [disk, log] = await Promise.all([
        // A folder that cannot be looked at is told by whoever writes into it.
        statfs(folder).catch(() => undefined),
        stat(`${file}.wal`).catch(() => undefined),
      ]);
      const logBytes = log?.size ?? 0;
      if (disk === undefined) return logBytes;
      const freeBytes = disk.bavail * disk.bsize;
      const wantedBytes = marginBytes + logBytes + bytes;
      if (freeBytes >= wantedBytes) return logBytes;
      throw new StoreError(
        'STORE_DISK_FULL',
        `Cannot write to "${file}": the disk is full: ${Math.floor(freeBytes / MEBIBYTE)} MiB are free, ${Math.ceil(wantedBytes / MEBIBYTE)} MiB are needed (free some space: it goes on by itself)`,
        { retryable: true },
      );
    },
  };
}
