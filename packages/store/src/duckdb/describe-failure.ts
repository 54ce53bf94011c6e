/**
 * What DuckDB's messages mean for a person. Its errors have no codes, so they are told apart by words
 * that were taken from real failures (describe-failure.test.ts has them): the first line of the table
 * that matches decides.
 */
import { messageOf, StoreError, UsageError } from '@mini-soc/model';

/** `passes`: the same call works again when somebody or something puts it right. */
interface Meaning {
  readonly pattern: RegExp;
  readonly code: 'STORE_DISK_FULL' | 'STORE_FAILED' | 'STORE_BROKEN';
  readonly passes: boolean;
  /** Follows `Cannot open "FILE": `, or `Cannot use "FILE": `. */
  readonly sentence: (file: string) => string;
  /** DuckDB's own words are added. */
  readonly isQuoted?: boolean;
}

const AFRESH =
  'start again: logs that are still there are read again from their start, blocks and answers stay in the ledger';

const MEANINGS: readonly Meaning[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/i,
    code: 'STORE_DISK_FULL',
    passes: true,
    sentence: () => 'the disk is full (free some space: it goes on by itself)',
  },
  {
    pattern: /Read-only file system/i,
    code: 'STORE_FAILED',
    passes: true,
    sentence: () => 'the disk is read-only (make it writable: it goes on by itself)',
  },
  {
    pattern: /Permission denied|Operation not permitted/i,
    code: 'STORE_FAILED',
    passes: true,
    sentence: () => 'permission denied (correct the permissions: it goes on by itself)',
  },
  {
    pattern: /Too many open files/i,
    code: 'STORE_FAILED',
    passes: true,
    sentence: () => 'too many open files (raise the limit with ulimit -n)',
  },
  {
    pattern: /Out of Memory Error|failed to (?:offload|pin)|Cannot allocate memory|std::bad_alloc/i,
    code: 'STORE_FAILED',
    passes: true,
    sentence: () => 'memory is short (give it more: it goes on by itself)',
    isQuoted: true,
  },
  {
    pattern: /Could not set lock on file|being used by another process/i,
    code: 'STORE_BROKEN',
    passes: false,
    sentence: () =>
      'it is in use by another process (stop that one, or name another data folder with --data)',
  },
  {
    pattern: /Is a directory/i,
    code: 'STORE_BROKEN',
    passes: false,
    sentence: (file) => `"${file}" or "${file}.wal" is a folder (move it away)`,
  },
  {
    pattern: /database file with version number|newer version of DuckDB|we can only read versions/i,
    code: 'STORE_BROKEN',
    passes: false,
    sentence: () =>
      'it was written by another version of DuckDB (start the version of mini-SOC that wrote it)',
    isQuoted: true,
  },
  {
    pattern: /Corrupt WAL file|replaying WAL file/i,
    code: 'STORE_BROKEN',
    passes: false,
    sentence: (file) =>
      `its newest changes, in "${file}.wal", are damaged or of another database (move that one file away and start again: what it held is read again from the logs)`,
    isQuoted: true,
  },
  {
    pattern:
      /Corrupt database file|does not match stored checksum|Could not read enough bytes|not a valid DuckDB database|Serialization Error|Failed to deserialize|Failed to load metadata|sqlite_scanner|Input\/output error|cut short/i,
    code: 'STORE_BROKEN',
    passes: false,
    sentence: (file) =>
      `the database is damaged (move it away together with "${file}.wal" and ${AFRESH})`,
    isQuoted: true,
  },
];

/** True when DuckDB has no memory left for a write: what it holds is free only with a fresh connection. */
export function isOutOfMemory(error: unknown): boolean {
  return /Out of Memory Error|failed to (?:offload|pin)/i.test(messageOf(error));
}

/** True when DuckDB does not take anything more on this connection: a fresh one is needed. */
export function isInvalidated(error: unknown): boolean {
  return /FATAL|has been invalidated|must be restarted|Detach and reattach/i.test(messageOf(error));
}

/**
 * Why a database cannot be opened. UsageError when only a person can put it right; StoreError,
 * retryable, when the same call may succeed later.
 */
export function describeOpening(path: string, cause: unknown): UsageError | StoreError {
  if (cause instanceof UsageError || cause instanceof StoreError) return cause;
  const meaning = meaningOf(cause);
  const message = `Cannot open "${path}": ${describe(meaning, path, cause)}`;
  if (meaning?.passes === true)
    return new StoreError(meaning.code, message, { cause, retryable: true });
  return new UsageError(message, { cause });
}

/** Why a call on an open database failed; what is no failure of the database comes back as it is. */
export function describeFailure(path: string, cause: unknown): unknown {
  if (
    cause instanceof StoreError ||
    cause instanceof UsageError ||
    cause instanceof RangeError ||
    cause instanceof TypeError
  )
    return cause;
  const meaning = meaningOf(cause);
  return new StoreError(
    meaning?.code ?? 'STORE_FAILED',
    `Cannot use "${path}": ${describe(meaning, path, cause)}`,
    { cause, retryable: meaning?.passes ?? true },
  );
}

function meaningOf(cause: unknown): Meaning | undefined {
  const text = messageOf(cause);
  return MEANINGS.find(({ pattern }) => pattern.test(text));
}

function describe(meaning: Meaning | undefined, path: string, cause: unknown): string {
  const said = firstLine(messageOf(cause));
  if (meaning === undefined) return said;
  return meaning.isQuoted === true ? `${meaning.sentence(path)}: ${said}` : meaning.sentence(path);
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).slice(0, 300);
}
