/** `soc COMMAND`: chooses the command and turns errors into one sentence and exit code 2. */
import { AppError, ConfigError } from '@mini-soc/model';
import { runAlerts } from './commands/alerts.ts';
import { runAudit } from './commands/audit.ts';
import { runBlocked } from './commands/blocked.ts';
import { runStatus } from './commands/status.ts';
import { runTrigger } from './commands/trigger.ts';
import type { CommandContext, Commands } from './command.ts';
import { safeText } from './safe-text.ts';

/** Commands that ask the services, wherever those run. */
export const ASKING_COMMANDS: Commands = {
  alerts: {
    run: runAlerts,
    help: 'alerts [--size N] [--json] [--data DIR]                    what was found',
  },
  blocked: {
    run: runBlocked,
    help: 'blocked [--size N] [--json] [--unblock ADDRESS|all] [--close-breaker] [--data DIR]  blocks in force',
  },
  trigger: {
    run: runTrigger,
    help: 'trigger [--json] [--data DIR]                              run one detection cycle now',
  },
  audit: {
    run: (context) => runAudit(context),
    help: 'audit verify [--json] [--data DIR]                         whether ledger and trail were changed',
  },
  status: {
    run: runStatus,
    help: 'status [--json] [--data DIR]                               state of each part',
  },
};

function helpText(commands: Commands): string {
  const lines = Object.values(commands).map((command) => `  soc ${command.help}`);
  return ['mini-SOC: logs in, alerts and blocks out', '', ...lines, ''].join('\n');
}

/** Runs one command. Resolves to the exit code: 0 fine, 1 findings where asked for, 2 bad usage or input. */
export async function runCommandLine(context: CommandContext, commands: Commands): Promise<number> {
  const [name = 'help', ...rest] = context.argv;
  if (name === 'help' || name === '--help' || name === '-h') {
    context.write(helpText(commands));
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    context.writeError(
      `Unknown command ${safeText(JSON.stringify(name))}: expected one of ${Object.keys(commands).join(', ')}\n`,
    );
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    context.write(`soc ${command.help}\n${(await command.details?.()) ?? ''}`);
    return 0;
  }
  try {
    return await command.run({ ...context, argv: rest });
  } catch (error) {
    context.writeError(`${describeFailure(error)}\n`);
    return 2;
  }
}

/** The operating system's refusals that a person can put right, each with the cure. */
const SYSTEM_FAILURES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full (free space, or choose another folder with --data)',
  EDQUOT: 'the disk quota is used up (free space, or choose another folder with --data)',
  EROFS: 'the disk is read-only (choose another folder with --data)',
  EACCES: 'permission denied (correct the permissions, or choose another folder with --data)',
  EPERM: 'permission denied (correct the permissions, or choose another folder with --data)',
  EMFILE: 'too many open files (raise the limit with ulimit -n)',
};

/** One sentence for a person; the stack only of what should never happen. */
export function describeFailure(error: unknown): string {
  if (error instanceof ConfigError || error instanceof AppError)
    return safeText(error.message, { newlines: true });
  if (!(error instanceof Error)) return `Unexpected failure: ${safeText(String(error))}`;
  const code = 'code' in error ? String(error.code) : '';
  if (code.startsWith('ERR_PARSE_ARGS')) return safeText(error.message);
  const cure = SYSTEM_FAILURES[code];
  if (cure !== undefined) {
    const file = 'path' in error && typeof error.path === 'string' ? error.path : 'the data folder';
    return safeText(`Cannot write to ${file}: ${cure}`);
  }
  return `Unexpected failure: ${safeText(error.stack ?? error.message, { newlines: true })}`;
}
