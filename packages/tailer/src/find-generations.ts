/**
 * What became of the content that a name led to, and what came after it before the present content:
 * among the siblings of the log, plain or compressed.
 */
import { LIMITS } from '@mini-soc/model';
import {
  contentOf,
  gzipSize,
  openGzip,
  openPlain,
  type ByteSource,
  type Facts,
} from './byte-source.ts';
import { FINGERPRINT_BYTES, keyOf, type FileState } from './file-state.ts';
import { fingerprintOf, hasContentOf, readStart } from './recognise.ts';
import { rawState, seenState } from './seen-files.ts';
import { findByKey, listSiblings, type ReadFolder, type Sibling } from './siblings.ts';

export interface GenerationSearch {
  readonly name: string;
  readonly states: readonly FileState[];
  /** Content that was not read to its end and is not open. */
  readonly wanted: readonly FileState[];
  /** Unknown generations that changed at this time or later are wanted too; none when undefined. */
  readonly fromMs: number | undefined;
  /** Key of the file that the name leads to. */
  readonly presentKey: string | undefined;
  readonly isOpen: (key: string) => boolean;
  /** The file is followed by a pattern, whatever it is to the log. */
  readonly isFollowed: (path: string) => boolean;
  readonly readFolder: ReadFolder;
  readonly logrotate: readonly string[];
  readonly maxLineBytes: number;
  /** How files looked that could not be judged, from one search to the next. */
  readonly notes: Map<string, string>;
}

export interface FoundGeneration {
  readonly path: string;
  readonly source: ByteSource;
  readonly facts: Facts;
  /** What was read of it before; undefined for one that nobody has read. */
  readonly state: FileState | undefined;
}

export interface Generations {
  /** Oldest first; the caller closes them. */
  readonly found: readonly FoundGeneration[];
  /** Content of which there is nothing left to read. */
  readonly finished: readonly { readonly state: FileState; readonly path: string }[];
  /** Content that is nowhere. */
  readonly missing: readonly FileState[];
  /** Files that need not be looked at again. */
  readonly seen: readonly FileState[];
  /** Generations that nobody can read, and why. */
  readonly unreadable: readonly string[];
  /** Files that are still being written: to be looked for again. */
  readonly unsettled: readonly string[];
}

/** Compression tools keep the time of a file, some only to the second. */
const TIME_SLACK_MS = 2000;
/** So much alike content is the same, though nothing of it was read yet. */
const TELLING_BYTES = 256;
const MOST_BYTES = LIMITS.generation_bytes.value;

