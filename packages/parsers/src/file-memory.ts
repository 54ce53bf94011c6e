/** What earlier lines of a log file told, as far as it says what a later one means. */
import { createSshAttempts, type SshAttempts } from './ssh-attempts.ts';
import { createSudoStarts, type SudoStarts } from './sudo-starts.ts';

export interface FileMemory {
  readonly ssh: SshAttempts;
  readonly sudo: SudoStarts;
}

export function createFileMemory(): FileMemory {
  return { ssh: createSshAttempts(), sudo: createSudoStarts() };
}
