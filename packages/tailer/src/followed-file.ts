/** One file being read: its identity, position and open descriptor. */
import type { ByteSource, Facts } from './byte-source.ts';
import { keyOf, type FileState } from './file-state.ts';
import { fingerprintOf } from './recognise.ts';
import { createLineSplitter, type LineSplitter } from './split-lines.ts';

export interface FollowedFile {
  /** Its id is empty until the first line that makes the identity is complete; no line is read before. */
  state: FileState;
  readonly source: ByteSource;
  /** Of the open file. */
  readonly key: string;
  splitter: LineSplitter;
  /** Next byte to read; behind state.offset by the unfinished line. */
  position: number;
  /** Up to here batches were given on. */
  given: number;
  /** How long the file is known to have been. */
  seenBytes: number;
  /** When the file had been changed last, when its content was looked at last. */
  settledMs: number;
  /** True once the name leads elsewhere: read to the end, then forget. */
  isRotated: boolean;
  /** When a poll first found nothing more, since the rotation; undefined before. */
  quietSinceMs: number | undefined;
  /** Changes when reading starts again elsewhere: what was read before is not to be taken. */
  generation: number;
  /** The fingerprint has grown and is not kept yet. */
  isUnkept: boolean;
}

/** A rotated file is let go when it was quiet for so long: its writer may still hold it for a while. */
const QUIET_MS = 5000;

/** Whether a rotated file has been quiet for long, now that a poll found more in it or did not. */
export function isQuiet(file: FollowedFile, hasMore: boolean, nowMs: number): boolean {
  if (file.source.isGzip) return !hasMore;
  if (!file.isRotated || hasMore) file.quietSinceMs = undefined;
  else file.quietSinceMs ??= nowMs;
  return file.quietSinceMs !== undefined && Math.abs(nowMs - file.quietSinceMs) >= QUIET_MS;
}

/** What is known of a file before it is recognised. */
export function newState(name: string, path: string, facts: Facts, isGzip: boolean): FileState {
  return {
    id: '',
    kind: 'file',
    name,
    path,
    dev: facts.dev,
    ino: facts.ino,
    offset: 0,
    fingerprint: fingerprintOf(Buffer.alloc(0)),
    isDone: false,
    isGzip,
    seenMs: Math.floor(facts.mtimeMs),
  };
}

export function createFollowed(
  source: ByteSource,
  facts: Facts,
  state: FileState,
  maxLineBytes: number,
): FollowedFile {
  return {
    state,
    source,
    key: keyOf(facts),
    splitter: createLineSplitter({ maxLineBytes, startOffset: state.offset }),
    position: state.offset,
    given: state.offset,
    seenBytes: state.offset,
    settledMs: Number.NaN,
    isRotated: false,
    quietSinceMs: undefined,
    generation: 0,
    isUnkept: false,
  };
}

/** Reads on at the position of a state. */
export function goOnAt(file: FollowedFile, state: FileState, maxLineBytes: number): void {
  file.state = state;
  file.generation += 1;
  file.splitter = createLineSplitter({ maxLineBytes, startOffset: state.offset });
  file.position = state.offset;
  file.given = state.offset;
  file.seenBytes = Math.max(file.seenBytes, state.offset);
}
