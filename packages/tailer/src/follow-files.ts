/** Which files are open: those that the patterns lead to now, and rotated ones that are still written to. */
import { stat } from 'node:fs/promises';
import { LIMITS, type LimitListener } from '@mini-soc/model';
import { contentOf, openPlain, type ByteSource, type Facts } from './byte-source.ts';
import { keyOf } from './file-state.ts';
import { findFiles, type FilePattern } from './find-files.ts';
import { rememberGenerations } from './seen-files.ts';
import { createFollowed, newState, type FollowedFile } from './followed-file.ts';
import type { Heritage } from './heritage.ts';
import type { OpenFiles } from './open-files.ts';
import type { Recogniser } from './recognise-file.ts';
import { nameState } from './registry.ts';
import { createReadFolder, type ReadFolder } from './siblings.ts';
import type { StateBook } from './state-book.ts';

export interface FollowerOptions {
  readonly patterns: readonly FilePattern[];
  readonly book: StateBook;
  readonly files: OpenFiles;
  readonly recogniser: Recogniser;
  readonly heritage: Heritage;
  readonly places: Places;
  /** Reads what is found of earlier content of a name. */
  readonly inherit: (name: string) => Promise<unknown>;
  readonly logrotate: readonly string[];
  readonly maxLineBytes: number;
  readonly nowMs: () => number;
  readonly onLimit: LimitListener;
}

/** What the file system looked like in the present poll. */
export interface Places {
  readFolder: ReadFolder;
  /** The key of the file at each path. */
  leads: ReadonlyMap<string, string>;
}

export interface Follower {
  /** Opens what is new at the paths and notices names that lead to another file now. */
  readonly refresh: () => Promise<void>;
  /** Names may have changed: the next poll searches for them. */
  readonly rescan: () => void;
  /** A rotated file is closed that was at this place. */
  readonly noteLetGo: (key: string, path: string, id: string) => void;
}

const SCAN_MS = 1000;
/** Rotated files that are let go are looked at again: their writers may have kept them. */
const MAX_LATELY = LIMITS.rotated_watched.value;

export function createPlaces(): Places {
  return { readFolder: createReadFolder(), leads: new Map() };
}