export async function findGenerations(search: GenerationSearch): Promise<Generations> {
  const found: FoundGeneration[] = [];
  const finished: { readonly state: FileState; readonly path: string }[] = [];
  const seen: FileState[] = [];
  const unreadable: string[] = [];
  const unsettled: string[] = [];
  /** Files that are kept open, and files whose content needs no reading. */
  const taken = new Set<string>();
  const isRead = new Set<string>();
  const missing = new Map(search.wanted.map((state) => [state.id, state]));
  const oldestMs = Math.min(
    search.fromMs ?? Number.POSITIVE_INFINITY,
    ...search.wanted.map(({ seenMs }) => seenMs),
  );

  const isUnknown = ({ path, facts, isGeneration }: Sibling, isPlain: boolean): boolean =>
    search.fromMs !== undefined &&
    isGeneration &&
    !(isPlain && search.isFollowed(path)) &&
    facts.mtimeMs >= search.fromMs - (path.endsWith('.gz') ? TIME_SLACK_MS : 0);

  /** True when the file looks as it did in an earlier search. */
  const isNoted = ({ path, facts }: Sibling): boolean => {
    const signature = `${facts.size}:${facts.mtimeMs}`;
    const before = search.notes.get(path);
    search.notes.set(path, signature);
    return before === signature;
  };

  /** True when the source is kept open. */
  const judge = async (
    sibling: Sibling,
    source: ByteSource,
    facts: Facts,
    isSeen: boolean,
  ): Promise<boolean> => {
    const start = await readStart(source, FINGERPRINT_BYTES);
    const match = await matchContent(search, source, start, facts);
    const keep = (state: FileState | undefined): true => {
      found.push({ path: sibling.path, source, facts, state });
      if (state !== undefined) missing.delete(state.id);
      return true;
    };
    if (match === undefined) {
      if (isSeen || !isUnknown(sibling, !source.isGzip)) return false;
      return (await isBeginningOfPresent(search, source, start, facts)) ? false : keep(undefined);
    }
    const { state, isPart } = match;
    const isWanted = missing.has(state.id);
    if (isPart) {
      if (!isWanted) return false;
      if (!isNoted(sibling)) {
        unsettled.push(sibling.path); // it may be growing
        return false;
      }
      if (keyOf(state) !== search.presentKey)
        return isUnknown(sibling, !source.isGzip) ? keep(undefined) : false;
      // The name still leads to the file that was read: a copy from before it was cut.
      missing.delete(state.id);
      finished.push({ state, path: sibling.path });
      seen.push(await seenState(search.name, sibling.path, source, facts));
      return false;
    }
    const hasMore = facts.size > state.offset;
    if (hasMore && (isWanted || (state.isDone && keyOf(state) === keyOf(facts)))) {
      if (state.kind === 'file') return keep(state);
    } else if (isWanted) {
      missing.delete(state.id);
      finished.push({ state, path: sibling.path });
    }
    isRead.add(keyOf(facts));
    return false;
  };

  /** True when the file is kept open. */
  const judgeGzip = async (
    sibling: Sibling,
    file: ByteSource,
    names: ReadonlySet<string>,
    isSeen: boolean,
  ): Promise<boolean> => {
    if (sibling.facts.mtimeMs + TIME_SLACK_MS < oldestMs) return false;
    // While the plain file is still there, it is the one to read.
    if (names.has(sibling.path.replace(/\.gz$/, ''))) return false;
    const signature = `${sibling.facts.size}:${sibling.facts.mtimeMs}`;
    const isBroken = search.notes.get(sibling.path) === signature;
    const size = isBroken ? undefined : await gzipSize(file, MOST_BYTES);
    if (size === undefined) {
      search.notes.set(sibling.path, signature);
      unsettled.push(sibling.path);
      return false;
    }
    const facts = { ...pick(sibling.facts), size };
    const content = openGzip(file, facts);
    const isKept = await judge(sibling, content, facts, isSeen);
    if (!isKept) await content.rest();
    return isKept;
  };

  const inspect = async (listed: Sibling, names: ReadonlySet<string>): Promise<void> => {
    if (search.isOpen(keyOf(listed.facts))) return;
    let source: ByteSource | undefined;
    try {
      source = await openPlain(listed.path);
    } catch {
      if (isUnknown(listed, true) || isKeyOfWanted(search, listed.facts))
        unreadable.push(listed.path);
      return;
    }
    if (source === undefined) return;
    let isKept = false;
    try {
      // Rotation may go on: the name may lead elsewhere since it was listed.
      const sibling = { ...listed, facts: await source.facts() };
      if (search.isOpen(keyOf(sibling.facts)) || taken.has(keyOf(sibling.facts))) return;
      const raw = fingerprintOf(await readStart(source, FINGERPRINT_BYTES));
      const isSeen = search.states.some(
        (state) =>
          state.kind === 'seen' &&
          state.isGzip &&
          keyOf(state) === keyOf(sibling.facts) &&
          state.fingerprint.hash === raw.hash,
      );
      // It may still have what is wanted: that it was seen tells only that it is not new.
      if (isSeen && missing.size === 0) return;
      const content = await contentOf(source);
      if (content === 'plain') isKept = await judge(sibling, source, sibling.facts, isSeen);
      else if (content === 'gzip') isKept = await judgeGzip(sibling, source, names, isSeen);
      else if (content === 'unreadable' && !isSeen && isUnknown(sibling, false)) {
        if (!hasTimeOfKnown(search, sibling.facts)) unreadable.push(sibling.path);
        seen.push(rawState(search.name, sibling, raw));
      }
      if (content === 'gzip' && !isSeen && isRead.has(keyOf(sibling.facts)))
        seen.push(rawState(search.name, sibling, raw));
      if (isKept) taken.add(keyOf(sibling.facts));
    } finally {
      if (!isKept) await source.close();
    }
  };

  const siblings = await listSiblings(search.name, search.readFolder, search.logrotate);
  const names = new Set(siblings.map(({ path }) => path));
  // By its inode first: a copy of it may be there too.
  const first = siblings.filter(({ facts }) => isKeyOfWanted(search, facts));
  for (const sibling of first) await inspect(sibling, names);
  for (const sibling of siblings) if (!first.includes(sibling)) await inspect(sibling, names);
  if (missing.size > 0) {
    const keys = new Set([...missing.values()].map(keyOf));
    const moved = await findByKey(
      search.name,
      search.readFolder,
      (facts) => keys.has(keyOf(facts)) && keyOf(facts) !== search.presentKey,
    );
    for (const sibling of moved) if (!names.has(sibling.path)) await inspect(sibling, names);
  }
  const order = new Map(siblings.map(({ path }, index) => [path, index]));
  return {
    found: found.toSorted((a, b) => (order.get(a.path) ?? -1) - (order.get(b.path) ?? -1)),
    finished,
    missing: [...missing.values()],
    seen,
    unreadable,
    unsettled,
  };
}

