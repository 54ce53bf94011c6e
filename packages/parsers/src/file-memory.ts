/** What earlier lines of a log file told, as far as it says what a later one means. */
import { LIMITS } from '@mini-soc/model/limits';
import type { AuditEvent } from './audit-record.ts';
import type { Pieces } from './container-line.ts';
import { createRemembered, type Remembered } from './remembered.ts';
import { createSshAttempts, type SshAttempts } from './ssh-attempts.ts';
import { createSudoStarts, type SudoStarts } from './sudo-starts.ts';
import type { TimeContext } from './timestamp.ts';

/** What is one thing and stands in several lines: without it each of them tells its part alone. */
export interface FileMemory {
  /** By host and serial number. */
  readonly audit: Remembered<AuditEvent>;
  /** Lines of a container that came in part so far. */
  readonly pieces: Pieces;
  /** Addresses of the clients of PostgreSQL, by host and process. */
  readonly peers: Remembered<string>;
  /** These change what a line means; absent where it is not known whether all lines are of one file. */
  readonly ssh?: SshAttempts;
  readonly sudo?: SudoStarts;
}

/** What the parser of a message or a line knows beside it. */
export interface ReadContext extends TimeContext {
  /** What earlier lines of the same file told; without it each line stands for itself. */
  readonly memory?: FileMemory;
}

/** For lines of which it is not known whether they are of one file: they are joined, but none changes another's meaning. */
export function createRecordMemory(): FileMemory {
  return {
    audit: createRemembered(LIMITS.audit_events.value),
    pieces: {},
    peers: createRemembered(LIMITS.database_peers.value),
  };
}

export function createFileMemory(): Required<FileMemory> {
  const records = createRecordMemory();
  return {
    audit: records.audit,
    pieces: records.pieces,
    peers: records.peers,
    ssh: createSshAttempts(),
    sudo: createSudoStarts(),
  };
}
