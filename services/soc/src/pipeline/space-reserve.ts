/**
 * Room for the ledger on a full disk: a file that holds some space and is given up when the ledger needs
 * it, and made again when there is room. The store keeps much more clear and takes none of it.
 */
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';

export interface SpaceReserve {
  /** Gives the space up; true when there was some. Never rejects. */
  readonly giveUp: () => Promise<boolean>;
  /** Makes it when it is missing and the disk has room; done each minute. Never rejects. */
  readonly restore: () => Promise<void>;
  readonly stop: () => void;
}

/** Some ten thousand entries of the ledger. */
const RESERVE_BYTES = 4 * 1_048_576;
/** So much must be free before it is made: it may not be what fills the disk, nor take what the store keeps clear. */
const ROOM_BYTES = 9 * RESERVE_BYTES;
const RESTORE_MS = 60_000;
const PIECE = Buffer.alloc(65_536);

/** Resolves when it is made, or cannot be made yet. */
export async function createSpaceReserve(
  directory: string,
  roomBytes = ROOM_BYTES,
): Promise<SpaceReserve> {
  const file = path.join(directory, 'ledger.reserve');
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = <Result>(work: () => Promise<Result>, otherwise: Result): Promise<Result> => {
    const next = last.then(work).catch(() => otherwise);
    last = next;
    return next;
  };
  const restore = (): Promise<void> =>
    inOrder(async () => {
      const present = await stat(file).catch(() => undefined);
      if (present !== undefined && present.size >= RESERVE_BYTES) return;
      const disk = await statfs(directory);
      if (disk.bavail * disk.bsize < roomBytes) return;
      await fill(file);
    }, undefined);
  const timer = setInterval(() => void restore(), RESTORE_MS);
  timer.unref();
  await restore();
  return {
    giveUp: () =>
      inOrder(async () => {
        const { size } = await stat(file);
        await rm(file);
        return size > 0;
      }, false),
    restore,
    stop: () => clearInterval(timer),
  };
}

/** Under its name only when it is whole. */
async function fill(file: string): Promise<void> {
  const partial = `${file}.tmp`;
  try {
    const handle = await open(partial, 'w', 0o600);
    try {
      // Written, not only made long: a file of holes holds nothing.
      for (let bytes = 0; bytes < RESERVE_BYTES; bytes += PIECE.length) await handle.write(PIECE);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
