/**
 * With `log_exit_status` sudo writes the line of a command again when it ends. The second is no execution of its own,
 * but only where the first was seen: whoever types the words of an ending does not hide a command.
 */
import { LIMITS } from '@mini-soc/model/limits';
import type { Draft } from './draft.ts';

/** Starts whose end may still come, a ring. */
export interface SudoStarts {
  readonly starts: (string | undefined)[];
  next: number;
}

const MOST = LIMITS.sudo_starts.value;

export function createSudoStarts(): SudoStarts {
  return { starts: [], next: 0 };
}

/** Remembers the start of a command; its end becomes a `sudo_event`. */
export function tellSudo(draft: Draft, memory: SudoStarts): void {
  if (draft.action !== 'command_execution' || draft.status !== 'executed') return;
  const start = JSON.stringify([
    draft.hostname,
    draft.pid,
    draft.username,
    draft.target_user,
    draft.command,
  ]);
  if (draft.extra === undefined || draft.extra['exit'] === undefined) {
    memory.starts[memory.next] = start;
    memory.next = (memory.next + 1) % MOST;
    return;
  }
  const at = memory.starts.indexOf(start);
  if (at < 0) return;
  memory.starts[at] = undefined;
  draft.action = 'sudo_event';
  draft.status = 'info';
}
