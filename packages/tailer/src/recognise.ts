/**
 * Which content a file has. Names, inodes and devices change; the first bytes and the last line that was
 * read tell it from every other.
 */
import { createHash } from 'node:crypto';
import type { ByteSource } from './byte-source.ts';
import { FINGERPRINT_BYTES, type FileState, type Fingerprint } from './file-state.ts';
import { createLineSplitter } from './split-lines.ts';

/** The identity is made of no more than this much of the start. */
const IDENTITY_BYTES = 65_536;
const NEWLINE = 10;
const COMMENT = 35;

export function fingerprintOf(start: Buffer, length = FINGERPRINT_BYTES): Fingerprint {
  const bytes = start.subarray(0, length);
  return { length: bytes.length, hash: createHash('sha256').update(bytes).digest('base64url') };
}

export async function readStart(source: ByteSource, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const room = buffer.subarray(filled);
    const read = await source.read(room, room.length, filled);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}

export async function readFingerprint(source: ByteSource): Promise<Fingerprint> {
  return fingerprintOf(await readStart(source, FINGERPRINT_BYTES));
}

export function beginsWith(start: Buffer, before: Fingerprint): boolean {
  const now = fingerprintOf(start, before.length);
  return now.length === before.length && now.hash === before.hash;
}

export async function beginsAsBefore(source: ByteSource, before: Fingerprint): Promise<boolean> {
  return beginsWith(await readStart(source, before.length), before);
}

/**
 * The start that makes a file's identity: up to the first line that is no comment, for many logs begin
 * with the same comments. Undefined while that line is not complete, unless the file is `final`.
 */
export async function identityBytes(
  source: ByteSource,
  isFinal: boolean,
): Promise<Buffer | undefined> {
  const start = await readStart(source, IDENTITY_BYTES);
  for (let from = 0; ;) {
    const end = start.indexOf(NEWLINE, from);
    if (end === -1) break;
    if (start[from] !== COMMENT) return start.subarray(0, end + 1);
    from = end + 1;
  }
  if (start.length === IDENTITY_BYTES) return start;
  return isFinal && start.length > 0 ? start : undefined;
}

/** Two contents of the same place that begin alike are told apart by `turn`. */
export function idOf(
  start: Buffer,
  place: { readonly dev: number; readonly ino: number },
  turn: number,
): string {
  return createHash('sha256')
    .update(`${place.dev}:${place.ino}:${turn}:`)
    .update(start)
    .digest()
    .subarray(0, 9)
    .toString('base64url');
}

export function markOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}

/** Whether the line before the position is the one that was read; undefined when none is known. */
export async function hasMark(
  source: ByteSource,
  { mark, offset }: FileState,
  maxLineBytes: number,
): Promise<boolean | undefined> {
  if (mark === undefined || mark.at >= offset) return undefined;
  const splitter = createLineSplitter({ maxLineBytes, startOffset: mark.at });
  const chunk = Buffer.allocUnsafe(16_384);
  for (let at = mark.at; at < offset;) {
    const read = await source.read(chunk, Math.min(chunk.length, offset - at), at);
    if (read === 0) return false;
    const [line] = splitter.push(chunk.subarray(0, read));
    if (line !== undefined) return markOf(line.text) === mark.hash;
    at += read;
  }
  const [last] = splitter.end();
  return last !== undefined && markOf(last.text) === mark.hash;
}

/** Whether the source has all that was read of a state, as far as its start and its last line tell. */
export async function hasContentOf(
  source: ByteSource,
  start: Buffer,
  size: number,
  state: FileState,
  maxLineBytes: number,
): Promise<'yes' | 'start' | 'no'> {
  if (state.fingerprint.length > size || !beginsWith(start, state.fingerprint)) return 'no';
  if (size < state.offset) return 'start';
  const isMarked = await hasMark(source, state, maxLineBytes);
  if (isMarked === undefined) return 'start';
  return isMarked ? 'yes' : 'no';
}
