/** Reads the open files on, stretch by stretch, and what is found of their earlier content. */
import { readlink } from 'node:fs/promises';
import { LIMITS, type LimitListener } from '@mini-soc/model';
import type { ByteSource, Facts } from './byte-source.ts';
import type { Delivery, TailedLine } from './deliver-batches.ts';
import { createFollowed, goOnAt, isQuiet, newState, type FollowedFile } from './followed-file.ts';
import type { Heritage, Inherited } from './heritage.ts';
import type { OpenFiles } from './open-files.ts';
import type { Recogniser } from './recognise-file.ts';
import { beginsAsBefore } from './recognise.ts';
import type { StateBook } from './state-book.ts';

export interface FileReaderOptions {
  readonly book: StateBook;
  readonly files: OpenFiles;
  readonly delivery: Delivery;
  readonly recogniser: Recogniser;
  readonly heritage: Heritage;
  readonly batchLines: number;
  readonly maxLineBytes: number;
  readonly isStopping: () => boolean;
  readonly nowMs: () => number;
  readonly onProblem: (sentence: string) => void;
  readonly onLimit: LimitListener;
  /** A rotated file was read to its end; where it was then. */
  readonly onLetGo: (key: string, path: string, id: string) => void;
}

export interface ReadCounts {
  cutLines: number;
  skippedNuls: number;
  truncations: number;
  lostBytes: number;
}

export interface FileReader {
  /**
   * Reads a stretch and gives it on; the number of lines. A file that cannot be read is closed, to be
   * opened again when that is possible; what is thrown is what handing on failed with.
   */
  readonly advance: (file: FollowedFile) => Promise<number>;
  /** Reads rotated files first, then what is found of earlier content of the name, both before the present. */
  readonly inherit: (name: string) => Promise<readonly Inherited[]>;
  readonly counts: () => Readonly<ReadCounts>;
}

const CHUNK_BYTES = 65_536;
/** Most that is read of one file before the others have their turn. */
const STRETCH_LINES = 8192;
export const STRETCH_BYTES = 8 * LIMITS.line_bytes.value;
/** How long earlier generations go before the present content, so that the order in time is kept. */
const ELDERS_MS = 5000;

/** Reading a file failed, as opposed to handing its lines on. */
class UnreadableFile extends Error {}

export function createFileReader(options: FileReaderOptions): FileReader {
  const { book, files, delivery, recogniser, heritage, batchLines, maxLineBytes } = options;
  const counts: ReadCounts = { cutLines: 0, skippedNuls: 0, truncations: 0, lostBytes: 0 };
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);

  const reading = async <Result>(file: FollowedFile, work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (cause) {
      files.complainOfReading(file.state.path, cause);
      throw new UnreadableFile(file.state.path, { cause });
    }
  };

  const advance = async (file: FollowedFile): Promise<number> => {
    try {
      return await readStretch(file);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      await files.close(file);
      if (file.state.id !== '') await heritage.search(file.state.name);
      return 0;
    }
  };

  const readStretch = async (file: FollowedFile): Promise<number> => {
    await delivery.room();
    const facts = await reading(file, settle(file));
    const arrivalMs = options.nowMs();
    if (file.state.id === '' && !(await recogniseLate(file, arrivalMs))) return 0;
    file.seenBytes = Math.max(facts.size, file.position);
    const { state, splitter, generation } = file;
    let lines: TailedLine[] = [];
    let found = 0;
    let readBytes = 0;
    let atEnd = false;
    const nulsBefore = splitter.skippedNuls();
    try {
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
          options.onLimit('line_bytes');
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

  /** The facts of the file, once it is sure that its content is still the same. */
  const settle = async (file: FollowedFile): Promise<Facts> => {
    const facts = await file.source.facts();
    const { size } = facts;
    if (file.source.isGzip) return facts;
    // Other content may be just as long.
    if (size === file.position && facts.mtimeMs === file.settledMs) return facts;
    file.settledMs = facts.mtimeMs;
    if (size >= file.position && (await beginsAsBefore(file.source, file.state.fingerprint)))
      return facts;
    await replaced(file, facts);
    return file.source.facts();
  };

  /** The content of an open file is another: what was there goes on elsewhere, if anywhere. */
  const replaced = async (file: FollowedFile, facts: Facts): Promise<void> => {
    await delivery.drain();
    const { state, splitter, seenBytes } = file;
    let lostBytes = seenBytes - splitter.consumed();
    counts.truncations += 1;
    goOnAt(file, newState(state.name, state.path, facts, false), maxLineBytes);
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
  };

  /** False while there is nothing to read of a file that had no line when it was opened. */
  const recogniseLate = async (file: FollowedFile, nowMs: number): Promise<boolean> => {
    const known = await reading(file, recogniser.recognise(file, file.state.path));
    if (known === 'copy') {
      files.skip(file.key, await reading(file, file.source.facts()));
      await files.close(file);
      return false;
    }
    if (known !== undefined) {
      await recogniser.goOn(file, known);
      return true;
    }
    if (await reading(file, recogniser.hasIdentity(file))) {
      if (!file.isRotated) {
        // It was empty when it was opened: its first lines may have come, and gone elsewhere, since.
        await heritage.search(file.state.name);
        await inherit(file.state.name);
      }
      return recogniser.identify(file, false);
    }
    if (!isQuiet(file, false, nowMs)) return false;
    if (await recogniser.identify(file, true)) return true;
    await letGo(file);
    return false;
  };

  const letGo = async (file: FollowedFile): Promise<void> => {
    const { source, key, state } = file;
    const path = await placeOf(source, state.path);
    if (state.id !== '') {
      await book.put([{ ...state, isDone: true }]);
      if (!source.isGzip) options.onLetGo(key, path, state.id);
    }
    await files.close(file);
  };

  /** Reads a file that comes before another one as far as it goes. */
  const readAhead = async (file: FollowedFile): Promise<void> => {
    const sinceMs = performance.now();
    while (!options.isStopping() && files.byKey.has(file.key))
      if ((await advance(file)) === 0 || performance.now() - sinceMs > ELDERS_MS) return;
  };

  const inherit = async (name: string): Promise<readonly Inherited[]> => {
    // What is open is recognised among the siblings once it has an identity.
    for (const file of [...files.byKey.values()])
      if (file.isRotated && file.state.name === name) await readAhead(file);
    const inherited = await heritage.take(name);
    const opened: FollowedFile[] = [];
    for (const { generation, state } of inherited) {
      if (generation === undefined) continue;
      const { source, facts, path } = generation;
      if (!files.hasRoom(path)) {
        await source.close();
        continue;
      }
      const file = createFollowed(
        source,
        facts,
        newState(name, name, facts, source.isGzip),
        maxLineBytes,
      );
      file.isRotated = true;
      files.byKey.set(file.key, file);
      if (state !== undefined) await recogniser.goOn(file, { ...state, isGzip: source.isGzip });
      opened.push(file);
    }
    for (const file of opened) await readAhead(file);
    return inherited;
  };

  return { advance, inherit, counts: () => counts };
}

/** Where an open file is now, as far as the system tells. */
async function placeOf(source: ByteSource, path: string): Promise<string> {
  if (source.descriptor === undefined) return path;
  return readlink(`/proc/self/fd/${source.descriptor}`).catch(() => path);
}
