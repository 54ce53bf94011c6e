/** Faults that pass: somebody or something puts them right, and the same call works again. */
import { isRetryable } from './errors.ts';

/** Codes of the operating system, each with what would help. */
const PASSING: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full (free some space)',
  EDQUOT: 'the disk quota is used up (free some space)',
  EROFS: 'the disk is read-only (make it writable, or choose another folder with --data)',
  EACCES: 'permission denied (correct the permissions, or choose another folder with --data)',
  EPERM: 'permission denied (correct the permissions, or choose another folder with --data)',
  EMFILE: 'too many open files (raise the limit with ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  ENOMEM: 'memory is short (give it more)',
  EAGAIN: 'the machine lacks something at present (memory, threads)',
};

/** How deep causes are looked at. */
const MAX_DEPTH = 8;

/** What a fault of the operating system means and what would help; undefined when it is none that passes. */
export function describePassing(error: unknown): string | undefined {
  let present = error;
  for (let depth = 0; depth < MAX_DEPTH && present instanceof Error; depth += 1) {
    // A port that may not be opened stays one.
    if ('code' in present && !('syscall' in present && present.syscall === 'listen')) {
      const meaning = PASSING[String(present.code)];
      if (meaning !== undefined) return meaning;
    }
    present = present.cause;
  }
  return undefined;
}

/** True when waiting helps: it says so itself, or a fault of the operating system that passes is its cause. */
export function isPassing(error: unknown): boolean {
  return isRetryable(error) || describePassing(error) !== undefined;
}
