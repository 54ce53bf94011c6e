/** What the judges of commands write into. */
import type { CommandTrait } from '@mini-soc/model';
import type { Invocation } from './invocation.ts';

export interface Findings {
  readonly runs: readonly Invocation[];
  readonly add: (trait: CommandTrait) => void;
  readonly has: (trait: CommandTrait) => boolean;
}

/** What is said of one program of a command line. */
export type Judge = (run: Invocation, found: Findings) => void;

export function judges(): { [program: string]: Judge } {
  return Object.create(null) as { [program: string]: Judge };
}

function both(first: Judge, second: Judge): Judge {
  return (run, found) => {
    first(run, found);
    second(run, found);
  };
}

/** All tables as one. */
export function joinJudges(tables: readonly { readonly [program: string]: Judge }[]): {
  readonly [program: string]: Judge | undefined;
} {
  const joined = judges();
  for (const table of tables)
    for (const program of Object.keys(table)) judgeEach(joined, program, table[program] as Judge);
  return joined;
}

/** Gives a judge to each of the programs, named with blanks between. */
export function judgeEach(
  table: { [program: string]: Judge },
  programs: string,
  judge: Judge,
): void {
  for (const program of programs.split(' ')) {
    const other = table[program];
    table[program] = other === undefined ? judge : both(other, judge);
  }
}

/** Whether an argument is one of these options, alone or with its value behind `=`. */
export function hasOption(args: readonly string[], options: readonly string[]): boolean {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg.charCodeAt(0) !== 45) continue;
    for (let o = 0; o < options.length; o++) {
      const option = options[o] as string;
      if (arg === option || arg.lastIndexOf(`${option}=`, 0) === 0) return true;
    }
  }
  return false;
}

/** Whether the letters of a short option, such as `-zv`, hold this one. */
export function hasLetter(args: readonly string[], letters: string): boolean {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg.charCodeAt(0) !== 45 || arg.charCodeAt(1) === 45) continue;
    const head = /^-[A-Za-z0-9]{1,12}/.exec(arg);
    if (head === null) continue;
    for (let l = 0; l < letters.length; l++)
      if (head[0].indexOf(letters.charAt(l)) > 0) return true;
  }
  return false;
}

/** The value of an option: behind it, behind `=`, or grown together with a short one. */
export function valueOf(args: readonly string[], options: readonly string[]): string | undefined {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg.charCodeAt(0) !== 45) continue;
    for (let o = 0; o < options.length; o++) {
      const option = options[o] as string;
      if (arg === option) return args[i + 1];
      if (arg.lastIndexOf(option, 0) !== 0) continue;
      if (option.charCodeAt(1) !== 45) return arg.slice(option.length);
      if (arg.charCodeAt(option.length) === 61) return arg.slice(option.length + 1);
    }
  }
  return undefined;
}

/** The first argument of which this is true; '' when there is none. */
export function firstOf(args: readonly string[], test: (arg: string) => boolean): string {
  for (let i = 0; i < args.length; i++) if (test(args[i] as string)) return args[i] as string;
  return '';
}

/** Arguments that are no options. */
export function operands(args: readonly string[]): readonly string[] {
  return args.filter((arg) => arg.charCodeAt(0) !== 45 || arg === '-');
}

/** The programs behind this one in its pipeline. */
export function behind(run: Invocation, runs: readonly Invocation[]): readonly Invocation[] {
  const at = runs.indexOf(run);
  return runs.filter(
    (other, i) => i > at && other.pipeline === run.pipeline && other.place !== run.place,
  );
}

/** The programs before this one in its pipeline. */
export function before(run: Invocation, runs: readonly Invocation[]): readonly Invocation[] {
  const at = runs.indexOf(run);
  return runs.filter(
    (other, i) => i < at && other.pipeline === run.pipeline && other.place !== run.place,
  );
}

/** The programs that have this one as a substitution, `PROGRAM "$(…)"`. */
export function around(run: Invocation, runs: readonly Invocation[]): readonly Invocation[] {
  const owner = run.command.owner;
  return owner < 0
    ? []
    : runs.filter((other) => other.script === run.script && other.place === owner);
}
