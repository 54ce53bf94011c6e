/** Whether the content of a file that is opened is known: it goes on, is a copy of another, or is new. */
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { openPlain } from './byte-source.ts';
import { FINGERPRINT_BYTES, keyOf, type FileState } from './file-state.ts';
import { goOnAt, type FollowedFile } from './followed-file.ts';
import type { OpenFiles } from './open-files.ts';
import { fingerprintOf, hasContentOf, identityBytes, idOf, readStart } from './recognise.ts';
import { findByKey, isGenerationName, type ReadFolder } from './siblings.ts';
import type { StateBook } from './state-book.ts';

export interface RecogniserOptions {
  readonly book: StateBook;
  readonly files: OpenFiles;
  /** Lets go of a file whose place another one has taken. */
  readonly giveUp: (file: FollowedFile) => Promise<void>;
  readonly readFolder: ReadFolder;
  readonly maxLineBytes: number;
}

export interface Recogniser {
  /** The state it goes on with; `copy` when what it has is read elsewhere; undefined when it is new. */
  readonly recognise: (file: FollowedFile, path: string) => Promise<FileState | 'copy' | undefined>;
  /** Reads on where a known content was left, wherever it is now. */
  readonly goOn: (file: FollowedFile, known: FileState) => Promise<void>;
  /** Whether there is a line that makes an identity. */
  readonly hasIdentity: (file: FollowedFile) => Promise<boolean>;
  /** Gives new content its identity. False while it has no line that makes one. */
  readonly identify: (file: FollowedFile, isFinal: boolean) => Promise<boolean>;
}

/** So much alike content at another place is the same log, moved there with all its folder. */
const TELLING_BYTES = 256;

export function createRecogniser(options: RecogniserOptions): Recogniser {
  const { book, files, maxLineBytes } = options;

  /** A file that is read where it is, of which this is the beginning of a copy. */
  const isBeginningOf = async (start: Buffer, size: number, path: string): Promise<boolean> => {
    if (size === 0) return false;
    for (const other of files.byKey.values()) {
      const { state, isRotated } = other;
      if (isRotated || state.id === '' || state.path === path || size > state.offset) continue;
      if (!isRelated(path, state)) continue;
      const same = await readStart(other.source, start.length);
      if (same.equals(start)) return true;
    }
    return false;
  };

  /** The very file of the state is still there, with its content. */
  const isElsewhere = async (state: FileState): Promise<boolean> => {
    const places = await findByKey(
      state.name,
      options.readFolder,
      (facts) => keyOf(facts) === keyOf(state),
    );
    for (const { path, facts } of places) {
      const source = await openPlain(path).catch(() => undefined);
      if (source === undefined) continue;
      try {
        const start = await readStart(source, FINGERPRINT_BYTES);
        if ((await hasContentOf(source, start, facts.size, state, maxLineBytes)) === 'yes')
          return true;
      } finally {
        await source.close();
      }
    }
    return false;
  };

  /** What a file at another place that has all content of the state is to it. */
  const judge = async (state: FileState, path: string): Promise<'same' | 'copy' | 'other'> => {
    const isHere = path === state.path || path === state.name;
    const open = files.byId(state.id);
    if (open !== undefined) {
      if (!isHere) return isRelated(path, state) ? 'copy' : 'other';
      // An editor writes a new file and removes the old one, which nobody else can read to its end.
      if ((await open.source.facts()).nlink > 0) return 'other';
      await options.giveUp(open);
      return 'same';
    }
    if (await isElsewhere(state)) return 'other';
    if (isHere || isRelated(path, state)) return 'same';
    if (state.offset < TELLING_BYTES) return 'other';
    const former = await stat(state.path).catch(() => undefined);
    return former === undefined ? 'same' : 'other';
  };

  return {
    async recognise(file, path) {
      const facts = await file.source.facts();
      const start = await readStart(file.source, FINGERPRINT_BYTES);
      const hashes = new Map<number, string>();
      const hashOf = (length: number): string => {
        const hash = hashes.get(length) ?? fingerprintOf(start, length).hash;
        hashes.set(length, hash);
        return hash;
      };
      const alike = [...book.all()]
        .filter(
          ({ kind, isGzip, fingerprint }) =>
            kind !== 'name' &&
            !isGzip &&
            fingerprint.length > 0 &&
            fingerprint.length <= start.length &&
            hashOf(fingerprint.length) === fingerprint.hash,
        )
        .toSorted(
          (a, b) =>
            Number(keyOf(b) === file.key) - Number(keyOf(a) === file.key) || b.offset - a.offset,
        );
      for (const state of alike) {
        const has = await hasContentOf(file.source, start, facts.size, state, maxLineBytes);
        const isSameFile = keyOf(state) === file.key;
        // Without a mark, as in the records of before, the inode decides.
        const isKnown =
          has === 'yes' || (has === 'start' && isSameFile && facts.size >= state.offset);
        if (!isKnown) continue;
        if (state.kind === 'seen') {
          if (isSameFile) return 'copy';
          continue;
        }
        if (isSameFile && files.byId(state.id) === undefined) return state;
        const verdict = isSameFile ? 'other' : await judge(state, path);
        if (verdict === 'same') return state;
        if (verdict === 'copy') return 'copy';
      }
      return (await isBeginningOf(start, facts.size, path)) ? 'copy' : undefined;
    },
    async goOn(file, known) {
      const { dev, ino, path } = file.state;
      const state = { ...known, path, dev, ino, isDone: false };
      await book.put([state]);
      goOnAt(file, state, maxLineBytes);
    },
    hasIdentity: async (file) => (await identityBytes(file.source, false)) !== undefined,
    async identify(file, isFinal) {
      const start = await identityBytes(file.source, isFinal);
      if (start === undefined) return false;
      let turn = 0;
      while (book.get(idOf(start, file.state, turn)) !== undefined) turn += 1;
      const id = idOf(start, file.state, turn);
      const state = { ...file.state, id, fingerprint: fingerprintOf(start) };
      await book.put([state]);
      file.state = state;
      return true;
    },
  };
}

/** Whether the path is one that a generation of the log may have. */
function isRelated(path: string, { name }: FileState): boolean {
  const [own, other] = [basename(path), basename(name)];
  const isNear =
    dirname(path) === dirname(name) ||
    dirname(dirname(path)) === dirname(name) ||
    dirname(path) === dirname(dirname(name));
  return isNear && (own === other || isGenerationName(other, own) || isGenerationName(own, other));
}
