/** A real `soc` process for the acceptance tests: started in a folder of its own on free ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alertSchema, type Alert } from '@mini-soc/model';
import { z } from 'zod';

const SOC = path.resolve(import.meta.dirname, '../services/soc/bin/soc.js');
const FREE_PORTS = {
  DETECTION_PORT: '0',
  RESPONSE_PORT: '0',
  ENRICHER_PORT: '0',
  CONSOLE_PORT: '0',
};
const runSchema = z.object({ pid: z.number(), urls: z.record(z.string(), z.string()) });

/** RULE_OVERRIDES that leave one alert for each attacker of `createActor`: another rule sees one of them as well. */
export const ONE_ALERT_EACH = 'WebScannerAgentRule.enabled=false';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Asking takes processor time of both sides, which what is waited for needs. */
const ASK_EVERY_MS = 100;

/** A new empty folder under the system's temporary folder. */
export function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'soc-e2e-'));
}

/** Runs `soc` to its end. */
export async function runSoc(
  args: readonly string[],
  options: { readonly input?: string; readonly variables?: Readonly<Record<string, string>> } = {},
): Promise<Finished> {
  const child = start(args, options.variables ?? {});
  child.stdin?.end(options.input ?? '');
  return finished(child);
}

export interface SocProcess {
  readonly data: string;
  readonly url: (service: 'detection' | 'response' | 'enricher' | 'console') => string;
  readonly alerts: () => Promise<readonly Alert[]>;
  readonly blocked: () => Promise<
    readonly { readonly source_ip: string; readonly until: string }[]
  >;
  readonly output: () => string;
  /** Sends the signal and waits for the end. */
  readonly end: (
    signal: 'SIGINT' | 'SIGTERM' | 'SIGQUIT' | 'SIGUSR2' | 'SIGKILL',
  ) => Promise<Finished>;
  readonly signal: (signal: 'SIGUSR1') => void;
}

/** Starts `soc up` and resolves when it has said where it listens. Throws with its output when it ends before. */
export async function startSoc(
  args: readonly string[],
  options: { readonly data: string; readonly variables?: Readonly<Record<string, string>> },
): Promise<SocProcess> {
  const child = start(['up', '--data', options.data, ...args], {
    ...FREE_PORTS,
    SELF_TEST_INTERVAL: '0', // tests count exactly; the one of the self-test turns it on
    ...options.variables,
  });
  const end = finished(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let ended = false;
  void end.then(() => (ended = true));
  await eventually(() => {
    if (ended) throw new Error(`soc ended at its start: ${output}`);
    return output.includes('Ready after');
  }, 60_000);
  const { urls } = runSchema.parse(
    JSON.parse(readFileSync(path.join(options.data, 'run.json'), 'utf8')),
  );
  const url = (service: string) => urls[service] ?? '';
  const get = async <Schema extends z.ZodType>(
    address: string,
    schema: Schema,
  ): Promise<z.infer<Schema>> => schema.parse(await (await fetch(address)).json());
  return {
    data: options.data,
    url,
    alerts: () => get(`${url('detection')}/alerts?size=1000`, z.array(alertSchema)),
    blocked: () =>
      get(
        `${url('response')}/blocked?size=1000`,
        z.array(z.looseObject({ source_ip: z.string(), until: z.string() })),
      ),
    output: () => output,
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      return end;
    },
  };
}

/** Asks until the answer is true; fails after `withinMs` with the last error. A bound, not a measurement. */
export async function eventually(
  question: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    if (await question()) return;
    if (Date.now() > deadline)
      throw new Error(`Not true within ${withinMs} ms: ${question.toString()}`);
    await sleep(ASK_EVERY_MS);
  }
}

function start(args: readonly string[], variables: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [SOC, ...args], {
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'warn', LOG_TIME_ZONE: 'UTC', ...variables },
    stdio: 'pipe',
  });
}

function finished(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}
