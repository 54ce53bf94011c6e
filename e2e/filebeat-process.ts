/** A real Filebeat as a child process, with a shipped configuration, and the Elasticsearch it writes to. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from '@elastic/elasticsearch';

const ROOT = path.resolve(import.meta.dirname, '..');
const START_MS = 240_000;
export const FILEBEAT_BIN = process.env['FILEBEAT_BIN'] ?? '';
export const ES_TOOL =
  process.env['ES_TOOL'] ?? path.resolve(ROOT, '../shared/tools/elasticsearch/es');
/** Both are at hand. */
export const CAN_RUN = FILEBEAT_BIN !== '' && existsSync(ES_TOOL);

export interface TestServer {
  readonly url: string;
  readonly caFile: string;
  readonly password: string;
  readonly client: Client;
  readonly wipe: () => void;
}

/** An Elasticsearch of the test's own, with TLS and users: the names of its indices are fixed. */
export function startServer(name: string, port: number): TestServer {
  const started = spawnSync(
    ES_TOOL,
    ['start', '--name', name, '--port', String(port), '--security', '--heap', '768m'],
    { encoding: 'utf8', timeout: START_MS },
  );
  const fact = (pattern: RegExp): string => {
    const found = pattern.exec(`${started.stdout}\n${started.stderr}`)?.[1];
    if (found === undefined)
      throw new Error(`Elasticsearch did not start: ${started.stdout}${started.stderr}`);
    return found;
  };
  const url = fact(/(https:\/\/[^\s]+)/);
  const caFile = fact(/ca=(\S+)/);
  const password = readFileSync(fact(/password_file=(\S+)/), 'utf8').trim();
  const client = new Client({
    node: url,
    auth: { username: 'elastic', password },
    tls: { ca: readFileSync(caFile, 'utf8') },
  });
  return {
    url,
    caFile,
    password,
    client,
    wipe: () => void spawnSync(ES_TOOL, ['wipe', '--name', name], { timeout: 60_000 }),
  };
}

export interface RunOptions {
  readonly config: string;
  /** Folder with the configuration and the script; the shipped one when absent. */
  readonly folder?: string;
  readonly data: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly overrides?: readonly string[];
}

export interface Filebeat {
  readonly log: () => string;
  /** Seconds of processor time used so far. */
  readonly usedSeconds: () => number;
  readonly stop: () => Promise<void>;
}

export function startFilebeat(options: RunOptions): Filebeat {
  const folder = options.folder ?? path.join(ROOT, 'filebeat');
  let log = '';
  const child: ChildProcess = spawn(
    FILEBEAT_BIN,
    [
      ...['--strict.perms=false', '-e', '-c', path.join(folder, options.config)],
      ...['--path.config', folder, '--path.data', options.data],
      ...['--path.logs', path.join(options.data, 'logs')],
      ...(options.overrides ?? []).flatMap((override) => ['-E', override]),
    ],
    {
      env: { PATH: process.env['PATH'] ?? '', ...options.variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-200_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    log: () => log,
    usedSeconds: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
      return (Number(fields?.[11]) + Number(fields?.[12])) / 100;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
