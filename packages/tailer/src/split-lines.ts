/**
 * Bytes → lines. Only \n ends a line (a trailing \r is dropped); a line longer than the bound is cut
 * and flagged, its rest skipped; NULs before a line (left by a crash or by copytruncate) are skipped
 * and counted; a byte order mark at the start of the file is skipped. Any chunking gives the same lines.
 */

export type LineFlag = 'cut' | 'invalid_utf8';

export interface SplitLine {
  readonly text: string;
  /** Offset of the line's first byte in the file. */
  readonly offset: number;
  readonly flags: readonly LineFlag[];
}

export interface LineSplitter {
  readonly push: (chunk: Buffer) => readonly SplitLine[];
  /** The rest without a newline as a last line, if there is one. */
  readonly end: () => readonly SplitLine[];
  /** Offset behind the last complete line: where reading goes on after a restart. */
  readonly consumed: () => number;
  readonly skippedNuls: () => number;
}

export interface LineSplitterOptions {
  readonly maxLineBytes: number;
  /** Offset of the first byte that will be pushed. Default 0. */
  readonly startOffset?: number;
}

const NEWLINE = 10;
const RETURN = 13;
const NO_FLAGS: readonly LineFlag[] = [];

export function createLineSplitter(options: LineSplitterOptions): LineSplitter {
  const { maxLineBytes } = options;
  let lineStart = options.startOffset ?? 0;
  let next = lineStart; // offset of the next byte pushed
  let pending: Buffer[] = []; // pieces of the unfinished line, at most maxLineBytes + 1 bytes
  let pendingBytes = 0;
  let nuls = 0;

  const finish = (): SplitLine | undefined => {
    const bytes =
      pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending, pendingBytes);
    const offset = lineStart;
    pending = [];
    pendingBytes = 0;
    return toLine(bytes, offset);
  };

  const toLine = (bytes: Buffer, offset: number): SplitLine | undefined => {
    let from = 0;
    let to = bytes.length;
    const isCut = to > maxLineBytes;
    if (isCut) to = maxLineBytes;
    if (bytes[from] === 0) {
      while (from < to && bytes[from] === 0) from += 1;
      nuls += from;
      if (from === to) return undefined;
    }
    if (
      offset === 0 &&
      bytes[from] === 0xef &&
      bytes[from + 1] === 0xbb &&
      bytes[from + 2] === 0xbf
    )
      from += 3;
    if (!isCut && to > from && bytes[to - 1] === RETURN) to -= 1;
    const text = bytes.toString('utf8', from, to);
    const isInvalid = text.includes('\ufffd') && bytes.indexOf('\ufffd', from) === -1;
    if (!isCut && !isInvalid) return { text, offset, flags: NO_FLAGS };
    return {
      text,
      offset,
      flags: [
        ...(isCut ? (['cut'] as const) : []),
        ...(isInvalid ? (['invalid_utf8'] as const) : []),
      ],
    };
  };

  const keep = (piece: Buffer): void => {
    const room = maxLineBytes + 1 - pendingBytes;
    if (room <= 0 || piece.length === 0) return;
    // A copy, so that a short rest does not hold a whole chunk in memory.
    const kept = Buffer.from(piece.subarray(0, room));
    pending.push(kept);
    pendingBytes += kept.length;
  };

  return {
    push(chunk) {
      const lines: SplitLine[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
        let line: SplitLine | undefined;
        if (pendingBytes === 0) line = toLine(chunk.subarray(from, at), lineStart);
        else {
          keep(chunk.subarray(from, at));
          line = finish();
        }
        if (line !== undefined) lines.push(line);
        from = at + 1;
        lineStart = next + from;
      }
      keep(chunk.subarray(from));
      next += chunk.length;
      return lines;
    },
    end() {
      if (pendingBytes === 0) return [];
      const line = finish();
      lineStart = next;
      return line === undefined ? [] : [line];
    },
    consumed: () => lineStart,
    skippedNuls: () => nuls,
  };
}