interface Match {
  readonly state: FileState;
  /** It has only a part of what was read. */
  readonly isPart: boolean;
}

/** The state whose content the source has; those that are wanted first. */
async function matchContent(
  search: GenerationSearch,
  source: ByteSource,
  start: Buffer,
  facts: Facts,
): Promise<Match | undefined> {
  const wanted = new Set(search.wanted.map(({ id }) => id));
  const hashes = new Map<number, string>();
  const hashOf = (length: number): string => {
    const known = hashes.get(length) ?? fingerprintOf(start, length).hash;
    hashes.set(length, known);
    return known;
  };
  const alike = search.states
    .filter(
      (state) =>
        state.kind !== 'name' &&
        !(state.kind === 'seen' && state.isGzip) &&
        state.fingerprint.length > 0 &&
        state.fingerprint.length <= start.length &&
        hashOf(state.fingerprint.length) === state.fingerprint.hash,
    )
    .toSorted((a, b) => Number(wanted.has(b.id)) - Number(wanted.has(a.id)) || b.offset - a.offset);
  let part: FileState | undefined;
  for (const state of alike) {
    const isSameFile = keyOf(state) === keyOf(facts) && state.isGzip === source.isGzip;
    const has = await hasContentOf(source, start, facts.size, state, search.maxLineBytes);
    if (has === 'yes') return { state, isPart: false };
    if (has === 'no') continue;
    if (isSameFile && facts.size >= state.offset) return { state, isPart: false };
    if (wanted.has(state.id) && facts.size < state.offset) part ??= state;
  }
  return part === undefined ? undefined : { state: part, isPart: true };
}

/**
 * Whether it is a copy, such as copytruncate makes, of what the name leads to or led to while we read more
 * of it. The fingerprint tells of what was read; of what is not yet, its start and its end.
 */
async function isBeginningOfPresent(
  search: GenerationSearch,
  copy: ByteSource,
  start: Buffer,
  { size }: Facts,
): Promise<boolean> {
  const print = fingerprintOf(start);
  const read = search.states.filter(
    (state) =>
      state.kind === 'file' &&
      state.name === search.name &&
      keyOf(state) === search.presentKey &&
      size < state.offset,
  );
  if (
    read.some(
      ({ fingerprint }) => fingerprint.length === print.length && fingerprint.hash === print.hash,
    )
  )
    return true;
  if (read.length === 0 && size < TELLING_BYTES) return false;
  const file = await openPlain(search.name).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const present = await file.facts();
    if (keyOf(present) !== search.presentKey || present.size < size) return false;
    const isStart = (await readStart(file, start.length)).equals(start);
    return isStart && (await readEnd(file, size)).equals(await readEnd(copy, size));
  } finally {
    await file.close();
  }
}

/** The last bytes before `size`, as many as a fingerprint has. */
async function readEnd(source: ByteSource, size: number): Promise<Buffer> {
  const length = Math.min(size, FINGERPRINT_BYTES);
  const buffer = Buffer.alloc(length);
  const read = await source.read(buffer, length, size - length);
  return buffer.subarray(0, read);
}

function isKeyOfWanted(search: GenerationSearch, facts: Facts): boolean {
  return search.wanted.some((state) => keyOf(state) === keyOf(facts));
}

/** Compression keeps the time of the file: one that was read to its end has another form now. */
function hasTimeOfKnown(search: GenerationSearch, facts: Facts): boolean {
  return search.states.some(
    (state) =>
      state.kind === 'file' &&
      state.name === search.name &&
      !search.wanted.includes(state) &&
      keyOf(state) !== search.presentKey &&
      Math.abs(state.seenMs - facts.mtimeMs) < TIME_SLACK_MS,
  );
}

function pick({ dev, ino, nlink, size, mtimeMs }: Facts): Facts {
  return { dev, ino, nlink, size, mtimeMs };
}
