/**
 * Handing batches on: several are under way at once, so that no line waits for the storing of those
 * before it. A position moves only when its batch and all before it are safe; what was not
 * taken is read again, with the same ids.
 */
import { FINGERPRINT_BYTES, fingerprintOf, type FollowedFile } from './followed-file.ts';
import { createLineSplitter, type LineFlag } from './split-lines.ts';

export interface TailedLine {
  readonly text: string;
  readonly file: string;
  readonly offset: number;
  readonly eventId: string;
  readonly flags: readonly LineFlag[];
  readonly arrivalMs: number;
}

export interface LineBatch {
  readonly lines: readonly TailedLine[];
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
  readonly onTaken: (lines: number) => void;
}

export interface Delivery {
  /** Waits until a further batch may begin. Throws what an earlier one failed with. */
  readonly room: () => Promise<void>;
  /** Begins with the lines that were read from the file, which had `size` bytes. */
  readonly begin: (file: FollowedFile, lines: readonly TailedLine[], size: number) => void;
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
    size: number,
    before: Promise<void> | undefined,
  ): Promise<void> => {
    const { generation } = file;
    const consumed = file.splitter.consumed();
    try {
      await taken;
    } catch (error) {
      await before?.catch(() => undefined);
      if (file.generation === generation) reread(file, options.maxLineBytes);
      throw error;
    }
    await before?.catch(() => undefined);
    if (file.generation !== generation) return; // one before it was not taken
    if (file.state.offset === consumed) return;
    file.state = { ...file.state, offset: consumed };
    options.onTaken(lines);
    if (file.state.fingerprint.length < FINGERPRINT_BYTES && size > file.state.fingerprint.length) {
      file.state = {
        ...file.state,
        fingerprint: await fingerprintOf(file.handle, FINGERPRINT_BYTES),
      };
    }
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
    begin: (file, lines, size) => {
      const last = underWay.at(-1)?.done;
      const bytes = lines.reduce((sum, line) => sum + line.text.length, 0);
      const one: UnderWay = {
        lines: lines.length,
        bytes,
        done: deliver(file, giveOn(lines, options), lines.length, size, last),
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

async function giveOn(
  lines: readonly TailedLine[],
  { onBatch, batchLines }: DeliveryOptions,
): Promise<void> {
  const parts: Promise<void>[] = [];
  const count = Math.ceil(lines.length / batchLines);
  const size = Math.ceil(lines.length / count);
  for (let from = 0; from < lines.length; from += size)
    parts.push(onBatch({ lines: lines.slice(from, from + size) }));
  return allTaken(parts);
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

function reread(file: FollowedFile, maxLineBytes: number): void {
  file.generation += 1;
  file.splitter = createLineSplitter({ maxLineBytes, startOffset: file.state.offset });
  file.position = file.state.offset;
}
