/** The process of the log generator: settings from the environment, runs until it is told to stop. */
import { AppError, parseSettings } from '@mini-soc/model';
import { runGenerator } from './run-generator.ts';

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort());
try {
  const settings = parseSettings(process.env);
  await runGenerator({
    settings,
    directory: settings.GENERATOR_DIR,
    now: () => new Date(),
    signal: stopping.signal,
  });
} catch (error) {
  process.stderr.write(
    `${error instanceof AppError || error instanceof RangeError ? error.message : String(error)}\n`,
  );
  process.exitCode = 2;
}
