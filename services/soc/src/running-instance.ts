/** DATA_DIR/run.json: where the running instance listens, for the commands that talk to it. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError, type Settings } from '@mini-soc/model';
import { z } from 'zod';

const RUN_VERSION = 1;

/** A note of another form is no note: the settings then say where the services are. */
const runSchema = z.object({
  version: z.literal(RUN_VERSION).default(RUN_VERSION),
  pid: z.int(),
  urls: z.object({
    detection: z.string(),
    response: z.string(),
    enricher: z.string(),
    console: z.string(),
  }),
});
export type RunningInstance = Readonly<Omit<z.infer<typeof runSchema>, 'version'>>;

function runFile(dataDirectory: string): string {
  return path.join(dataDirectory, 'run.json');
}

export async function writeRunningInstance(
  dataDirectory: string,
  instance: RunningInstance,
): Promise<void> {
  const partial = `${runFile(dataDirectory)}.tmp`;
  await writeFile(partial, JSON.stringify({ version: RUN_VERSION, ...instance }));
  await rename(partial, runFile(dataDirectory));
}

export async function removeRunningInstance(dataDirectory: string): Promise<void> {
  await rm(runFile(dataDirectory), { force: true });
}

/** URLs of the instance that runs on this data folder, or those of the settings when it left no note. */
export async function findRunningInstance(settings: Settings): Promise<RunningInstance['urls']> {
  try {
    return runSchema.parse(JSON.parse(await readFile(runFile(settings.DATA_DIR), 'utf8'))).urls;
  } catch {
    return {
      detection: settings.DETECTION_URL,
      response: settings.RESPONSE_URL,
      enricher: settings.ENRICHER_URL,
      console: settings.CONSOLE_URL,
    };
  }
}

/** The error for a service that does not answer. */
export function notRunning(url: string, cause: unknown): UsageError {
  return new UsageError(
    `Nothing answers at ${url}: start it with "soc up", or name its data folder with --data`,
    { cause },
  );
}
