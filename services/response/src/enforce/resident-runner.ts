/**
 * Starts programs through a small process that is started once. Whoever starts a program is copied for
 * a moment: of a process of 250 MB that takes 15 ms, in which it does nothing else, and a block waits.
 * The small process is a shell that reads the words of a command, one a line, and starts exactly those:
 * no word is ever read as shell text (K14).
 */
import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { LIMITS } from '@mini-soc/model';
import { CommandError, describeExit, ENVIRONMENT, type RunCommand } from './run-command.ts';

/** $1 is a word that no program knows: it marks the end of an answer. */
const SCRIPT = `while IFS= read -r left; do
  set -- "$1"
  while [ "$left" -gt 0 ]; do
    IFS= read -r word || exit
    set -- "$@" "$word"
    left=$((left - 1))
  done
  mark=$1
  shift
  said=$("$@" 2>&1 </dev/null)
  printf '%s\\n%s %s\\n' "$said" "$mark" "$?"
  set -- "$mark"
done`;

const TIMEOUT_MS = LIMITS.firewall_call_ms.value;
/** A shell reads a character at a time: what is longer is started by ourselves. */
const MOST_CHARACTERS = 4096;
const ANSWER_CHARACTERS = 65_536;

type Shell = ChildProcessByStdio<Writable, Readable, null>;

export interface ResidentOptions {
  /** For what cannot be given to the shell, and where there is none. */
  readonly run: RunCommand;
  readonly timeoutMs?: number;
  /** Default `/bin/sh`. */
  readonly shell?: string;
}

/** Standard output and errors of the program are one text here. */
export function createResidentRunner(options: ResidentOptions): RunCommand {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  let shell: Shell | undefined;
  let mark = '';
  let last: Promise<unknown> = Promise.resolve();
  /** False when no shell could be started: then it is done without. */
  let canStart = true;

  const start = (): Shell => {
    mark = randomBytes(16).toString('hex');
    const started = spawn(options.shell ?? '/bin/sh', ['-c', SCRIPT, 'sh', mark], {
      env: ENVIRONMENT,
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true, // a group of its own, so that what hangs is ended with it
    });
    // It ends with its input, at the latest when we end; until then it keeps nobody alive.
    started.unref();
    for (const stream of [started.stdin, started.stdout])
      if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
    const gone = (): void => {
      if (shell === started) shell = undefined;
    };
    started.on('exit', gone).on('error', () => {
      canStart = false;
      gone();
    });
    started.stdin.on('error', gone);
    return started;
  };

  const ask = (present: Shell, program: string, words: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      const end = `\n${mark} `;
      const finish = (outcome: string | Error): void => {
        clearTimeout(timer);
        present.stdout.off('data', onData);
        present.off('exit', onExit).off('error', onExit);
        if (typeof outcome === 'string') resolve(outcome);
        else reject(outcome);
      };
      const fail = (said: string): void => {
        shell = undefined;
        endGroup(present, options.run);
        finish(new CommandError(program, 'failed', said));
      };
      const onExit = (): void => fail('lost the shell that starts it');
      const onData = (chunk: Buffer): void => {
        text += chunk.toString('latin1');
        const at = text.lastIndexOf(end);
        const code = at < 0 ? null : /^(\d+)\n$/.exec(text.slice(at + end.length));
        if (code !== null) {
          const said = text.slice(0, at);
          finish(code[1] === '0' ? said : describeExit(program, Number(code[1]), said));
        } else if (text.length > ANSWER_CHARACTERS) fail('answered with too much');
      };
      const timer = setTimeout(() => fail(`did not answer within ${timeoutMs} ms`), timeoutMs);
      present.on('exit', onExit).on('error', onExit);
      present.stdout.on('data', onData);
      present.stdin.write(`${words.length}\n${words.join('\n')}\n`);
    });

  shell = start();
  return (program, parameters, input) => {
    const words = [program, ...parameters];
    const length = words.reduce((sum, word) => sum + word.length + 1, 0);
    if (
      input !== undefined ||
      length > MOST_CHARACTERS ||
      words.some((word) => /[\n\0]/.test(word))
    )
      return options.run(program, parameters, input);
    const turn = last.then(async () => {
      if (!canStart) return options.run(program, parameters);
      shell ??= start();
      try {
        return await ask(shell, program, words);
      } catch (error) {
        if (canStart) throw error;
        return options.run(program, parameters);
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Ends the shell and what it has started. */
function endGroup(shell: Shell, run: RunCommand): void {
  if (shell.pid === undefined) return;
  // It may have ended already.
  run('/bin/sh', ['-c', 'kill -9 "-$1"', 'sh', String(shell.pid)]).catch(() => undefined);
}
