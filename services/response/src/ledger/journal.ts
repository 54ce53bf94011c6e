/**
 * An append-only NDJSON file. Each line carries the length and a checksum of its entry, so that damage
 * stays where it is: a cut last line (a crash in the middle of a write) is dropped, a damaged line is
 * named and passed over, and a damaged line end costs no entry, because the length says where the next
 * line starts. A write resolves when it is on the disk; a write that failed is taken back, so that what
 * follows does not stick to half a line. It is read and written in pieces: its size is not its memory.
 */
import { copyFile, open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@mini-soc/model';
import { syncFolder } from '@mini-soc/service-kit';
import { createDecoder, encodeEntry, type Place } from './journal-lines.ts';

export interface Journal {
  /**
   * One write, in the order of the calls; resolves to where each entry stands. Durable when it resolves,
   * unless `durable` is false: then a crash of the machine may lose it. Throws AppError, retryable; the
   * file is then as it was before.
   */
  readonly append: (entries: readonly unknown[], durable?: boolean) => Promise<readonly Place[]>;
  /**
   * Replaces everything, by a rename; says where each entry stands then. Throws AppError; the file is
   * then as it was before.
   */
  readonly rewrite: <Entry>(
    entries: Iterable<Entry> | AsyncIterable<Entry>,
    onPlaced?: (entry: Entry, place: Place) => void,
    /** What stands before them. */
    first?: readonly unknown[],
  ) => Promise<void>;
  /** Not after a rewrite that came later than the place. Throws AppError, also when it is damaged by now. */
  readonly read: (place: Place) => Promise<unknown>;
  readonly sizeBytes: () => number;
  /** May be called again. */
  readonly close: () => Promise<void>;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** One sentence for each entry that is damaged. */
  readonly problems: readonly string[];
  /** True when there was no file, or nothing in it. */
  readonly isNew: boolean;
}

const PIECE_BYTES = 1_048_576;

/**
 * Reads the file, or makes it; `onEntry` is told of each whole entry. What is damaged is also kept
 * beside it as FILE.damaged. When the disk has no room for an entry, `onNoSpace` is asked to make some.
 */
export async function openJournal(
  file: string,
  onEntry: (entry: unknown, place: Place) => void,
  onNoSpace: () => Promise<boolean> = async () => false,
): Promise<OpenedJournal> {
  const handle = await openOrMake(file);
  try {
    const decoder = createDecoder(path.basename(file), onEntry);
    let readBytes = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, readBytes);
      if (bytesRead === 0) break;
      readBytes += bytesRead;
      decoder.push(piece.subarray(0, bytesRead));
    }
    const { problems, keptBytes, isClosed } = decoder.end();
    if (problems.length > 0) await copyFile(file, `${file}.damaged`);
    await handle.truncate(keptBytes);
    const size = isClosed
      ? keptBytes
      : keptBytes + (await writeAll(handle, Buffer.from('}\n'), keptBytes));
    await handle.sync();
    await syncFolder(path.dirname(file));
    return {
      problems,
      journal: createJournal(file, handle, size, onNoSpace),
      isNew: readBytes === 0,
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openOrMake(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r+');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return open(file, 'w+', 0o600);
  }
}

function createJournal(
  file: string,
  opened: FileHandle,
  openedBytes: number,
  onNoSpace: () => Promise<boolean>,
): Journal {
  let handle = opened;
  let size = openedBytes;
  let mustTruncate = false;
  let isOpen = true;
  let last: Promise<unknown> = Promise.resolve();
  const failed = (verb: string) => (cause: unknown) => {
    throw new AppError(
      'LEDGER_WRITE_FAILED',
      `Cannot ${verb} "${file}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, retryable: true },
    );
  };
  const inOrder = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = last.then(work).catch(failed('write'));
    last = next.catch(() => undefined);
    return next;
  };
  const write = async (bytes: Buffer, durable: boolean): Promise<void> => {
    if (mustTruncate) await handle.truncate(size);
    mustTruncate = true;
    const written = await writeAll(handle, bytes, size);
    if (durable) await handle.datasync();
    size += written;
    mustTruncate = false;
  };
  return {
    append: (entries, durable = true) =>
      inOrder(async () => {
        const lines = entries.map(encodeEntry);
        let at = size;
        const places = lines.map(({ length }) => ({ at: (at += length) - length, bytes: length }));
        const bytes = lines.length === 1 ? (lines[0] as Buffer) : Buffer.concat(lines);
        try {
          await write(bytes, durable);
        } catch (error) {
          if (!isNoSpace(error) || !(await onNoSpace())) throw error;
          await write(bytes, durable);
        }
        return places;
      }),
    rewrite: (entries, onPlaced, first = []) =>
      inOrder(async () => {
        const partial = `${file}.tmp`;
        const fresh = await open(partial, 'w+', 0o600);
        const placed: (() => void)[] = [];
        let freshBytes = 0;
        try {
          const pieces = createPieceWriter(fresh);
          for (const line of first.map(encodeEntry)) {
            freshBytes += line.length;
            await pieces.write(line);
          }
          for await (const entry of entries) {
            const line = encodeEntry(entry);
            const place = { at: freshBytes, bytes: line.length };
            if (onPlaced !== undefined) placed.push(() => onPlaced(entry, place));
            freshBytes += line.length;
            await pieces.write(line);
          }
          await pieces.flush();
          await fresh.sync();
          await rename(partial, file);
        } catch (error) {
          await fresh.close();
          await rm(partial, { force: true });
          throw error;
        }
        const old = handle;
        handle = fresh;
        size = freshBytes;
        mustTruncate = false;
        for (const tell of placed) tell();
        await old.close();
        await syncFolder(path.dirname(file));
      }),
    async read(place) {
      try {
        const bytes = Buffer.allocUnsafe(place.bytes);
        const { bytesRead } = await handle.read(bytes, 0, place.bytes, place.at);
        let found: { readonly entry: unknown } | undefined;
        const decoder = createDecoder(path.basename(file), (entry) => {
          found = { entry };
        });
        decoder.push(bytes.subarray(0, bytesRead));
        decoder.end();
        if (found === undefined) throw new Error(`the entry at byte ${place.at} is damaged`);
        return found.entry;
      } catch (cause) {
        return failed('read')(cause);
      }
    },
    sizeBytes: () => size,
    close: () =>
      inOrder(async () => {
        if (isOpen) await handle.close();
        isOpen = false;
      }),
  };
}

/** Whether a write failed because the disk, or what may be used of it, is full. */
export function isNoSpace(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOSPC' || error.code === 'EDQUOT')
  );
}

/** Gathers lines and writes them in large pieces, from the beginning of the file. */
function createPieceWriter(handle: FileHandle): {
  readonly write: (line: Buffer) => Promise<void>;
  readonly flush: () => Promise<void>;
} {
  let lines: Buffer[] = [];
  let bytes = 0;
  let writtenBytes = 0;
  const flush = async (): Promise<void> => {
    writtenBytes += await writeAll(handle, Buffer.concat(lines, bytes), writtenBytes);
    lines = [];
    bytes = 0;
  };
  return {
    flush,
    async write(line) {
      lines.push(line);
      bytes += line.length;
      if (bytes >= PIECE_BYTES) await flush();
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<number> {
  let written = 0;
  while (written < bytes.length) {
    const step = await handle.write(bytes, written, bytes.length - written, position + written);
    written += step.bytesWritten;
  }
  return bytes.length;
}
