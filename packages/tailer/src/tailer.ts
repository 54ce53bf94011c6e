/**
 * Follows log files as Filebeat does: several files and globs, rotation by rename and by truncation,
 * positions on disk, stable ids. At least once: the position moves only after the batch was taken, and
 * a line that is delivered again has the same id, because an id is the identity of the content (made
 * when it was first seen, on disk before the first line is delivered) and the offset.
 */
import type { FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LIMITS, messageOf, type LimitListener } from '@mini-soc/model';
import { createDelivery, type DeliveryOptions, type TailedLine } from './deliver-batches.ts';
import { findFiles, parsePattern } from './find-files.ts';
import { findMoved } from './find-moved.ts';
import {
  beginsAsBefore,
  isQuiet,
  isUtf16,
  keyOf,
  openFollowed,
  startAfresh,
  type FollowedFile,
} from './followed-file.ts';
import { readRegistry, writeRegistry, type FileState } from './registry.ts';
import { pause, watchFolders } from './watch-folders.ts';

export interface TailerOptions {
  /** Files and globs. */
  readonly patterns: readonly string[];
  readonly registryPath: string;
  /** Resolves when the lines are safe; a rejection stops the tailer without moving the position. */
  readonly onBatch: DeliveryOptions['onBatch'];
  /** One plain sentence about a file that cannot be read or was cut short. */
  readonly onProblem: (sentence: string) => void;
  readonly now: () => Date;
  /** Told when files, positions, names of a glob or bytes of a line are too many. */
  readonly onLimit?: LimitListener;
  /** Time between looks when nothing wakes us, milliseconds. Default 250. */
  readonly pollMs?: number;
  /** Default 1 MiB. */
  readonly maxLineBytes?: number;
  /** Most lines in a batch. Default 512: so few are understood and stored before they cost memory. */
  readonly batchLines?: number;
  /** Most batches that are given on before the first of them is taken. Default 64. */
  readonly batchesUnderWay?: number;
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
}

export interface Tailer {
  /** Throws UsageError when the registry cannot be used. */
  readonly start: () => Promise<void>;
  /** Waits for the batch in flight and writes the positions. Idempotent. */
  readonly stop: () => Promise<void>;
  /** One look at all files; returns the number of lines delivered. */
  readonly poll: () => Promise<number>;
  readonly stats: () => TailerStats;
}

const CHUNK_BYTES = 65_536;
const BATCHES_UNDER_WAY = 64;
/** Most that is read of one file before the others have their turn. */
const STRETCH_LINES = 8192;
const STRETCH_BYTES = 8_388_608;
const SCAN_MS = 1000;
const SAVE_MS = 1000;
/** Most files that are followed at once. */
const MAX_FILES = LIMITS.files_followed.value;
/** Most positions that are kept of files that are not there any more; the newest stay. */
const MAX_REMEMBERED = LIMITS.positions_remembered.value;

