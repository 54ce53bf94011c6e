/**
 * An append-only NDJSON file. Each line carries the length and a checksum of its entry, so that damage
 * stays where it is: a cut last line (a crash in the middle of a write) is dropped, a damaged line is
 * named and passed over, and a damaged line end costs no entry, because the length says where the next
 * line starts. A write resolves when it is on the disk; a write that failed is taken back, so that what
 * follows does not stick to half a line. It is read and written in pieces: its size is not its memory.
 */
import { constants } from 'node:fs';
import { copyFile, open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@mini-soc/model';
import { syncFolder } from '@mini-soc/service-kit';
import { createChain, type Chain, type ChainFacts } from './chain.ts';
import { createDecoder, encodeEntry, type DecodedEnd, type Place } from './journal-lines.ts';

export interface Journal {
  /**
   * One write, in the order of the calls; resolves to where each entry stands. Durable when it resolves,
   * unless `durable` is false: then a crash of the machine may lose it. Throws AppError, retryable; the
   * file is then as it was before.
   */
  readonly append: (entries: readonly unknown[], durable?: boolean) => Promise<readonly Place[]>;
  /** What was written without being made durable is so when it resolves. Throws AppError, retryable. */
  readonly sync: () => Promise<void>;
  /**
   * Replaces everything, by a rename; says where each entry stands then. Throws AppError; the file is
   * then as it was before.
   */
  readonly rewrite: <Entry>(
    entries: Iterable<Entry> | AsyncIterable<Entry>,
    onPlaced?: (entry: Entry, place: Place) => void,
    /** What stands before them; told the head of the chain that the new file follows. */
    first?: (after: string) => readonly unknown[],
  ) => Promise<void>;
  /** Not after a rewrite that came later than the place. Throws AppError, also when it is damaged by now. */
  readonly read: (place: Place) => Promise<unknown>;
  readonly sizeBytes: () => number;
  /** Of the entries that stand in the file. */
  readonly chain: () => ChainFacts;
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
    const read = await readJournal(handle, path.basename(file), onEntry);
    const { problems, keptBytes, isClosed, readBytes, chain } = read;
    if (problems.length > 0 || chain.facts().firstBreak !== undefined)
      await copyFile(file, `${file}.damaged`);
    await handle.truncate(keptBytes);
    const size = isClosed
      ? keptBytes
      : keptBytes + (await writeAll(handle, Buffer.from('}\n'), keptBytes));
    await handle.sync();
    await syncFolder(path.dirname(file));
    return {
      problems,
      journal: createJournal(file, handle, { size, chain }, onNoSpace),
      isNew: readBytes === 0,
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Its entries, and what they amount to as a chain; nothing is changed. Throws what `open` throws. */
export async function readJournalFile(
  file: string,
  onEntry: (entry: unknown) => void,
): Promise<ChainFacts> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return (await readJournal(handle, path.basename(file), onEntry)).chain.facts();
  } finally {
    await handle.close();
  }
}

async function readJournal(
  handle: FileHandle,
  name: string,
  onEntry: (entry: unknown, place: Place) => void,
): Promise<DecodedEnd & { readonly readBytes: number; readonly chain: Chain }> {
  const chain = createChain(name);
  const decoder = createDecoder(
    name,
    (entry, place, text) => {
      chain.read(text);
      onEntry(entry, place);
    },
    chain.readDamaged,
  );
  let readBytes = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, readBytes);
    if (bytesRead === 0) break;
    readBytes += bytesRead;
    decoder.push(piece.subarray(0, bytesRead));
  }
  return { ...decoder.end(), readBytes, chain };
}

/** Never through a link. */
async function openOrMake(file: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return open(file, flags, 0o600);
  }
}

function createJournal(
  file: string,
  opened: FileHandle,
  present: { readonly size: number; readonly chain: Chain },
  onNoSpace: () => Promise<boolean>,
): Journal {
  let handle = opened;
  let { size, chain } = present;
  let mustTruncate = false;
  /** Something was written that a crash of the machine may lose. */
  let isLoose = false;
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
    isLoose = !durable;
    size += written;
    mustTruncate = false;
  };
  return {
    append: (entries, durable = true) =>
      inOrder(async () => {
        const next = chain.fork();
        const lines = entries.map((entry) => encodeEntry(entry, next.link));
        let at = size;
        const places = lines.map(({ length }) => ({ at: (at += length) - length, bytes: length }));
        const bytes = lines.length === 1 ? (lines[0] as Buffer) : Buffer.concat(lines);
        try {
          await write(bytes, durable);
        } catch (error) {
          if (!isNoSpace(error) || !(await onNoSpace())) throw error;
          await write(bytes, durable);
        }
        chain = next;
        return places;
      }),
    sync: () =>
      inOrder(async () => {
        if (isLoose) await handle.datasync();
        isLoose = false;
      }),
    rewrite: (entries, onPlaced, first = () => []) =>
      inOrder(async () => {
        const partial = `${file}.tmp`;
        await rm(partial, { force: true }); // never through what lies there
        const fresh = await open(partial, 'wx+', 0o600);
        const next = createChain(path.basename(file));
        const placed: (() => void)[] = [];
        let freshBytes = 0;
        try {
          const pieces = createPieceWriter(fresh);
          for (const entry of first(chain.facts().head)) {
            const line = encodeEntry(entry, next.link);
            freshBytes += line.length;
            await pieces.write(line);
          }
          for await (const entry of entries) {
            const line = encodeEntry(entry, next.link);
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
        chain = next;
        mustTruncate = false;
        isLoose = false;
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
    chain: () => chain.facts(),
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
