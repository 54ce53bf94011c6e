/**
 * Script → the programs that it runs: wrappers are taken off, and what is handed to a shell as text (`sh -c`,
 * `eval`, `su -c`, `ssh host …`, a here-document, the output of `echo`) is read as a script of its own. How
 * deep, how many and how much text is bounded; beyond it, `isWhole` is false.
 */
import { LIMITS } from '@mini-soc/model/limits';
import { programName, type Invocation } from './invocation.ts';
import { readScript } from './read-script.ts';
import type { SimpleCommand } from './script.ts';
import { commandAt, WRAPPERS } from './wrappers.ts';
import { wordTable } from './word-table.ts';

const MAX_COMMANDS = LIMITS.command_parts.value;
const MAX_DEPTH = LIMITS.command_depth.value;
const MAX_WRAPPERS = 12;
/** Text read again, as a multiple of the longest command line. */
const MAX_TEXT = LIMITS.field_characters.value * 4;

export const SHELLS = wordTable(
  'sh bash dash ash zsh ksh mksh pdksh ksh93 lksh csh tcsh fish rbash sash yash posh elvish rc hush lsh nu xonsh bash-static pwsh',
);
/** Programs whose option -c is a script for a shell. */
const SCRIPT_OPTION = wordTable('su runuser sg script flock pkexec lxc-attach');
const REMOTE_VALUES = 'BbcDEeFIiJLlmOopQRSWw';

export interface Expansion {
  readonly invocations: Invocation[];
  isWhole: boolean;
}

interface Work extends Expansion {
  scripts: number;
  text: number;
}

/** Everything that a command line runs, in its order. */
export function expandScript(text: string): Expansion {
  const work: Work = { invocations: [], isWhole: true, scripts: 0, text: 0 };
  expandText(work, text, '', MAX_DEPTH);
  return work;
}

function expandText(work: Work, text: string, via: string, depth: number): void {
  work.text += text.length;
  if (depth <= 0 || work.text > MAX_TEXT) {
    work.isWhole = false;
    return;
  }
  const script = readScript(text);
  if (!script.isWhole) work.isWhole = false;
  const number = work.scripts++;
  for (let i = 0; i < script.commands.length; i++) {
    const command = script.commands[i] as SimpleCommand;
    const words: string[] = [];
    for (let w = 0; w < command.words.length; w++)
      words.push((command.words[w] as { text: string }).text);
    expandWords(work, words, command, { script: number, place: i, via: via }, depth);
  }
}

interface Where {
  readonly script: number;
  readonly place: number;
  readonly via: string;
}

function expandWords(
  work: Work,
  given: readonly string[],
  command: SimpleCommand,
  where: Where,
  depth: number,
): void {
  let words = given;
  let via = where.via;
  for (let level = 0; level < MAX_WRAPPERS; level++) {
    const path = words.length === 0 ? '' : (words[0] as string);
    const program = programName(path);
    const args = words.slice(1);
    if (work.invocations.length >= MAX_COMMANDS) {
      work.isWhole = false;
      return;
    }
    if (path === '' && command.assignments.length === 0 && command.redirections.length === 0)
      return;
    work.invocations.push({
      program: program,
      path: path,
      args: args,
      command: command,
      via: via,
      pipeline: where.script * 1000 + command.pipeline,
      script: where.script,
      place: where.place,
    });
    expandTexts(
      work,
      program,
      args,
      command,
      { script: where.script, place: where.place, via: via },
      depth,
    );
    const wrapper = WRAPPERS[program];
    if (wrapper === undefined) return;
    const at = commandAt(wrapper, args);
    if (at < 0) return;
    if (!wrapper.isPlain) via = program;
    words = args.slice(at);
  }
  work.isWhole = false;
}

/** What a program is handed as text for a shell, or as a command among its arguments. */
function expandTexts(
  work: Work,
  program: string,
  args: readonly string[],
  command: SimpleCommand,
  where: Where,
  depth: number,
): void {
  if (SHELLS[program] === true) {
    const at = optionWith(args, 'c', 0);
    if (at >= 0) expandText(work, scriptAt(args, at + 1, command), where.via, depth - 1);
    else expandInput(work, command, where, depth);
    return;
  }
  if (SCRIPT_OPTION[program] === true) {
    const at = optionWith(args, 'c', 2);
    const long = longValue(args, '--command');
    const via = program === 'flock' ? program : where.via;
    if (at >= 0 && at + 1 < args.length) expandText(work, args[at + 1] as string, via, depth - 1);
    else if (long !== undefined) expandText(work, long, via, depth - 1);
    else if (program === 'runuser')
      expandAfter(work, { values: 'ugGlswP', positional: 0 }, args, command, where, depth);
    return;
  }
  switch (program) {
    case 'eval':
    case 'watch':
      if (args.length > 0) {
        const at =
          program === 'eval' ? 0 : commandAt({ values: 'n', positional: 0, isPlain: false }, args);
        if (at >= 0)
          expandText(
            work,
            args.slice(at).join(' '),
            program === 'watch' ? 'watch' : where.via,
            depth - 1,
          );
      }
      return;
    case 'ssh':
    case 'chroot': {
      const isRemote = program === 'ssh';
      const at = commandAt(
        { values: isRemote ? REMOTE_VALUES : '', positional: 1, isPlain: true },
        args,
      );
      if (at < 0) return;
      if (isRemote) expandText(work, args.slice(at).join(' '), where.via, depth - 1);
      else expandWords(work, args.slice(at), command, where, depth - 1);
      return;
    }
    case 'find':
      return expandFind(work, args, command, where, depth);
    case 'nsenter':
    case 'ip':
      return expandNamespace(work, program, args, command, where, depth);
    case 'docker':
    case 'podman':
    case 'nerdctl':
    case 'kubectl':
      return expandContainer(work, args, command, where, depth);
  }
}

