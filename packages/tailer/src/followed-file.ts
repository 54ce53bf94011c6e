/** One file being read: its identity, position and open descriptor. */
import { createHash, randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import type { FileState } from './registry.ts';
import { createLineSplitter, type LineSplitter } from './split-lines.ts';

export const FINGERPRINT_BYTES = 1024;

export interface FollowedFile {
  state: FileState;
  readonly handle: FileHandle;
  splitter: LineSplitter;
  /** Next byte to read; behind state.offset by the unfinished line. */
  position: number;
  /** How long the file is known to have been. */
  seenBytes: number;
  /** True once the name leads elsewhere: read to the end, then forget. */
  isRotated: boolean;
  /** When a look first found nothing more, since the rotation; undefined before. */
  quietSinceMs: number | undefined;
  /** Changes when reading starts again elsewhere: what was read before is not to be taken. */
  generation: number;
}

/** A rotated file is let go when it was quiet for so long: its writer may still hold it for a while. */
const QUIET_MS = 5000;

/** Whether a rotated file has been quiet for long, now that a look found more in it or did not. */
export function isQuiet(file: FollowedFile, hasMore: boolean, nowMs: number): boolean {
  if (!file.isRotated || hasMore) file.quietSinceMs = undefined;
  else file.quietSinceMs ??= nowMs;
  return file.quietSinceMs !== undefined && Math.abs(nowMs - file.quietSinceMs) >= QUIET_MS;
}

export function newFileId(): string {
  return randomBytes(9).toString('base64url');
}

export async function fingerprintOf(
  handle: FileHandle,
  length: number,
): Promise<FileState['fingerprint']> {
  const buffer = Buffer.alloc(Math.min(length, FINGERPRINT_BYTES));
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  return {
    length: bytesRead,
    hash: createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('base64url'),
  };
}

/** True when the file still begins as it did. */
export async function beginsAsBefore(
  handle: FileHandle,
  before: FileState['fingerprint'],
): Promise<boolean> {
  const now = await fingerprintOf(handle, before.length);
  return now.length === before.length && now.hash === before.hash;
}

/** Opens without following a FIFO's wait; the caller has checked that it is a regular file. */
export async function openFollowed(
  path: string,
  known: FileState | undefined,
  maxLineBytes: number,
): Promise<{ file: FollowedFile; facts: Stats } | undefined> {
  const handle = await open(path, 'r');
  const facts = await handle.stat();
  if (!facts.isFile()) {
    await handle.close();
    return undefined;
  }
  const isSame =
    known !== undefined &&
    facts.size >= known.offset &&
    (await beginsAsBefore(handle, known.fingerprint));
  const state: FileState = isSame
    ? { ...known, path }
    : {
        id: newFileId(),
        path,
        dev: facts.dev,
        ino: facts.ino,
        offset: 0,
        fingerprint: await fingerprintOf(handle, FINGERPRINT_BYTES),
      };
  return {
    facts,
    file: {
      state,
      handle,
      splitter: createLineSplitter({ maxLineBytes, startOffset: state.offset }),
      position: state.offset,
      seenBytes: state.offset,
      isRotated: false,
      quietSinceMs: undefined,
      generation: 0,
    },
  };
}

/** Starts again from the first byte under a new identity: the content was replaced in place. */
export async function startAfresh(file: FollowedFile, maxLineBytes: number): Promise<void> {
  file.state = {
    ...file.state,
    id: newFileId(),
    offset: 0,
    fingerprint: await fingerprintOf(file.handle, FINGERPRINT_BYTES),
  };
  file.generation += 1;
  file.splitter = createLineSplitter({ maxLineBytes });
  file.position = 0;
  file.seenBytes = 0;
}

/** One key per file of the machine, whatever its name. */
export function keyOf(facts: { readonly dev: number; readonly ino: number }): string {
  return `${facts.dev}:${facts.ino}`;
}

/** True when the file begins with a UTF-16 byte order mark. */
export async function isUtf16(handle: FileHandle): Promise<boolean> {
  const start = Buffer.alloc(2);
  const { bytesRead } = await handle.read(start, 0, 2, 0);
  return bytesRead === 2 && (start.readUInt16BE(0) === 0xfffe || start.readUInt16BE(0) === 0xfeff);
}
