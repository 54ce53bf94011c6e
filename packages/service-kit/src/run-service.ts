/**
 * A service as a process of its own: settings from variables and secret files, what production refuses,
 * certificates, signals, an orderly end. An error is one sentence on standard error and exit code 2.
 */
import { AppError, parseSettings, type Settings } from '@mini-soc/model';
import type { HttpApp, HttpFace } from './http-app.ts';
import type { Fetch } from './fetch.ts';
import { listenOn } from './listen.ts';
import { createLogger, type Logger } from './logger.ts';
import { refuseOpenDoors, type ServiceUses } from './production.ts';
import { doorSettingsOf } from './service-tokens.ts';
import { withSecretFiles, type Variables } from './secret-files.ts';
import { readAuthority, readTls } from './tls.ts';

/** Each ends the service in order. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR2'] as const;
type ServiceSignal = (typeof ENDING_SIGNALS)[number];

/** What is used of the process; main.ts passes `process`. */
export interface ServiceProcess {
  readonly env: Variables;
  readonly stderr: { readonly write: (text: string) => unknown };
  readonly on: (
    event: ServiceSignal | 'SIGUSR1' | 'uncaughtException' | 'unhandledRejection',
    listener: (reason: unknown) => void,
  ) => unknown;
  readonly exit: (code: number) => void;
}

/** Which engine of the store the services share, and how to reach it: for openStore(). */
export interface ElasticsearchAccess {
  readonly engine: 'elasticsearch';
  readonly url: string;
  readonly auth?:
    { readonly apiKey: string } | { readonly username: string; readonly password: string };
  readonly ca?: string;
}

export interface ServiceContext {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal;
  /** How to call the other services; absent: the global fetch. */
  readonly fetch: Fetch | undefined;
  /** How our own app answers. */
  readonly http: HttpFace;
  readonly elasticsearch: ElasticsearchAccess;
  /** Steps to the end, run in reverse order. */
  readonly undo: (step: () => Promise<unknown>) => void;
  /** Opens the port of this service. */
  readonly listen: (app: HttpApp, port: number) => Promise<string>;
  /** Ends the process: for a program whose work is done when `start` has done it. */
  readonly finish: () => void;
  /** Ends the process with this error. */
  readonly fail: (error: unknown) => void;
}

export interface ServiceDefinition {
  readonly name: string;
  readonly uses: ServiceUses;
  /** Returns when everything runs. */
  readonly start: (context: ServiceContext) => Promise<void>;
}

/** Container engines kill after 10 s. */
const END_WITHIN_MS = 9000;

/** Runs until a signal; resolves to the exit code after the orderly end. */
export async function runService(
  host: ServiceProcess,
  service: ServiceDefinition,
): Promise<number> {
  const ending = new AbortController();
  const steps: (() => Promise<unknown>)[] = [];
  let code = 0;
  const fail = (error: unknown): void => {
    if (!ending.signal.aborted) host.stderr.write(`${describeStop(error)}\n`);
    code = 2;
    ending.abort();
  };
  let signals = 0;
  for (const name of ENDING_SIGNALS)
    host.on(name, () => {
      signals += 1;
      if (signals > 1) host.exit(130);
      ending.abort();
    });
  // Node would open its debugger, in which anybody on this machine may run code as us.
  host.on('SIGUSR1', () => {
    host.stderr.write('SIGUSR1 is ignored: no debugger is opened\n');
  });
  host.on('uncaughtException', fail);
  host.on('unhandledRejection', fail);
  try {
    const settings = parseSettings(await withSecretFiles(host.env));
    refuseOpenDoors(settings, service.uses);
    const tls = await readTls(settings, new Date());
    const logger = createLogger({ name: service.name, level: settings.LOG_LEVEL });
    await service.start({
      settings,
      logger,
      signal: ending.signal,
      fetch: tls.fetch,
      http: {
        hostNames: settings.HOST_NAMES,
        ...(tls.server === undefined ? {} : { tls: tls.server }),
        door: doorSettingsOf(settings, service.name),
      },
      elasticsearch: await readElasticsearchAccess(settings),
      undo: (step) => steps.push(step),
      listen: async (app, port) => {
        const url = await listenOn(app, { host: settings.LISTEN_HOST, port, name: service.name });
        if (settings.API_TOKEN === '' && !isLoopback(settings.LISTEN_HOST))
          logger.warn({ url }, 'No API_TOKEN: whoever reaches this port may ask and change');
        logger.info({ url }, 'Service is up');
        return url;
      },
      finish: () => ending.abort(),
      fail,
    });
    await aborted(ending.signal);
  } catch (error) {
    // A start that was interrupted has not failed.
    if (!ending.signal.aborted) fail(error);
  }
  const forced = setTimeout(() => host.exit(code === 0 ? 1 : code), END_WITHIN_MS);
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    try {
      await step();
    } catch (error) {
      host.stderr.write(`${describeStop(error)}\n`);
      code = 2;
    }
  }
  clearTimeout(forced);
  return code;
}

/** Elasticsearch as the settings say it. Throws ConfigError. */
export async function readElasticsearchAccess(settings: Settings): Promise<ElasticsearchAccess> {
  const { ELASTICSEARCH_API_KEY: apiKey, ELASTICSEARCH_USERNAME: username } = settings;
  const auth =
    apiKey === ''
      ? username === ''
        ? undefined
        : { username, password: settings.ELASTICSEARCH_PASSWORD }
      : { apiKey };
  const file = settings.ELASTICSEARCH_CA_FILE;
  return {
    engine: 'elasticsearch',
    url: settings.ELASTICSEARCH_URL,
    ...(auth === undefined ? {} : { auth }),
    ...(file === '' ? {} : { ca: await readAuthority('ELASTICSEARCH_CA_FILE', file) }),
  };
}

/** One sentence of what a person can act on; the stack of what should never happen. */
function describeStop(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return `Unexpected failure: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
