/** A program that a command line runs, however it is wrapped. */
import type { SimpleCommand } from './script.ts';

export interface Invocation {
  /** Name without folder, lower case: `/usr/bin/CURL` is `curl`. */
  readonly program: string;
  /** As it was written. */
  readonly path: string;
  readonly args: readonly string[];
  /** The command it stands in: its redirections, its variables. */
  readonly command: SimpleCommand;
  /** The last program that runs it and is not made for running others as somebody else; '' for none. */
  readonly via: string;
  /** Programs of one pipeline share it; those of different scripts never do. */
  readonly pipeline: number;
  /** Which script it was read from, and its command's place there. */
  readonly script: number;
  readonly place: number;
}

export function startsWith(text: string, start: string): boolean {
  return text.lastIndexOf(start, 0) === 0;
}

/** What stands before a mark; all of it without one. */
export function upTo(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

export function baseName(path: string): string {
  const slash = path.lastIndexOf('/');
  return (slash < 0 ? path : path.slice(slash + 1)).toLowerCase();
}

const VERSIONED =
  /^(python|pypy|perl|ruby|lua|php|node|tclsh|wish|gawk|pip|vim|clang|gcc|irb|julia|guile)[-0-9.]+$/;

/** The name under which facts about a program are kept: `python3.11` is `python`. */
export function programName(path: string): string {
  const name = baseName(path);
  const last = name.charCodeAt(name.length - 1);
  if (last < 48 || last > 57) return name;
  const found = VERSIONED.exec(name);
  return found === null ? name : (found[1] as string);
}
