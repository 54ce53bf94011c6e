/** The files that are open, what was said of files, and which of them need no poll. */
import { LIMITS, messageOf, type LimitListener } from '@mini-soc/model';
import type { Facts } from './byte-source.ts';
import type { FollowedFile } from './followed-file.ts';

export interface OpenFiles {
  /** By device and inode. */
  readonly byKey: Map<string, FollowedFile>;
  readonly ids: () => ReadonlySet<string>;
  readonly byId: (id: string) => FollowedFile | undefined;
  /** Whether another may be opened; says so when not. */
  readonly hasRoom: (path: string) => boolean;
  /** Lets go of a file; the next poll opens it again if it is to be read. */
  readonly close: (file: FollowedFile) => Promise<void>;
  /** Says a sentence about a file unless it was the last one. False when it was said before. */
  readonly complain: (path: string, sentence: string) => boolean;
  readonly complainOfReading: (path: string, error: unknown) => void;
  readonly isWell: (path: string) => void;
  /** A file is not looked at as long as it looks as it does. */
  readonly skip: (key: string, facts: Facts) => void;
  readonly isSkipped: (key: string, facts: Facts) => boolean;
}

const MAX_FILES = LIMITS.files_followed.value;

export function createOpenFiles(
  onProblem: (sentence: string) => void,
  onLimit: LimitListener,
): OpenFiles {
  const byKey = new Map<string, FollowedFile>();
  const problems = new Map<string, string>();
  const skipped = new Map<string, string>();
  const signatureOf = ({ size, mtimeMs }: Facts): string => `${size}:${mtimeMs}`;
  const complain = (path: string, sentence: string): boolean => {
    if (problems.get(path) === sentence) return false;
    problems.set(path, sentence);
    onProblem(sentence);
    return true;
  };
  return {
    byKey,
    ids: () => new Set([...byKey.values()].map(({ state }) => state.id)),
    byId: (id) => [...byKey.values()].find(({ state }) => state.id === id),
    hasRoom(path) {
      if (byKey.size < MAX_FILES) return true;
      if (complain(path, `Cannot follow "${path}": ${MAX_FILES} files are followed already`))
        onLimit('files_followed');
      return false;
    },
    async close(file) {
      byKey.delete(file.key);
      await file.source.close().catch(() => undefined); // it may be broken
    },
    complain,
    complainOfReading(path, error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      const isDenied = code === 'EACCES' || code === 'EPERM';
      complain(path, `Cannot read "${path}": ${isDenied ? 'permission denied' : messageOf(error)}`);
    },
    isWell: (path) => void problems.delete(path),
    skip: (key, facts) => void skipped.set(key, signatureOf(facts)),
    isSkipped: (key, facts) => skipped.get(key) === signatureOf(facts),
  };
}