function expandAfter(
  work: Work,
  wrapper: { readonly values: string; readonly positional: number },
  args: readonly string[],
  command: SimpleCommand,
  where: Where,
  depth: number,
): void {
  const at = commandAt(
    { values: wrapper.values, positional: wrapper.positional, isPlain: true },
    args,
  );
  if (at >= 0 && depth > 0) expandWords(work, args.slice(at), command, where, depth - 1);
}

/** `-exec … ;`, also when sudo's log has lost the backslash and the shell's grammar ends the command there. */
function expandFind(
  work: Work,
  args: readonly string[],
  command: SimpleCommand,
  where: Where,
  depth: number,
): void {
  for (let i = 0; i < args.length; i++) {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(args[i] as string)) continue;
    let end = i + 1;
    while (end < args.length && args[end] !== ';' && args[end] !== '+') end++;
    if (depth > 0)
      expandWords(
        work,
        args.slice(i + 1, end),
        command,
        { script: where.script, place: where.place, via: 'find' },
        depth - 1,
      );
    i = end;
  }
}

/** `nsenter … COMMAND`, `ip netns exec NAME COMMAND`. */
function expandNamespace(
  work: Work,
  program: string,
  args: readonly string[],
  command: SimpleCommand,
  where: Where,
  depth: number,
): void {
  const inner: Where = { script: where.script, place: where.place, via: program };
  if (program === 'nsenter')
    return expandAfter(work, { values: 'tSGrw', positional: 0 }, args, command, inner, depth);
  const at = args.indexOf('exec');
  if (at >= 1 && args[at - 1] === 'netns')
    expandAfter(work, { values: '', positional: 0 }, args.slice(at + 2), command, inner, depth);
}

/** `docker exec NAME COMMAND`, `kubectl exec NAME -- COMMAND`. What runs in a container is no way around sudo. */
function expandContainer(
  work: Work,
  args: readonly string[],
  command: SimpleCommand,
  where: Where,
  depth: number,
): void {
  const at = args.indexOf('exec');
  if (at < 0) return;
  const rest = args.slice(at + 1);
  const dashes = rest.indexOf('--');
  if (dashes >= 0)
    expandAfter(work, { values: '', positional: 0 }, rest.slice(dashes + 1), command, where, depth);
  else expandAfter(work, { values: 'euwnc', positional: 1 }, rest, command, where, depth);
}

/** A shell without a script reads what it is given: a here-document, a here-string, the output of `echo`. */
function expandInput(work: Work, command: SimpleCommand, where: Where, depth: number): void {
  for (let i = 0; i < command.redirections.length; i++) {
    const redirection = command.redirections[i] as { operator: string; target: string };
    if (redirection.operator === '<<<' || redirection.operator === '<<')
      expandText(work, redirection.target, where.via, depth - 1);
  }
  for (let i = work.invocations.length - 2; i >= 0; i--) {
    const before = work.invocations[i] as Invocation;
    if (
      before.script !== where.script ||
      before.pipeline !== where.script * 1000 + command.pipeline
    )
      return;
    if (before.program === 'echo' || before.program === 'printf') {
      expandText(work, before.args.join(' '), where.via, depth - 1);
      return;
    }
  }
}

/** Place of the option whose letters hold this one, such as `-lc`, with at most `skip` other arguments before it; else -1. */
export function optionWith(args: readonly string[], letter: string, skip: number): number {
  let others = 0;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const first = arg.charCodeAt(0);
    if ((first !== 45 && first !== 43) || arg.length < 2) {
      if (arg !== '-' && ++others > skip) return -1;
    } else if (arg === '-o' || arg === '+o' || arg === '-O' || arg === '+O') i++;
    else if (/^-[A-Za-z]+$/.test(arg) && arg.indexOf(letter) > 0) return i;
  }
  return -1;
}

function longValue(args: readonly string[], name: string): string | undefined {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === name) return args[i + 1];
    if (arg.lastIndexOf(`${name}=`, 0) === 0) return arg.slice(name.length + 1);
  }
  return undefined;
}

/** The text of a script: one word when it was quoted, else all that follows, since sudo's log joined them. */
function scriptAt(args: readonly string[], at: number, command: SimpleCommand): string {
  if (at >= args.length) return '';
  const text = args[at] as string;
  const words = command.words;
  const word = words[words.length - args.length + at];
  return word !== undefined && word.isQuoted ? text : args.slice(at).join(' ');
}
