/** Shells and interpreters: which run what they read, and which are there for a person. */
import { optionWith, SHELLS } from './expand.ts';
import { startsWith, type Invocation } from './invocation.ts';
import { wordTable } from './word-table.ts';

const INTERPRETERS = wordTable(
  'python pypy perl ruby php node nodejs lua tclsh osascript deno bun pwsh julia',
);

/** Whether it runs the text that it reads from standard input or, as a file, from its argument. */
export function readsItsScript(run: Invocation): boolean {
  if (SHELLS[run.program] !== true && INTERPRETERS[run.program] !== true) return false;
  for (let i = 0; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    if (arg === '-' || arg === '/dev/stdin' || arg === '-s' || arg === '--') return true;
    if (/^-[A-Za-z]*[ceEr]$/.test(arg)) return SHELLS[run.program] === true && arg.indexOf('c') < 0;
    if (startsWith(arg, '-m')) return false;
    if (arg.charCodeAt(0) !== 45 && arg.charCodeAt(0) !== 43) return false;
  }
  return true;
}

export function isInterpreter(program: string): boolean {
  return SHELLS[program] === true || INTERPRETERS[program] === true;
}

/** A shell without a script: for a person to type into. */
export function isInteractiveShell(run: Invocation): boolean {
  if (SHELLS[run.program] !== true || optionWith(run.args, 'c', 0) >= 0) return false;
  for (let i = 0; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    if (arg === '-s' || arg === '-i') return true;
    if (arg.charCodeAt(0) !== 45 && arg.charCodeAt(0) !== 43) return false;
  }
  for (let i = 0; i < run.command.redirections.length; i++) {
    const redirection = run.command.redirections[i] as { operator: string; target: string };
    if (redirection.operator.charAt(0) !== '<') continue;
    if (redirection.operator === '<<' || redirection.operator === '<<<') return false;
    if (!/^(?:&?[0-9]|\/dev\/tty|\$\(tty\).*)$/.test(redirection.target)) return false;
  }
  return true;
}
