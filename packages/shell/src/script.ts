/** What a command line is made of, as far as rules ask for it: simple commands and how they hang together. */

/** A word of a command, quotes and escapes resolved; `start` and `end` are its place in the text it was read from. */
export interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly start: number;
  readonly end: number;
}

/** `operator` is one of < > >> >| <> <& >& &> &>> << <<<; `target` a file, a descriptor or, of << and <<<, the text. */
export interface Redirection {
  readonly operator: string;
  readonly descriptor: string;
  readonly target: string;
}

/**
 * One simple command. Those of one pipeline share `pipeline`. `owner` is the place in the list of the command
 * that has this one as a substitution, -1 where there is none; `isFile` says that it stands there as a file, `<(…)`.
 */
export interface SimpleCommand {
  readonly words: Word[];
  readonly assignments: string[];
  readonly redirections: Redirection[];
  pipeline: number;
  readonly owner: number;
  readonly isFile: boolean;
  /** The name of the program was written so that nobody finds it: quotes within it, parts out of variables. */
  isDisguised: boolean;
  /** Behind a `!`: in many programs this starts what follows. */
  isNegated: boolean;
  readonly start: number;
}

export interface Script {
  readonly commands: readonly SimpleCommand[];
  /** False when a bound was reached: there is more than was read. */
  readonly isWhole: boolean;
}
