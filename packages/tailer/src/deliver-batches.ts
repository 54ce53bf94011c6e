/**
 * Handing batches on: two are under way at once, so that one is parsed while the one before it is
 * stored. A position moves only when its batch and all before it are safe; what was not taken is read
 * again, with the same ids.
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

const MAX_UNDER_WAY = 2;

export function createDelivery(options: DeliveryOptions): Delivery {
  /** Oldest first; each settles when its position is moved. */
  let underWay: Promise<void>[] = [];

  const deliver = async (
    file: FollowedFile,
    lines: readonly TailedLine[],
    size: number,
    before: Promise<void> | undefined,
  ): Promise<void> => {
    const { generation } = file;
    const consumed = file.splitter.consumed();
    try {
      for (let from = 0; from < lines.length; from += options.batchLines)
        await options.onBatch({ lines: lines.slice(from, from + options.batchLines) });
    } catch (error) {
      await before?.catch(() => undefined);
      if (file.generation === generation) reread(file, options.maxLineBytes);
      throw error;
    }
    await before?.catch(() => undefined);
    if (file.generation !== generation) return; // one before it was not taken
    if (file.state.offset === consumed) return;
    file.state = { ...file.state, offset: consumed };
    options.onTaken(lines.length);
    if (file.state.fingerprint.length < FINGERPRINT_BYTES && size > file.state.fingerprint.length) {
      file.state = {
        ...file.state,
        fingerprint: await fingerprintOf(file.handle, FINGERPRINT_BYTES),
      };
    }
  };

  return {
    room: async () => {
      while (underWay.length >= MAX_UNDER_WAY) await underWay.shift();
    },
    begin: (file, lines, size) => {
      const delivery = deliver(file, lines, size, underWay.at(-1));
      delivery.catch(() => undefined); // whoever waits for room or for the end is told
      underWay.push(delivery);
    },
    drain: async () => {
      const waiting = underWay;
      underWay = [];
      for (const outcome of await Promise.allSettled(waiting))
        if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}

function reread(file: FollowedFile, maxLineBytes: number): void {
  file.generation += 1;
  file.splitter = createLineSplitter({ maxLineBytes, startOffset: file.state.offset });
  file.position = file.state.offset;
}
