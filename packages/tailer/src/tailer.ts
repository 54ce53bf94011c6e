/**
 * Follows log files as Filebeat does: several files and globs, rotation of every kind, stable ids. At
 * least once: a position moves only with the lines before it, and a line that is delivered again has
 * the same id, because an id is the identity of the content and the offset.
 */
import type { FSWatcher } from 'node:fs';
import { readlink, stat } from 'node:fs/promises';
import { LIMITS, messageOf, type LimitListener } from '@mini-soc/model';
import { contentOf, openPlain, type ByteSource, type Facts } from './byte-source.ts';
import { createDelivery, type DeliveryOptions, type TailedLine } from './deliver-batches.ts';
import { keyOf, type FileState } from './file-state.ts';
import { findFiles, parsePattern } from './find-files.ts';
import { rawState, rememberGenerations } from './find-generations.ts';
import { createFollowed, goOnAt, isQuiet, newState, type FollowedFile } from './followed-file.ts';
import { createHeritage, type Inherited } from './heritage.ts';
import { beginsAsBefore, fingerprintOf, identityBytes, idOf } from './recognise.ts';
import { createRecogniser } from './recognise-file.ts';
import { nameState } from './registry.ts';
import { createReadFolder, LOGROTATE, type ReadFolder } from './siblings.ts';
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
  readonly onLimit?: LimitListener;
  /** Time between looks when nothing wakes us, milliseconds. Default 250. */
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
/** How long earlier generations go before the present content, so that the order in time is kept. */
const ELDERS_MS = 5000;
/** Rotated files that are let go are looked at again: their writers may have kept them. */
const MAX_LATELY = 64;
/** Most files that are followed at once. */
const MAX_FILES = LIMITS.files_followed.value;

/** Reading a file failed, as opposed to handing its lines on. */
class UnreadableFile extends Error {}

