/**
 * The `soc` command in an image of the stack: it asks the services under the addresses of the settings.
 * What runs the pipeline itself is not in it.
 */
import { parseSettings } from '@mini-soc/model';
import { readTls } from '@mini-soc/service-kit';
import { drain } from '../drain.ts';
import { ASKING_COMMANDS, describeFailure, runCommandLine } from '../run-command-line.ts';

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR2'] as const)
  process.on(name, () => stopping.abort());
// Node would open its debugger.
process.on('SIGUSR1', () => undefined);
process.stdout.on('error', () => process.exit(0));

try {
  const { TLS_CA_FILE = '' } = process.env;
  const { fetch } = await readTls({ ...parseSettings({ TLS_CA_FILE }) }, new Date());
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
      rulesDirectory: '',
      webDirectory: '',
      enricherDirectory: '',
      now: () => new Date(),
      monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
      pid: process.pid,
      ...(fetch === undefined ? {} : { fetch }),
    },
    ASKING_COMMANDS,
  );
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 2;
}
await drain(process.stdout, stopping.signal);
process.exit();
