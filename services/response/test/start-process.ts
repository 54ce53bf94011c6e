/** Starts test/response-process.ts and asks it over HTTP. */
import { spawn, type ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import path from 'node:path';

export interface StartedResponse {
  readonly child: ChildProcess;
  readonly ask: (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    body?: unknown,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** Resolves when the process is gone. */
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>;
}

/** `prefix` are words before the command, such as those that enter a network namespace. */
export async function startResponse(
  options: Readonly<Record<string, unknown>> & { readonly listen: number | string },
  prefix: readonly string[] = [],
): Promise<StartedResponse> {
  const file = path.join(import.meta.dirname, 'response-process.ts');
  const [program = '', ...parameters] = [
    ...prefix,
    process.execPath,
    ...['--import', 'tsx', '--conditions=source', file, JSON.stringify(options)],
  ];
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await Promise.race([
    new Promise((resolve) => child.stdout.once('data', resolve)),
    gone.then(() => Promise.reject(new Error('The response process ended at its start'))),
  ]);
  return {
    child,
    ask: (method, url, body) => ask(options.listen, method, url, body),
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  };
}

/** Rejects when nobody answers. */
export function ask(
  listen: number | string,
  method: string,
  url: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...(typeof listen === 'number'
          ? { port: listen, host: '127.0.0.1' }
          : { socketPath: listen }),
        method,
        path: url,
        timeout: 15_000,
        headers: {
          host: 'localhost',
          authorization: 'Bearer a token of the test',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: answer.statusCode ?? 0,
            body: text === '' ? undefined : JSON.parse(text),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error('No answer in time')));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
