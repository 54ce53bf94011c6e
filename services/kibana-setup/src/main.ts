/** The process that sets Kibana up: settings from the environment, one run, an exit code. */
import { readFileSync } from 'node:fs';
import { AppError, messageOf, parseSettings, UsageError } from '@mini-soc/model';
import { createLogger } from '@mini-soc/service-kit';
import { describeReport, INDICES, setUpKibana } from './app.ts';

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort());

function readCa(file: string): string | undefined {
  if (file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`Cannot read KIBANA_CA_FILE "${file}": ${messageOf(cause)}`, { cause });
  }
}

try {
  const settings = parseSettings(process.env);
  const report = await setUpKibana({
    address: {
      url: settings.KIBANA_URL,
      space: settings.KIBANA_SPACE,
      apiKey: settings.KIBANA_API_KEY,
      username: settings.KIBANA_USERNAME,
      password: settings.KIBANA_PASSWORD,
      ca: readCa(settings.KIBANA_CA_FILE),
    },
    installation: {
      indices: INDICES,
      consoleUrl: settings.CONSOLE_PUBLIC_URL,
      graphUrl: settings.GRAPH_PUBLIC_URL,
    },
    waitMs: settings.KIBANA_WAIT,
    logger: createLogger({ name: 'kibana-setup', level: settings.LOG_LEVEL }),
    now: () => new Date(),
    signal: stopping.signal,
  });
  process.stdout.write(`${describeReport(report)}\n`);
} catch (error) {
  const text = stopping.signal.aborted
    ? 'The set-up of Kibana was stopped before its end: start it again, it goes on where it stopped'
    : error instanceof AppError
      ? error.message
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 2;
}