export function createFollower(options: FollowerOptions): Follower {
  const { patterns, book, files, recogniser, heritage, places, maxLineBytes } = options;
  const lately = new Map<string, { readonly path: string; readonly id: string }>();
  let isFirstLookDone = false;
  let paths: readonly string[] = [];
  let scannedMs = Number.NEGATIVE_INFINITY;

  const refresh = async (): Promise<void> => {
    const nowMs = options.nowMs();
    const isScan = nowMs - scannedMs >= SCAN_MS || nowMs < scannedMs;
    if (isScan) {
      paths = await findFiles(patterns, options.onLimit);
      scannedMs = nowMs;
    }
    places.readFolder = createReadFolder();
    const present = await pollPaths();
    for (const [key, [first, ...others]] of present) {
      const known = files.byKey.get(key);
      if (known !== undefined) await rename(known, [first, ...others]);
      else if (!files.isSkipped(key, first.facts) && files.hasRoom(first.path))
        await follow(first.path);
    }
    for (const [key, file] of files.byKey) file.isRotated = !present.has(key);
    if (!isFirstLookDone) {
      isFirstLookDone = true;
      for (const { kind, name } of book.all()) if (kind !== 'seen') heritage.resume(name);
    } else if (isScan) await pollLately();
    for (const name of heritage.due(isScan)) await options.inherit(name);
  };

  /** The regular files at the paths, each with its places. */
  const pollPaths = async (): Promise<ReadonlyMap<string, PlacesOfFile>> => {
    const present = new Map<string, PlacesOfFile>();
    const leads = new Map<string, string>();
    for (const path of paths) {
      const facts = await factsOf(path);
      if (facts === undefined) continue;
      const key = keyOf(facts);
      leads.set(path, key);
      const before = present.get(key);
      present.set(key, before === undefined ? [{ path, facts }] : [...before, { path, facts }]);
    }
    places.leads = leads;
    return present;
  };

  const factsOf = async (path: string): Promise<Facts | undefined> => {
    try {
      const facts = await stat(path);
      if (facts.isFile()) return facts;
      files.complain(path, `Cannot follow "${path}": it is not a regular file`);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') files.complainOfReading(path, error);
    }
    return undefined;
  };

  /** A file that has another name now, and not its old one any more. */
  const rename = async (file: FollowedFile, found: PlacesOfFile): Promise<void> => {
    if (found.some(({ path }) => path === file.state.path)) return;
    file.state = { ...file.state, path: found[0].path };
    if (file.state.id !== '') await book.put([file.state]);
  };

  const follow = async (path: string): Promise<void> => {
    let source: ByteSource | undefined;
    try {
      source = await openPlain(path);
      if (source === undefined) return;
      // Rotation may go on: the name may lead elsewhere since it was looked at.
      const isOpen = files.byKey.has(keyOf(await source.facts()));
      const file = isOpen ? undefined : await begin(path, source);
      if (file === undefined) await source.close();
      else files.byKey.set(file.key, file);
      if (file !== undefined) files.isWell(path);
    } catch (error) {
      await source?.close();
      files.complainOfReading(path, error);
    }
  };

  /** Undefined when the file is not to be followed. */
  const begin = async (path: string, source: ByteSource): Promise<FollowedFile | undefined> => {
    const facts = await source.facts();
    const skip = (why?: string): undefined => {
      files.skip(keyOf(facts), facts);
      if (why !== undefined) files.complain(path, `Cannot follow "${path}": ${why}`);
    };
    const content = await contentOf(source);
    if (content === 'utf16') return skip('it is UTF-16 (write it as UTF-8)');
    if (content !== 'plain') {
      const isNamed = patterns.some(({ text }) => text === path);
      return skip(
        isNamed ? 'it is compressed (name the log itself: its generations are found)' : undefined,
      );
    }
    const file = createFollowed(source, facts, newState(path, path, facts, false), maxLineBytes);
    const known = await recogniser.recognise(file, path);
    if (known === 'copy') return skip();
    const isNameNew = book.get(nameState(path, 0).id) === undefined;
    // Both before the identity is kept: a new content whose search was not begun would never have one.
    if (isNameNew) await beginName(path, facts);
    else if (known === undefined) await heritage.search(path);
    if (known === undefined) await recogniser.identify(file, false);
    else await recogniser.goOn(file, known);
    if (known !== undefined) lately.delete(file.key);
    return file;
  };

  /** What is there when a name is followed first is not read later on. */
  const beginName = async (name: string, facts: Facts): Promise<void> => {
    const before = await rememberGenerations(name, places.readFolder, options.logrotate);
    const newestMs = Math.max(Math.floor(facts.mtimeMs), ...before.map(({ seenMs }) => seenMs));
    await book.put([nameState(name, newestMs), ...before]);
  };

  /** Writers that were not told of the rotation go on writing to the file that has another name now. */
  const pollLately = async (): Promise<void> => {
    for (const [key, { path, id }] of lately) {
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isFile() !== true || keyOf(facts) !== key || files.byKey.has(key)) {
        lately.delete(key);
        continue;
      }
      const state = book.get(id);
      if (state === undefined || facts.size <= state.offset) continue;
      const source = await openPlain(path).catch(() => undefined);
      if (source === undefined) continue;
      if (keyOf(await source.facts()) !== key) {
        await source.close();
        continue;
      }
      const file = createFollowed(source, facts, state, maxLineBytes);
      file.isRotated = true;
      files.byKey.set(key, file);
      await recogniser.goOn(file, state);
    }
  };

  return {
    refresh,
    rescan() {
      scannedMs = Number.NEGATIVE_INFINITY;
    },
    noteLetGo(key, path, id) {
      lately.set(key, { path, id });
      for (const old of [...lately.keys()].slice(0, -MAX_LATELY)) lately.delete(old);
    },
  };
}

/** A file has one path at least. */
type PlacesOfFile = readonly [
  { readonly path: string; readonly facts: Facts },
  ...{ readonly path: string; readonly facts: Facts }[],
];
