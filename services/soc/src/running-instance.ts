/**
 * DATA_DIR/run.json: where the running instance listens, for the commands that talk to it. They take its
 * sockets, which only its user can open, before its ports, where somebody else may listen by now.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError, type Settings } from '@mini-soc/model';
import {
  callTokenOf,
  createSocketFetch,
  isOwnSocket,
  ownSocketPath,
  type Fetch,
} from '@mini-soc/service-kit';
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
export type ServiceOfInstance = keyof RunningInstance['urls'];

/** One service, and how it is asked. */
export interface Reached {
  readonly url: string;
  /** Empty over a socket, where none is needed. */
  readonly token: string;
  readonly fetch: Fetch | undefined;
}

export type ReachedInstance = Readonly<Record<ServiceOfInstance, Reached>>;

export interface Reader {
  readonly fetch?: Fetch | undefined;
  /** Of the user who asks; undefined where users have no numbers. */
  readonly uid?: number | undefined;
}

function runFile(dataDirectory: string): string {
  return path.join(dataDirectory, 'run.json');
}

export async function writeRunningInstance(
  dataDirectory: string,
  instance: RunningInstance,
): Promise<void> {
  const partial = `${runFile(dataDirectory)}.tmp`;
  await rm(partial, { force: true }); // never through what lies there
  await writeFile(partial, JSON.stringify({ version: RUN_VERSION, ...instance }), {
    mode: 0o600,
    flag: 'wx',
  });
  await rename(partial, runFile(dataDirectory));
}

export async function removeRunningInstance(dataDirectory: string): Promise<void> {
  await rm(runFile(dataDirectory), { force: true });
}

/** The instance that runs on this data folder, or what the settings name when it left no note. */
export async function reachInstance(settings: Settings, reader: Reader): Promise<ReachedInstance> {
  const noted = await readNote(settings.DATA_DIR);
  const urls = noted ?? {
    detection: settings.DETECTION_URL,
    response: settings.RESPONSE_URL,
    enricher: settings.ENRICHER_URL,
    console: settings.CONSOLE_URL,
  };
  const reach = (name: ServiceOfInstance): Promise<Reached> =>
    reachService(settings, reader, name, urls[name], noted !== undefined);
  const [detection, response, enricher, console] = await Promise.all([
    reach('detection'),
    reach('response'),
    reach('enricher'),
    reach('console'),
  ]);
  return { detection, response, enricher, console };
}

async function reachService(
  settings: Settings,
  reader: Reader,
  name: ServiceOfInstance,
  url: string,
  isNoted: boolean,
): Promise<Reached> {
  const socket = isNoted ? ownSocketPath(settings.DATA_DIR, name) : undefined;
  if (socket !== undefined && (await isOwnSocket(socket, reader.uid)))
    return { url: url.replace(/^https:/, 'http:'), token: '', fetch: createSocketFetch(socket) };
  return {
    url,
    // Never the token of the data folder: somebody else may listen on the port by now.
    token: tokenOf(settings, name),
    fetch: reader.fetch,
  };
}

/** A digest cannot be shown; who has none of the people's may look as the service whose settings these are. */
function tokenOf(settings: Settings, name: ServiceOfInstance): string {
  const shown = [
    settings.API_TOKEN,
    settings.API_TOKEN_LOOK,
    name === 'console' ? '' : callTokenOf(settings, name),
  ];
  return shown.find((token) => token !== '' && !token.startsWith('sha256:')) ?? '';
}

async function readNote(dataDirectory: string): Promise<RunningInstance['urls'] | undefined> {
  try {
    return runSchema.parse(JSON.parse(await readFile(runFile(dataDirectory), 'utf8'))).urls;
  } catch {
    return undefined;
  }
}

export function ownTokenFile(dataDirectory: string): string {
  return path.join(dataDirectory, 'token');
}

/** A service does not answer. */
export class NotRunningError extends UsageError {
  constructor(url: string, cause: unknown) {
    super(
      `Nothing answers at ${url}: start it with "soc up", or name its data folder with --data`,
      { cause },
    );
  }
}
