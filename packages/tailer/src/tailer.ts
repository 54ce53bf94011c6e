/**
 * Follows log files as Filebeat does: several files and globs, rotation of every kind, stable ids. At
 * least once: a position moves only with the lines before it, and a line that is delivered again has
 * the same id, because an id is the identity of the content and the offset.
 */
import type { FSWatcher } from 'node:fs';
import { LIMITS, messageOf, type LimitListener } from '@mini-soc/model';
import { createDelivery, type DeliveryOptions } from './deliver-batches.ts';
import { parsePattern } from './find-files.ts';
import { createFollower, createPlaces } from './follow-files.ts';
import { createHeritage } from './heritage.ts';
import { createOpenFiles } from './open-files.ts';
import { createFileReader, STRETCH_BYTES } from './read-file.ts';
import { createRecogniser } from './recognise-file.ts';
import { LOGROTATE } from './siblings.ts';
import { createStateBook, type PositionKeeper } from './state-book.ts';
import { pause, watchFolders } from './watch-folders.ts';

export interface TailerOptions {
  /** Files and globs. */
  readonly patterns: readonly string[];
  /** Where positions are written for whoever looks from outside, and kept when `positions` is absent. */
  readonly registryPath: string;
  /** Keeps the positions; whoever takes a batch gives it the batch's move with the events. */
  readonly positions?: PositionKeeper | undefined;
  /** Resolves when the lines are safe; a rejection stops the tailer without moving the position. */
  readonly onBatch: DeliveryOptions['onBatch'];
  /** One plain sentence about a file that cannot be read or was cut short. */
  readonly onProblem: (sentence: string) => void;
  readonly now: () => Date;
  /** Told when files, positions, names of a glob or bytes of a line are too many, and when content is lost. */
  readonly onLimit: LimitListener;
  /** Time between polls when nothing wakes us, milliseconds. Default 250. */
  readonly pollMs?: number;
  /** Default 1 MiB. */
  readonly maxLineBytes?: number;
  /** Most lines in a batch. Default 512: so few are understood and stored before they cost memory. */
  readonly batchLines?: number;
  /** Most batches that are given on before the first of them is taken. Default 64. */
  readonly batchesUnderWay?: number;
  /** Settings of logrotate that may name folders. Default those of the system. */
  readonly logrotate?: readonly string[];
}

export interface TailerStats {
  readonly files: number;
  readonly lines: number;
  readonly cutLines: number;
  readonly skippedNuls: number;
  /** Files that were cut short or replaced in place: each may have lost lines nobody could read. */
  readonly truncations: number;
  /** Bytes that such a file is known to have had and that were not read: a lower bound of the loss. */
  readonly lostBytes: number;
  /** Contents of a log that were not read to their end and that are nowhere, or cannot be read. */
  readonly lostGenerations: number;
}

export interface Tailer {
  readonly start: () => Promise<void>;
  /** Waits for the batch in flight and writes the positions. Idempotent. */
  readonly stop: () => Promise<void>;
  /** Polls all files once; returns the number of lines delivered. */
  readonly poll: () => Promise<number>;
  readonly stats: () => TailerStats;
}

const BATCHES_UNDER_WAY = 64;

export function createTailer(options: TailerOptions): Tailer {
  const { onProblem, onLimit } = options;
  const maxLineBytes = options.maxLineBytes ?? LIMITS.line_bytes.value;
  const batchLines = options.batchLines ?? LIMITS.batch_lines.value;
  const logrotate = options.logrotate ?? LOGROTATE;
  const patterns = options.patterns.map(parsePattern);
  const nowMs = (): number => options.now().getTime();
  let watchers: readonly FSWatcher[] = [];
  let lines = 0;
  let lostGenerations = 0;
  let isStopping = false;
  let loop: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  const places = createPlaces();
  const readFolder = (folder: string) => places.readFolder(folder);
  const files = createOpenFiles(onProblem, onLimit);
  const book = createStateBook({
    registryPath: options.registryPath,
    keeper: options.positions,
    openIds: files.ids,
    onProblem,
    onLimit,
  });
  const delivery = createDelivery({
    onBatch: options.onBatch,
    batchLines,
    batchesUnderWay: options.batchesUnderWay ?? BATCHES_UNDER_WAY,
    linesUnderWay: LIMITS.lines_under_way.value,
    bytesUnderWay: 2 * STRETCH_BYTES,
    maxLineBytes,
    onTaken: (taken, state) => {
      lines += taken;
      book.moved(state);
    },
  });
  const recogniser = createRecogniser({
    book,
    files,
    giveUp: async (file) => {
      await delivery.drain();
      await files.close(file);
    },
    readFolder,
    maxLineBytes,
  });
  const heritage = createHeritage({
    book,
    files,
    isFollowed: (path) =>
      patterns.some(({ matches, text }) => (matches === undefined ? text === path : matches(path))),
    presentKey: (name) => places.leads.get(name),
    readFolder,
    logrotate,
    maxLineBytes,
    nowMs,
    onProblem,
    onLost: () => {
      lostGenerations += 1;
      onLimit('generations_lost');
    },
  });
  const reader = createFileReader({
    book,
    files,
    delivery,
    recogniser,
    heritage,
    batchLines,
    maxLineBytes,
    isStopping: () => isStopping,
    nowMs,
    onProblem,
    onLimit,
    onLetGo: (key, path, id) => follower.noteLetGo(key, path, id),
  });
  const follower = createFollower({
    patterns,
    book,
    files,
    recogniser,
    heritage,
    places,
    inherit: reader.inherit,
    logrotate,
    maxLineBytes,
    nowMs,
    onLimit,
  });

  /** Reads what is there; returns while batches are still under way. */
  const pollFiles = async (): Promise<number> => {
    await book.load();
    await follower.refresh();
    let delivered = 0;
    for (const file of [...files.byKey.values()]) {
      for (let got = 1; got > 0 && !isStopping;) {
        got = await reader.advance(file);
        delivered += got;
        if (files.byKey.size !== 1 || !files.byKey.has(file.key)) break; // fair: one batch a file and round
      }
      if (file.isUnkept && files.byKey.has(file.key)) {
        file.isUnkept = false;
        await book.put([file.state]);
      }
      if (isStopping) break;
    }
    await book.save(nowMs(), false);
    return delivered;
  };

  const complainOfReading = (error: unknown): void =>
    onProblem(`Reading the logs failed: ${messageOf(error)}`);

  const run = async (): Promise<void> => {
    while (!isStopping) {
      let delivered = 0;
      try {
        delivered = await pollFiles();
      } catch (error) {
        complainOfReading(error);
        if (isStopping) return;
      }
      if (delivered === 0) {
        await pause(options.pollMs ?? 250, (done) => {
          wake = done;
        });
      }
    }
  };

  return {
    async start() {
      await book.load();
      watchers = watchFolders(
        patterns.map((pattern) => pattern.base),
        (isRename) => {
          if (isRename) follower.rescan();
          wake?.();
        },
      );
      loop = run();
    },
    async stop() {
      if (isStopping) return;
      isStopping = true;
      for (const watcher of watchers) watcher.close();
      wake?.();
      await loop;
      await delivery.drain().catch(complainOfReading);
      await heritage.close();
      await book.save(nowMs(), true);
      for (const file of [...files.byKey.values()]) await files.close(file);
    },
    async poll() {
      try {
        return await pollFiles();
      } finally {
        await delivery.drain();
      }
    },
    stats: () => ({ files: files.byKey.size, lines, lostGenerations, ...reader.counts() }),
  };
}