export function createTailer(options: TailerOptions): Tailer {
  const maxLineBytes = options.maxLineBytes ?? LIMITS.line_bytes.value;
  const batchLines = options.batchLines ?? LIMITS.batch_lines.value;
  const logrotate = options.logrotate ?? LOGROTATE;
  const patterns = options.patterns.map(parsePattern);
  const isFollowed = (path: string): boolean =>
    patterns.some(({ matches, text }) => (matches === undefined ? text === path : matches(path)));
  const followed = new Map<string, FollowedFile>(); // by dev:ino
  const problems = new Map<string, string>();
  /** Files that are a copy of what we read, or nothing to read, by how they looked. */
  const skipped = new Map<string, string>();
  /** Where rotated files were when they were let go. */
  const lately = new Map<string, { readonly path: string; readonly id: string }>();
  let watchers: readonly FSWatcher[] = [];
  const counts = {
    lines: 0,
    cutLines: 0,
    skippedNuls: 0,
    truncations: 0,
    lostBytes: 0,
    lostGenerations: 0,
  };
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let isFirstLookDone = false;
  let isStopping = false;
  let loop: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  let paths: readonly string[] = [];
  /** The key of the file at each path, in this look. */
  let leads: ReadonlyMap<string, string> = new Map();
  let readFolder: ReadFolder = createReadFolder();
  let scannedMs = Number.NEGATIVE_INFINITY;
  const book = createStateBook({
    registryPath: options.registryPath,
    keeper: options.positions,
    openIds: () => new Set([...followed.values()].map((file) => file.state.id)),
    onProblem: options.onProblem,
    onLimit: options.onLimit,
  });
  const delivery = createDelivery({
    onBatch: options.onBatch,
    batchLines,
    batchesUnderWay: options.batchesUnderWay ?? BATCHES_UNDER_WAY,
    linesUnderWay: LIMITS.lines_under_way.value,
    bytesUnderWay: 2 * STRETCH_BYTES,
    maxLineBytes,
    onTaken: (lines, state) => {
      counts.lines += lines;
      book.moved(state);
    },
  });
  const recogniser = createRecogniser({
    book,
    followed,
    giveUp: async (file) => {
      await delivery.drain();
      followed.delete(file.key);
      await file.source.close();
    },
    readFolder: (folder) => readFolder(folder),
    maxLineBytes,
  });
  const heritage = createHeritage({
    book,
    isOpen: (id) => [...followed.values()].some((file) => file.state.id === id),
    isOpenKey: (key) => followed.has(key),
    isFollowed,
    presentKey: (name) => leads.get(name),
    readFolder: (folder) => readFolder(folder),
    logrotate,
    maxLineBytes,
    nowMs: () => options.now().getTime(),
    onProblem: options.onProblem,
    onLost: () => {
      counts.lostGenerations += 1;
      options.onLimit?.('generations_lost');
    },
  });

  /** False when it was said before. */
  const complain = (path: string, sentence: string): boolean => {
    if (problems.get(path) === sentence) return false;
    problems.set(path, sentence);
    options.onProblem(sentence);
    return true;
  };

  const complainOfFile = (path: string, error: unknown): void => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const isDenied = code === 'EACCES' || code === 'EPERM';
    complain(path, `Cannot read "${path}": ${isDenied ? 'permission denied' : messageOf(error)}`);
  };

  /** Opens what is new at the paths and notices names that lead to another file now. */
  const refresh = async (): Promise<void> => {
    const nowMs = options.now().getTime();
    const isScan = nowMs - scannedMs >= SCAN_MS || nowMs < scannedMs;
    readFolder = createReadFolder();
    if (isScan) {
      paths = await findFiles(patterns, options.onLimit);
      scannedMs = nowMs;
    }
    const present = new Map<string, { readonly path: string; readonly facts: Facts }[]>();
    const now = new Map<string, string>();
    for (const path of paths) {
      const facts = await factsOf(path);
      if (facts === undefined) continue;
      const key = keyOf(facts);
      now.set(path, key);
      present.set(key, [...(present.get(key) ?? []), { path, facts }]);
    }
    leads = now;
    for (const [key, places] of present) {
      const known = followed.get(key);
      const [{ path, facts }] = places as [{ path: string; facts: Facts }];
      if (known !== undefined)
        await rename(
          known,
          places.map((place) => place.path),
        );
      else if (skipped.get(key) === lookOf(facts)) continue;
      else if (followed.size < MAX_FILES) await follow(path);
      else if (complain(path, `Cannot follow "${path}": ${MAX_FILES} files are followed already`))
        options.onLimit?.('files_followed');
    }
    for (const [key, file] of followed) file.isRotated = !present.has(key);
    if (!isFirstLookDone) {
      isFirstLookDone = true;
      const names = [...book.all()].filter(({ kind }) => kind !== 'seen').map(({ name }) => name);
      for (const name of new Set(names)) heritage.look(name);
    } else if (isScan) await lookAtLately();
    for (const name of heritage.due(isScan)) await inherit(name);
  };

  const factsOf = async (path: string): Promise<Facts | undefined> => {
    try {
      const facts = await stat(path);
      if (facts.isFile()) return facts;
      complain(path, `Cannot follow "${path}": it is not a regular file`);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') complainOfFile(path, error);
    }
    return undefined;
  };

  /** A file that has another name now, and not its old one any more. */
  const rename = async (file: FollowedFile, places: readonly string[]): Promise<void> => {
    const [path] = places;
    if (path === undefined || places.includes(file.state.path)) return;
    file.state = { ...file.state, path };
    if (file.state.id !== '') await book.put([file.state]);
  };

  const follow = async (path: string): Promise<void> => {
    let source: ByteSource | undefined;
    try {
      source = await openPlain(path);
      if (source === undefined) return;
      if (await begin(path, source)) problems.delete(path);
      else await source.close();
    } catch (error) {
      if (source !== undefined && ![...followed.values()].some((file) => file.source === source))
        await source.close();
      complainOfFile(path, error);
    }
  };

  /** False when the file is not to be followed. */
  const begin = async (path: string, source: ByteSource): Promise<boolean> => {
    const facts = await source.facts();
    const skip = (sentence?: string): false => {
      skipped.set(keyOf(facts), lookOf(facts));
      if (sentence !== undefined) complain(path, `Cannot follow "${path}": ${sentence}`);
      return false;
    };
    const content = await contentOf(source);
    if (content === 'utf16') return skip('it is UTF-16 (write it as UTF-8)');
    if (content !== 'plain')
      return skip(
        patterns.some(({ text }) => text === path)
          ? 'it is compressed (name the log itself: its generations are found)'
          : undefined,
      );
    const file = createFollowed(source, facts, newState(path, path, facts, false), maxLineBytes);
    const lineage = book.get(nameState(path, 0).id);
    const known = await recogniser.recognise(file, path);
    if (known === 'copy') return skip();
    if (lineage === undefined) await beginName(path, facts);
    else if (known === undefined) await heritage.search(path);
    if (known === undefined) await identify(file, false);
    else await goOn(file, known);
    followed.set(file.key, file);
    return true;
  };

  /** What is there when a name is followed first is not read later on. */
  const beginName = async (name: string, facts: Facts): Promise<void> => {
    const before = await rememberGenerations(name, readFolder, logrotate);
    const newestMs = Math.max(Math.floor(facts.mtimeMs), ...before.map(({ seenMs }) => seenMs));
    await book.put([nameState(name, newestMs), ...before]);
  };

  const goOn = async (file: FollowedFile, known: FileState): Promise<void> => {
    const { dev, ino, path } = file.state;
    goOnAt(file, { ...known, path, dev, ino, isDone: false }, maxLineBytes);
    await book.put([file.state]);
    lately.delete(file.key);
  };

  /** False while the file has no line that makes an identity. */
  const identify = async (file: FollowedFile, isFinal: boolean): Promise<boolean> => {
    const start = await identityBytes(file.source, isFinal);
    if (start === undefined) return false;
    let id: string;
    let turn = 0;
    do id = idOf(start, file.state, turn++);
    while (book.get(id) !== undefined);
    file.state = { ...file.state, id, fingerprint: fingerprintOf(start) };
    await book.put([file.state]);
    return true;
  };

  /** Earlier content of a name, read before the present one. */
  const inherit = async (name: string): Promise<readonly Inherited[]> => {
    const inherited = await heritage.take(name);
    for (const { generation, state } of inherited) {
      if (generation === undefined) continue;
      const { source, facts, path } = generation;
      if (followed.size >= MAX_FILES) {
        await source.close();
        if (complain(path, `Cannot follow "${path}": ${MAX_FILES} files are followed already`))
          options.onLimit?.('files_followed');
        continue;
      }
      const fresh = newState(name, name, facts, source.isGzip);
      const file = createFollowed(source, facts, fresh, maxLineBytes);
      file.isRotated = true;
      followed.set(file.key, file);
      if (state !== undefined) {
        goOnAt(
          file,
          { ...state, dev: facts.dev, ino: facts.ino, isGzip: source.isGzip, isDone: false },
          maxLineBytes,
        );
        await book.put([file.state]);
      }
      const sinceMs = performance.now();
      while (!isStopping && followed.has(file.key) && performance.now() - sinceMs < ELDERS_MS)
        if ((await advanceSafely(file)) === 0) break;
    }
    return inherited;
  };

  /** The content of an open file is another: what was there goes on elsewhere, if anywhere. */
  const replaced = async (file: FollowedFile, facts: Facts): Promise<void> => {
    await delivery.drain();
    const { state, splitter, seenBytes } = file;
    let lostBytes = seenBytes - splitter.consumed();
    counts.truncations += 1;
    const fresh = newState(state.name, state.path, facts, false);
    goOnAt(file, fresh, maxLineBytes);
    file.seenBytes = 0;
    let copy: string | undefined;
    if (state.id !== '') {
      await heritage.search(state.name);
      for (const one of await inherit(state.name)) {
        if (one.state?.id !== state.id) continue;
        copy = one.path;
        lostBytes = Math.max(0, Math.min(lostBytes, seenBytes - one.bytes));
      }
    }
    counts.lostBytes += lostBytes;
    const lost = lostBytes === 0 ? 'lines' : `${lostBytes} bytes at least, and lines`;
    options.onProblem(
      copy === undefined
        ? `"${state.path}" was replaced in place: reading it from its start (${lost} written just before may be lost)`
        : `"${state.path}" was replaced in place: what it had goes on in "${copy}", and it is read from its start (${lost} written between the copy and that may be lost)`,
    );
    const known = await recogniser.recognise(file, state.path);
    if (known !== undefined && known !== 'copy') await goOn(file, known);
  };

  const reading = async <Result>(file: FollowedFile, work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (cause) {
      complainOfFile(file.state.path, cause);
      throw new UnreadableFile(file.state.path, { cause });
    }
  };

  /** As `advance`; a file that cannot be read is let go, to be opened again when that is possible. */
  const advanceSafely = async (file: FollowedFile): Promise<number> => {
    try {
      return await advance(file);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      followed.delete(file.key);
      await file.source.close().catch(() => undefined);
      if (file.state.id !== '') await heritage.search(file.state.name);
      return 0;
    }
  };

  /** Reads a stretch of a file and gives it on. */
  const advance = async (file: FollowedFile): Promise<number> => {
    await delivery.room();
    let facts = await reading(file, file.source.facts());
    const { size } = facts;
    if (
      !file.source.isGzip &&
      (size < file.position ||
        (size > file.position &&
          !(await reading(file, beginsAsBefore(file.source, file.state.fingerprint)))))
    ) {
      await replaced(file, facts);
      facts = await reading(file, file.source.facts());
    }
    const arrivalMs = options.now().getTime();
    if (file.state.id === '' && !(await recogniseLate(file, arrivalMs))) return 0;
    file.seenBytes = Math.max(facts.size, file.position);
    const { state, splitter, generation } = file;
    let lines: TailedLine[] = [];
    let found = 0;
    let readBytes = 0;
    let atEnd = false;
    const nulsBefore = splitter.skippedNuls();
    while (!atEnd && found < STRETCH_LINES && readBytes < STRETCH_BYTES) {
      await delivery.room();
      const bytesRead = await reading(file, file.source.read(chunk, CHUNK_BYTES, file.position));
      if (file.generation !== generation) return 0; // a batch before this one was not taken
      atEnd = bytesRead === 0;
      file.position += bytesRead;
      file.seenBytes = Math.max(file.seenBytes, file.position);
      readBytes += bytesRead;
      take(splitter.push(chunk.subarray(0, bytesRead)));
      // Nothing is awaited after the last reading: what was read is handed on or read again.
      if (lines.length >= batchLines) handOn();
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
      delivery.begin(file, lines, facts);
      lines = [];
    }
  };

  /** False while there is nothing to read of a file that had no line when it was opened. */
  const recogniseLate = async (file: FollowedFile, nowMs: number): Promise<boolean> => {
    const known = await reading(file, recogniser.recognise(file, file.state.path));
    if (known === 'copy') {
      followed.delete(file.key);
      skipped.set(file.key, lookOf(await file.source.facts()));
      await file.source.close();
      return false;
    }
    if (known !== undefined) {
      await goOn(file, known);
      return true;
    }
    if (await identify(file, false)) return true;
    if (!isQuiet(file, false, nowMs)) return false;
    if (await identify(file, true)) return true;
    await letGo(file);
    return false;
  };

  const letGo = async (file: FollowedFile): Promise<void> => {
    const { source, key, state } = file;
    const path = await placeOf(source, state.path);
    followed.delete(key);
    if (state.id !== '') {
      const facts = await source.facts();
      const raw = source.isGzip ? await rawOf(state, facts) : [];
      await book.put([{ ...state, isDone: true }, ...raw]);
      if (!source.isGzip) {
        lately.set(key, { path, id: state.id });
        for (const old of [...lately.keys()].slice(0, -MAX_LATELY)) lately.delete(old);
      }
    }
    await source.close();
  };

  const rawOf = async (state: FileState, facts: Facts): Promise<readonly FileState[]> => {
    const path = heritage.placeOf(keyOf(state));
    if (path === undefined) return [];
    return [await rawState(state.name, { path, facts })].filter(({ offset }) => offset === 0);
  };

  /** Writers that were not told of the rotation go on writing to the file that has another name now. */
  const lookAtLately = async (): Promise<void> => {
    for (const [key, { path, id }] of lately) {
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isFile() !== true || keyOf(facts) !== key || followed.has(key)) {
        lately.delete(key);
        continue;
      }
      const state = book.get(id);
      if (state === undefined || facts.size <= state.offset) continue;
      const source = await openPlain(path).catch(() => undefined);
      if (source === undefined) continue;
      const file = createFollowed(source, facts, state, maxLineBytes);
      file.isRotated = true;
      await goOn(file, state);
      file.state = { ...file.state, path: state.path };
      followed.set(key, file);
    }
  };

  /** Reads what is there; returns while batches are still under way. */
  const look = async (): Promise<number> => {
    await book.load();
    await refresh();
    let delivered = 0;
    for (const file of [...followed.values()]) {
      for (let got = 1; got > 0 && !isStopping;) {
        got = await advanceSafely(file);
        delivered += got;
        if (followed.size !== 1 || !followed.has(file.key)) break; // fair: one batch a file and round
      }
      if (file.isUnkept && followed.has(file.key)) {
        file.isUnkept = false;
        await book.put([file.state]);
      }
      if (isStopping) break;
    }
    await book.save(options.now().getTime(), false);
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
      await book.load();
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
      await heritage.close();
      await book.load().then(() => book.save(options.now().getTime(), true));
      for (const file of followed.values()) await file.source.close();
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

/** How a file looks from outside; the same look is the same content. */
function lookOf({ size, mtimeMs }: Facts): string {
  return `${size}:${mtimeMs}`;
}

/** Where an open file is now, as far as the system tells. */
async function placeOf(source: ByteSource, path: string): Promise<string> {
  if (source.descriptor === undefined) return path;
  return readlink(`/proc/self/fd/${source.descriptor}`).catch(() => path);
}
