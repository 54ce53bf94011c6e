/** The process of the `soc` command: arguments, environment, streams, signals, exit code. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPassing } from '@mini-soc/model';
import { ASKING_COMMANDS, describeFailure, runCommandLine } from './run-command-line.ts';
import type { Commands } from './command.ts';
import { drain } from './drain.ts';

// What a command needs is loaded when it runs: who asks for the status waits for no database.
const COMMANDS: Commands = {
  up: {
    run: async (context) => (await import('./commands/up.ts')).runUp(context),
    help: 'up [--demo] [--logs GLOB …] [--data DIR] [--config FILE]   run the whole pipeline on this machine',
  },
  parse: {
    run: async (context) => (await import('./commands/parse.ts')).runParse(context),
    help: 'parse [--format auto|sshd|…]                               lines on standard input → one JSON per line',
    details: async () => (await import('./commands/parse.ts')).PARSE_DETAILS,
  },
  backup: {
    run: async (context) => (await import('./commands/backup.ts')).runBackup(context),
    help: 'backup FOLDER [--data DIR] [--config FILE]                 copy all that is kept, also while it runs',
  },
  restore: {
    run: async (context) => (await import('./commands/restore.ts')).runRestore(context),
    help: 'restore FOLDER [--data DIR] [--config FILE] [--replace]    make a data folder from a backup',
  },
  ...ASKING_COMMANDS,
};

// Both src/main.ts and the bundle dist/soc.js lie two folders below services/, so one path serves both.
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const stopping = new AbortController();
let signals = 0;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) {
  process.on(name, () => {
    signals += 1;
    if (signals > 1) process.exit(130);
    stopping.abort();
  });
}
// Node would open its debugger, in which anybody on this machine may run code as us.
process.on('SIGUSR1', () => {
  process.stderr.write('SIGUSR1 is ignored: no debugger is opened\n');
});
// A reader that went away (`soc alerts | head`) is no error, and a full disk behind it ends nothing.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});
process.stderr.on('error', () => undefined);
process.on('uncaughtException', (error) => {
  process.stderr.write(`${describeFailure(error)}\n`);
  if (!isPassing(error)) process.exit(2);
});

process.exitCode = await runCommandLine(
  {
    argv: process.argv.slice(2),
    variables: process.env,
    stdin: process.stdin,
    write: (text) => process.stdout.write(text),
    drained: () => drain(process.stdout, stopping.signal),
    writeError: (text) => process.stderr.write(text),
    isTerminal: process.stdout.isTTY,
    signal: stopping.signal,
    rulesDirectory: path.join(root, 'rules'),
    webDirectory: path.join(root, 'services/console/dist/web'),
    enricherDirectory: path.join(root, 'services/enricher'),
    now: () => new Date(),
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    pid: process.pid,
    // Node 20.19 says 0 where there is no limit, later ones more than any machine has.
    memoryBytes: process.constrainedMemory() || Number.POSITIVE_INFINITY,
  },
  COMMANDS,
);
await drain(process.stdout, stopping.signal);
process.exit();
