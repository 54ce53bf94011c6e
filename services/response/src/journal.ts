/**
 * An append-only NDJSON file. Each line carries the length and a checksum of its entry, so that damage
 * stays where it is: a cut last line (a crash in the middle of a write) is dropped, a damaged line is
 * named and passed over, and a damaged line end costs no entry, because the length says where the next
 * line starts. A write resolves when it is on the disk; a write that failed is taken back, so that what
 * follows does not stick to half a line.
 */
import { createHash } from 'node:crypto';
import { copyFile, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@mini-soc/model';

export interface Journal {
  /**
   * In the order of the calls. Durable when it resolves, unless `durable` is false: then a crash of the
   * machine may lose it. Throws AppError, retryable; the file is then as it was before.
   */
  readonly append: (entry: unknown, durable?: boolean) => Promise<void>;
  /** Replaces everything, by a rename. Throws AppError; the file is then as it was before. */
  readonly rewrite: (entries: readonly unknown[]) => Promise<void>;
  readonly sizeBytes: () => number;
  /** May be called again. */
  readonly close: () => Promise<void>;
}

export interface OpenedJournal {
  readonly journal: Journal;
  readonly entries: readonly unknown[];
  /** One sentence for each entry that is damaged. */
  readonly problems: readonly string[];
}

export interface DecodedJournal {
  readonly entries: readonly unknown[];
  readonly problems: readonly string[];
  /** Bytes up to the end of the last whole entry; what follows is a cut line. */
  readonly keptBytes: number;
  /** False when the last whole entry lacks its line end. */
  readonly isClosed: boolean;
}

const NEWLINE = 0x0a;
const HEADER = /^\{"sum":"([\w-]{12})","bytes":(\d{1,8}),"entry":/;
const HEADER_BYTES = 64;

/** One line, with its line end. */
export function encodeEntry(entry: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(entry));
  return Buffer.concat([
    Buffer.from(`{"sum":"${checksum(body)}","bytes":${body.length},"entry":`),
    body,
    Buffer.from('}\n'),
  ]);
}

function checksum(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64url').slice(0, 12);
}

/** Entries of a journal's bytes, whatever happened to them. Never throws. */
export function decodeJournal(bytes: Buffer, name: string): DecodedJournal {
  const entries: unknown[] = [];
  const problems: string[] = [];
  let at = 0;
  let isClosed = true;
  for (let number = 1; at < bytes.length; number += 1) {
    const body = bodyAt(bytes, at);
    if (body === undefined) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0) break; // a cut last line
      problems.push(`Entry ${number} of "${name}" is damaged and was passed over`);
      at = newline + 1;
      continue;
    }
    entries.push(JSON.parse(body.text));
    const bracket = bytes[body.end];
    const newline = bytes[body.end + 1];
    const isWhole = bracket === 0x7d && newline === NEWLINE;
    const isCut = body.end + 2 > bytes.length && (bracket ?? 0x7d) === 0x7d;
    if (!isWhole && !isCut)
      problems.push(`Entry ${number} of "${name}" has a damaged end; it was kept`);
    at = Math.min(body.end + 2, bytes.length);
    isClosed = !isCut;
    if (isCut) return { entries, problems, keptBytes: body.end, isClosed };
  }
  return { entries, problems, keptBytes: at, isClosed };
}

function bodyAt(
  bytes: Buffer,
  at: number,
): { readonly text: string; readonly end: number } | undefined {
  const header = HEADER.exec(bytes.toString('latin1', at, at + HEADER_BYTES));
  if (header === null) return undefined;
  const start = at + header[0].length;
  const end = start + Number(header[2]);
  if (end > bytes.length) return undefined;
  const body = bytes.subarray(start, end);
  return checksum(body) === header[1] ? { text: body.toString('utf8'), end } : undefined;
}

/**
 * Reads the file, or makes it; what is damaged is also kept beside it as FILE.damaged. When the disk has
 * no room for an entry, `onNoSpace` is asked to make some.
 */
export async function openJournal(
  file: string,
  onNoSpace: () => Promise<boolean> = async () => false,
): Promise<OpenedJournal> {
  const bytes = await readFile(file).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  const { entries, problems, keptBytes, isClosed } = decodeJournal(
    bytes ?? Buffer.alloc(0),
    path.basename(file),
  );
  if (problems.length > 0) await copyFile(file, `${file}.damaged`);
  const handle = await open(file, bytes === undefined ? 'w+' : 'r+', 0o640);
  try {
    await handle.truncate(keptBytes);
    const size = isClosed ? keptBytes : keptBytes + (await writeAll(handle, '}\n', keptBytes));
    await handle.sync();
    await syncFolder(file);
    return { entries, problems, journal: createJournal(file, handle, size, onNoSpace) };
  } catch (error) {
    await handle.close();
    throw error;
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
  const inOrder = (work: () => Promise<void>): Promise<void> => {
    const next = last.then(work).catch((cause: unknown) => {
      throw new AppError(
        'LEDGER_WRITE_FAILED',
        `Cannot write "${file}": ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause, retryable: true },
      );
    });
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
    append: (entry, durable = true) =>
      inOrder(async () => {
        const bytes = encodeEntry(entry);
        try {
          await write(bytes, durable);
        } catch (error) {
          if (!isNoSpace(error) || !(await onNoSpace())) throw error;
          await write(bytes, durable);
        }
      }),
    rewrite: (entries) =>
      inOrder(async () => {
        const partial = `${file}.tmp`;
        const fresh = await open(partial, 'w+', 0o640);
        let freshBytes = 0;
        try {
          for (const entry of entries)
            freshBytes += await writeAll(fresh, encodeEntry(entry), freshBytes);
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
        await old.close();
        await syncFolder(file);
      }),
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

async function writeAll(
  handle: FileHandle,
  data: Buffer | string,
  position: number,
): Promise<number> {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  let written = 0;
  while (written < bytes.length) {
    const step = await handle.write(bytes, written, bytes.length - written, position + written);
    written += step.bytesWritten;
  }
  return bytes.length;
}

/** A new name is durable only when its folder is. */
async function syncFolder(file: string): Promise<void> {
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
