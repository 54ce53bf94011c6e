/**
 * Starts a firewall's program: an argument list, no shell, input on standard input, a time limit, a
 * bounded answer, and nothing of our own environment.
 */
import { execFile } from 'node:child_process';
import { AppError, LIMITS } from '@mini-soc/model';

/** Resolves to standard output. Throws CommandError. */
export type RunCommand = (
  program: string,
  parameters: readonly string[],
  input?: string,
) => Promise<string>;

/** `missing`: there is no such program · `denied`: it lacks a right · `failed`: all else. */
export type CommandFailure = 'missing' | 'denied' | 'failed';

export class CommandError extends AppError {
  readonly failure: CommandFailure;
  /** What the program said, on one line and bounded. */
  readonly said: string;
  constructor(program: string, failure: CommandFailure, said: string) {
    super('FIREWALL_FAILED', `Cannot change the firewall: ${program} ${said}`, { retryable: true });
    this.failure = failure;
    this.said = `${program} ${said}`;
  }
}

const TIMEOUT_MS = LIMITS.firewall_call_ms.value;
const ANSWER_BYTES = LIMITS.firewall_answer_bytes.value;
const SHOWN = 200;
export const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

export const runCommand: RunCommand = (program, parameters, input) =>
  new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...parameters],
      {
        env: ENVIRONMENT,
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: ANSWER_BYTES,
        shell: false,
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(toCommandError(program, error, stderr));
      },
    );
    // A program that ends before it has read everything says why by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });

function toCommandError(
  program: string,
  error: Error & { readonly code?: unknown; readonly killed?: boolean },
  stderr: string,
): CommandError {
  if (error.code === 'ENOENT') return new CommandError(program, 'missing', 'is not installed');
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return new CommandError(program, 'failed', `answered with more than ${ANSWER_BYTES} bytes`);
  if (error.killed === true)
    return new CommandError(program, 'failed', `did not answer within ${TIMEOUT_MS} ms`);
  return describeExit(program, error.code, stderr);
}

/** Why a program failed, of its exit code (or what kept it from starting) and what it said. */
export function describeExit(program: string, code: unknown, text: string): CommandError {
  // 126 and 127 are what a shell says of a program that it cannot start.
  if (code === 127) return new CommandError(program, 'missing', 'is not installed');
  const said = text
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, SHOWN);
  const isDenied =
    code === 'EACCES' ||
    code === 126 ||
    /operation not permitted|permission denied|must be root|need to be root/i.test(text);
  return new CommandError(
    program,
    isDenied ? 'denied' : 'failed',
    said === '' ? `ended with ${String(code)}` : `said "${said}"`,
  );
}