export function createTailer(options: TailerOptions): Tailer {
  const maxLineBytes = options.maxLineBytes ?? LIMITS.line_bytes.value;
  const batchLines = options.batchLines ?? LIMITS.batch_lines.value;
  const patterns = options.patterns.map(parsePattern);
  const followed = new Map<string, FollowedFile>(); // by dev:ino
  const remembered = new Map<string, FileState>(); // of files that are not open now
  const problems = new Map<string, string>();
  let watchers: readonly FSWatcher[] = [];
  const counts = { lines: 0, cutLines: 0, skippedNuls: 0, truncations: 0, lostBytes: 0 };
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let isLoaded = false;
  let isFirstLookDone = false;
  let isStopping = false;
  let loop: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  let paths: readonly string[] = [];
  let scannedMs = Number.NEGATIVE_INFINITY;
  let savedMs = 0;
  let isUnsaved = false;
  const delivery = createDelivery({
    onBatch: options.onBatch,
    batchLines,
    batchesUnderWay: options.batchesUnderWay ?? BATCHES_UNDER_WAY,
    linesUnderWay: LIMITS.lines_under_way.value,
    bytesUnderWay: 2 * STRETCH_BYTES,
    maxLineBytes,
    onTaken: (lines) => {
      counts.lines += lines;
      isUnsaved = true;
    },
  });

  const load = async (): Promise<void> => {
    if (isLoaded) return;
    for (const state of await readRegistry(options.registryPath))
      remembered.set(keyOf(state), state);
    isLoaded = true;
  };

  const save = async (): Promise<void> => {
    for (const key of [...remembered.keys()].slice(0, -MAX_REMEMBERED)) {
      remembered.delete(key);
      options.onLimit?.('positions_remembered');
    }
    const states = [...remembered.values(), ...[...followed.values()].map((file) => file.state)];
    await writeRegistry(options.registryPath, states);
    savedMs = options.now().getTime();
    isUnsaved = false;
  };

  /** False when it was said before. */
  const complain = (path: string, sentence: string): boolean => {
    if (problems.get(path) === sentence) return false;
    problems.set(path, sentence);
    options.onProblem(sentence);
    return true;
  };

  /** Opens what is new at the paths and notices names that lead to another file now. */
  const refresh = async (): Promise<void> => {
    const nowMs = options.now().getTime();
    if (nowMs - scannedMs >= SCAN_MS || nowMs < scannedMs) {
      paths = await findFiles(patterns, options.onLimit);
      scannedMs = nowMs;
    }
    const present = new Set<string>();
    for (const path of paths) {
      const facts = await stat(path).catch(() => undefined);
      if (facts === undefined) continue;
      if (!facts.isFile()) {
        complain(path, `Cannot follow "${path}": it is not a regular file`);
        continue;
      }
      const key = keyOf(facts);
      present.add(key);
      const known = followed.get(key);
      if (known !== undefined)
        known.state = known.state.path === path ? known.state : { ...known.state, path };
      else if (followed.size < MAX_FILES) await follow(path, key);
      else if (complain(path, `Cannot follow "${path}": ${MAX_FILES} files are followed already`))
        options.onLimit?.('files_followed');
    }
    if (!isFirstLookDone) {
      isFirstLookDone = true;
      for (const { path, key } of await findMoved(remembered, MAX_FILES)) await follow(path, key);
    }
    for (const [key, file] of followed) file.isRotated = !present.has(key);
  };

  const follow = async (path: string, key: string): Promise<void> => {
    try {
      const opened = await openFollowed(path, remembered.get(key), maxLineBytes);
      if (opened === undefined) return;
      if (await isUtf16(opened.file.handle)) {
        complain(path, `Cannot follow "${path}": it is UTF-16 (write it as UTF-8)`);
        await opened.file.handle.close();
        return;
      }
      remembered.delete(key);
      followed.set(keyOf(opened.facts), opened.file);
      problems.delete(path);
      await save(); // the identity must be on disk before the first line goes out
    } catch (error) {
      const why =
        error instanceof Error && 'code' in error && error.code === 'EACCES'
          ? 'permission denied'
          : messageOf(error);
      complain(path, `Cannot read "${path}": ${why}`);
    }
  };

  /** Reads a stretch of a file and gives it on. */
  const advance = async (file: FollowedFile): Promise<number> => {
    await delivery.room();
    const { size } = await file.handle.stat();
    if (
      size < file.position ||
      (size > file.position && !(await beginsAsBefore(file.handle, file.state.fingerprint)))
    ) {
      await delivery.drain();
      const lostBytes = file.seenBytes - file.splitter.consumed();
      counts.truncations += 1;
      counts.lostBytes += lostBytes;
      options.onProblem(
        `"${file.state.path}" was replaced in place: reading it from its start (${lostBytes === 0 ? 'lines' : `${lostBytes} bytes at least, and lines`} written just before may be lost)`,
      );
      await startAfresh(file, maxLineBytes);
      await save();
    }
    file.seenBytes = size;
    const arrivalMs = options.now().getTime();
    const { state, splitter, generation } = file;
    let lines: TailedLine[] = [];
    let found = 0;
    const from = file.position;
    let atEnd = false;
    const nulsBefore = splitter.skippedNuls();
    try {
      while (!atEnd && found < STRETCH_LINES && file.position - from < STRETCH_BYTES) {
        await delivery.room();
        const { bytesRead } = await file.handle.read(chunk, 0, CHUNK_BYTES, file.position);
        if (file.generation !== generation) return 0; // a batch before this one was not taken
        atEnd = bytesRead === 0;
        file.position += bytesRead;
        file.seenBytes = Math.max(file.seenBytes, file.position);
        take(splitter.push(chunk.subarray(0, bytesRead)));
        // Nothing is awaited after the last reading: what was read is handed on or read again.
        if (lines.length >= batchLines) handOn();
      }
    } catch (error) {
      // A batch of another file was not taken, or reading failed: what was read of this one is not read again.
      if (file.generation === generation) handOn();
      throw error;
    }
    const isDone = isQuiet(file, !atEnd || found > 0, arrivalMs);
    if (isDone) take(splitter.end());
    counts.skippedNuls += splitter.skippedNuls() - nulsBefore;
    handOn();
    if (isDone) {
      await delivery.drain();
      await letGo(file);
    }
    return found;

    function take(split: ReturnType<typeof splitter.push>): void {
      found += split.length;
      for (const line of split) {
        if (line.flags.includes('cut')) {
          counts.cutLines += 1;
          options.onLimit?.('line_bytes');
        }
        lines.push({
          text: line.text,
          file: state.path,
          offset: line.offset,
          eventId: `${state.id}:${line.offset}`,
          flags: line.flags,
          arrivalMs,
        });
      }
    }

    function handOn(): void {
      delivery.begin(file, lines, size);
      lines = [];
    }
  };

  const letGo = async (file: FollowedFile): Promise<void> => {
    for (const [key, other] of followed) {
      if (other !== file) continue;
      followed.delete(key);
      remembered.set(key, file.state);
    }
    await file.handle.close();
    isUnsaved = true;
  };

  /** Reads what is there; returns while batches are still under way. */
  const look = async (): Promise<number> => {
    await load();
    await refresh();
    let delivered = 0;
    for (const file of [...followed.values()]) {
      for (let got = 1; got > 0 && !isStopping;) {
        got = await advance(file);
        delivered += got;
        if (followed.size !== 1 || !followed.has(keyOf(file.state))) break; // fair: one batch a file and round
      }
      if (isStopping) break;
    }
    if (isUnsaved && Math.abs(options.now().getTime() - savedMs) >= SAVE_MS) await save();
    return delivered;
  };

  const complainOfReading = (error: unknown): void =>
    options.onProblem(`Reading the logs failed: ${messageOf(error)}`);

  const run = async (): Promise<void> => {
    while (!isStopping) {
      let delivered = 0;
      try {
        delivered = await look();
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
      await load();
      watchers = watchFolders(
        patterns.map((pattern) => pattern.base),
        (isRename) => {
          if (isRename) scannedMs = Number.NEGATIVE_INFINITY;
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
      if (isLoaded) await save();
      for (const file of followed.values()) await file.handle.close();
      followed.clear();
    },
    async poll() {
      try {
        return await look();
      } finally {
        await delivery.drain();
      }
    },
    stats: () => ({ files: followed.size, ...counts }),
  };
}
