/** The process of the `soc` command: arguments, environment, streams, signals, exit code. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { isPassing } from '@mini-soc/model';
import { runBackup } from './commands/backup.ts';
import { PARSE_DETAILS, runParse } from './commands/parse.ts';
import { runRestore } from './commands/restore.ts';
import { runUp } from './commands/up.ts';
import { ASKING_COMMANDS, describeFailure, runCommandLine } from './run-command-line.ts';
import type { Commands } from './command.ts';

// A flood's lines live just long enough to be kept for the next full collection, and by default the heap
// may grow to several times what is live before that comes: memory would follow the rate of the logs.
setFlagsFromString('--heap-growing-percent=30');

const COMMANDS: Commands = {
  up: {
    run: runUp,
    help: 'up [--demo] [--logs GLOB …] [--data DIR] [--config FILE]   run the whole pipeline on this machine',
  },
  parse: {
    run: runParse,
    help: 'parse [--format auto|sshd|…]                               lines on standard input → one JSON per line',
    details: PARSE_DETAILS,
  },
  backup: {
    run: runBackup,
    help: 'backup FOLDER [--data DIR] [--config FILE]                 copy all that is kept, also while it runs',
  },
  restore: {
    run: runRestore,
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
process.exit();
