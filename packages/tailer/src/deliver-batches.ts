/**
 * Handing batches on: several are under way at once, so that no line waits for the storing of those
 * before it. A position moves only when its batch and all before it are safe; what was not
 * taken is read again, with the same ids.
 */
import type { PositionMove } from '@mini-soc/model';
import type { Facts } from './byte-source.ts';
import { FINGERPRINT_BYTES, type FileState, type Mark } from './file-state.ts';
import { goOnAt, type FollowedFile } from './followed-file.ts';
import { beginsWith, fingerprintOf, markOf, readStart } from './recognise.ts';
import type { LineFlag } from './split-lines.ts';

export interface TailedLine {
  readonly text: string;
  readonly file: string;
  readonly offset: number;
  readonly eventId: string;
  readonly flags: readonly LineFlag[];
  readonly arrivalMs: number;
}

/** Lines of one file, one after the other. */
export interface LineBatch {
  readonly lines: readonly TailedLine[];
  /** How the position moves when the lines are safe, for a store that does that with them. */
  readonly move?: PositionMove;
}

export interface DeliveryOptions {
  /** Resolves when the lines are safe. */
  readonly onBatch: (batch: LineBatch) => Promise<void>;
  readonly batchLines: number;
  readonly maxLineBytes: number;
  /** What may be under way before a further batch begins. */
  readonly batchesUnderWay: number;
  readonly linesUnderWay: number;
  readonly bytesUnderWay: number;
  /** A position has moved past this many lines. */
  readonly onTaken: (lines: number, state: FileState) => void;
}

export interface Delivery {
  /** Waits until a further batch may begin. Throws what an earlier one failed with. */
  readonly room: () => Promise<void>;
  /** Begins with the lines that were read from the file, which is as `facts` say. */
  readonly begin: (file: FollowedFile, lines: readonly TailedLine[], facts: Facts) => void;
  /** Waits for all batches under way. Throws what the first of them failed with. */
  readonly drain: () => Promise<void>;
}

export function createDelivery(options: DeliveryOptions): Delivery {
  /** Oldest first; each settles when its position is moved. One that failed stays until that is told. */
  let underWay: UnderWay[] = [];

  /** Knows nothing of the lines: whoever takes them decides how long they are held. */
  const deliver = async (
    file: FollowedFile,
    taken: Promise<void>,
    lines: number,
    { mark, consumed, size, mtimeMs }: ReadPiece,
    before: Promise<void> | undefined,
  ): Promise<void> => {
    const { generation } = file;
    try {
      await taken;
    } catch (error) {
      await before?.catch(() => undefined);
      if (file.generation === generation) goOnAt(file, file.state, options.maxLineBytes);
      throw error;
    }
    await before?.catch(() => undefined);
    if (file.generation !== generation) return; // one before it was not taken
    if (file.state.offset === consumed) return;
    file.state = {
      ...file.state,
      offset: consumed,
      ...(mark === undefined ? {} : { mark }),
      seenMs: Math.max(file.state.seenMs, Math.floor(mtimeMs)),
    };
    options.onTaken(lines, file.state);
    const { length } = file.state.fingerprint;
    // Each time it is kept costs a transaction: it grows in few steps.
    if (length < FINGERPRINT_BYTES && size >= Math.min(FINGERPRINT_BYTES, 2 * length))
      await growFingerprint(file);
  };

  const settle = async (waiting: readonly UnderWay[]): Promise<void> => {
    try {
      await allTaken(waiting.map((one) => one.done));
    } finally {
      underWay = underWay.filter((one) => !waiting.includes(one));
    }
  };

  const watch = async (one: UnderWay): Promise<void> => {
    try {
      await one.done;
      underWay = underWay.filter((other) => other !== one);
    } catch {
      one.hasFailed = true; // whoever waits for room or for the end is told
    }
  };

  return {
    room: async () => {
      const failed = underWay.filter((one) => one.hasFailed);
      if (failed.length > 0) await settle(failed);
      while (isFull(underWay, options)) await settle(underWay.slice(0, 1));
    },
    begin: (file, lines, { size, mtimeMs }) => {
      const consumed = file.splitter.consumed();
      if (lines.length === 0 && consumed === file.given) return;
      const last = lines.at(-1);
      const mark = last === undefined ? undefined : { at: last.offset, hash: markOf(last.text) };
      const piece: ReadPiece = { mark, consumed, size, mtimeMs };
      const before = underWay.at(-1)?.done;
      const bytes = lines.reduce((sum, line) => sum + line.text.length, 0);
      const taken = giveOn(file, lines, piece, options);
      const one: UnderWay = {
        lines: lines.length,
        bytes,
        done: deliver(file, taken, lines.length, piece, before),
        hasFailed: false,
      };
      underWay.push(one);
      void watch(one);
    },
    drain: () => settle(underWay),
  };
}

interface UnderWay {
  readonly lines: number;
  readonly bytes: number;
  readonly done: Promise<void>;
  hasFailed: boolean;
}

/** What was read of a file, up to `consumed`. */
interface ReadPiece {
  readonly mark: Mark | undefined;
  readonly consumed: number;
  readonly size: number;
  readonly mtimeMs: number;
}

async function giveOn(
  file: FollowedFile,
  lines: readonly TailedLine[],
  { mark, consumed, mtimeMs }: ReadPiece,
  { onBatch, batchLines }: DeliveryOptions,
): Promise<void> {
  const parts: Promise<void>[] = [];
  const count = Math.max(1, Math.ceil(lines.length / batchLines));
  const size = Math.max(1, Math.ceil(lines.length / count));
  for (let from = 0; from === 0 || from < lines.length; from += size) {
    const next = lines[from + size];
    const last = lines[from + size - 1];
    const partMark =
      next === undefined || last === undefined
        ? mark
        : { at: last.offset, hash: markOf(last.text) };
    const to = next?.offset ?? consumed;
    parts.push(
      onBatch({
        lines: lines.slice(from, from + size),
        move: {
          id: file.state.id,
          from: file.given,
          to,
          markAt: partMark?.at ?? -1,
          mark: partMark?.hash ?? 0,
          seenMs: Math.floor(mtimeMs),
        },
      }),
    );
    file.given = to;
  }
  return allTaken(parts);
}

/** Longer, unless the content was replaced meanwhile: the next poll finds that out. */
async function growFingerprint(file: FollowedFile): Promise<void> {
  const { fingerprint } = file.state;
  const start = await readStart(file.source, FINGERPRINT_BYTES).catch(() => undefined);
  if (start === undefined || !beginsWith(start, fingerprint)) return;
  file.state = { ...file.state, fingerprint: fingerprintOf(start) };
  file.isUnkept = true;
}

/** Waits for all of them, whatever becomes of the first. */
async function allTaken(parts: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(parts))
    if (outcome.status === 'rejected') throw outcome.reason;
}

function isFull(underWay: readonly UnderWay[], options: DeliveryOptions): boolean {
  let lines = 0;
  let bytes = 0;
  for (const one of underWay) {
    lines += one.lines;
    bytes += one.bytes;
  }
  return (
    underWay.length >= options.batchesUnderWay ||
    lines >= options.linesUnderWay ||
    bytes >= options.bytesUnderWay
  );
}
