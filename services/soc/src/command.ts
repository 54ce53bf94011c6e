/** What a command of `soc` is, and what it is given. */
import type { Readable } from 'node:stream';
import type { Fetch } from '@mini-soc/service-kit';
import type { ProcessFacts } from './process-facts.ts';

/** Everything a command may touch of the process. */
export interface CommandContext extends ProcessFacts {
  readonly argv: readonly string[];
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly write: (text: string) => boolean;
  /** Resolves when what was written has gone out, or Ctrl-C was pressed: nothing may be written faster than it is read. */
  readonly drained: () => Promise<void>;
  readonly writeError: (text: string) => boolean;
  readonly isTerminal: boolean;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Another way to the services than the global fetch. */
  readonly fetch?: Fetch;
}

export interface Command {
  readonly run: (context: CommandContext) => Promise<number>;
  readonly help: string;
  /** Lines below it, when this command alone is asked about. */
  readonly details?: () => Promise<string>;
}

export type Commands = Readonly<Record<string, Command>>;
