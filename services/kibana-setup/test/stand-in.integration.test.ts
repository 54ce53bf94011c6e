/**
 * The program itself against the lab's stand-in for Kibana, which checks and remembers what it is sent.
 * Skipped where the lab is not there. NOT proven here: that the real Kibana accepts and draws the objects.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../packages/service-kit/test/free-ports.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const STAND_IN = path.join(ROOT, '../shared/tools/docker-lab/images/kibana/server.mjs');
const MAIN = path.join(ROOT, 'services/kibana-setup/src/main.ts');
const SUMMARY = /^Kibana 8\.19\.21 is set up: .+\n$/;

let folder: string;
let undo: (() => unknown)[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kibana-setup-'));
  undo = [];
});
afterEach(async () => {
  for (const step of undo.toReversed()) await step();
  rmSync(folder, { recursive: true, force: true });
});

interface StandIn {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function startStandIn(port: number, env: Record<string, string> = {}): Promise<StandIn> {
  const child: ChildProcess = spawn(process.execPath, [STAND_IN], {
    env: {
      SERVER_PORT: String(port),
      STAND_IN_FILE: path.join(folder, 'stand-in.json'),
      STAND_IN_FOR_VERSION: '8.19.21',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  undo.push(stop);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { url: `http://127.0.0.1:${port}`, stop };
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Running {
  readonly ended: Promise<Ended>;
  readonly kill: (signal: 'SIGTERM' | 'SIGKILL') => void;
  /** Resolves when the log has this text. */
  readonly logs: (text: string) => Promise<void>;
}

const setUp = (url: string, env: Record<string, string> = {}): Promise<Ended> =>
  startSetUp(url, env).ended;

function startSetUp(url: string, env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', MAIN], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], KIBANA_URL: url, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  undo.push(() => child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    async logs(text) {
      while (!err.includes(text)) await once(child.stderr, 'data');
    },
  };
}

/** What a file of the stand-in holds, without times and revisions. */
function remembered(): ReadonlyMap<string, unknown> {
  const entries = JSON.parse(readFileSync(path.join(folder, 'stand-in.json'), 'utf8')) as [
    string,
    { attributes: unknown; references: unknown },
  ][];
  return new Map(
    entries.map(([key, { attributes, references }]) => [key, { attributes, references }]),
  );
}

/** A server between set-up and the stand-in. */
async function startProxy(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Hands a request on; a connection that breaks is a 502, as a proxy answers. */
async function forward(to: string, request: IncomingMessage, response: ServerResponse) {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { 'content-type': type, 'kbn-xsrf': xsrf } = request.headers;
    const answer = await fetch(`${to}${request.url ?? ''}`, {
      method: request.method ?? 'GET',
      headers: {
        ...(type === undefined ? {} : { 'content-type': type }),
        ...(typeof xsrf === 'string' ? { 'kbn-xsrf': xsrf } : {}),
      },
      ...(body.length === 0 ? {} : { body }),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  } catch {
    response.writeHead(502).end();
  }
}

describe.skipIf(!existsSync(STAND_IN))(
  "set-up against the lab's stand-in for Kibana (skipped without ../shared)",
  () => {
    it('makes everything, and the same when run again, also after a restart of Kibana', async () => {
      const port = await freePort();
      const kibana = await startStandIn(port);
      expect(await setUp(kibana.url)).toMatchObject({
        code: 0,
        out: expect.stringMatching(SUMMARY),
      });
      const first = remembered();
      const count = (kind: string) =>
        [...first.keys()].filter((key) => key.startsWith(`default/${kind}/`)).length;
      expect(
        ['alert', 'config', 'dashboard', 'index-pattern', 'lens', 'search'].map(count),
      ).toEqual([3, 1, 1, 4, 10, 1]);
      expect(first.size).toBe(20);
      const second = await setUp(kibana.url);
      expect(second).toMatchObject({ code: 0 });
      expect(second.out).toContain('data views 0 created, 0 updated, 4 unchanged');
      expect(second.out).toContain('0 created, 12 written anew');
      expect(remembered()).toEqual(first);
      await kibana.stop();
      const third = await setUp((await startStandIn(port)).url);
      expect(third.out).toContain('alerting rules 0 created, 0 updated, 3 unchanged');
      expect(remembered()).toEqual(first);
    });

    it('waits for a Kibana that starts later, and says that it does', async () => {
      const port = await freePort();
      const running = startSetUp(`http://127.0.0.1:${port}`);
      await running.logs('Waiting for Kibana');
      await startStandIn(port);
      const { code, out, err } = await running.ended;
      expect([code, out]).toEqual([0, expect.stringMatching(SUMMARY)]);
      expect(err).toContain('Waiting for Kibana');
      expect(err).toContain('ECONNREFUSED');
    });

    it('finishes a run that was killed halfway, over 500s in between', async () => {
      const kibana = await startStandIn(await freePort());
      let requests = 0;
      let killAt = Infinity;
      let kill: () => void = () => undefined;
      const proxy = await startProxy((request, response) => {
        requests += 1;
        if (requests === killAt) return kill();
        // Each request fails once, with what a busy Kibana answers.
        if (requests % 2 === 0 && request.url !== '/api/status') {
          response.writeHead(500, { 'content-type': 'application/json' });
          response.end('{"statusCode":500,"error":"Internal Server Error","message":"busy"}');
          return undefined;
        }
        void forward(kibana.url, request, response);
        return undefined;
      });
      killAt = 12;
      const broken = startSetUp(proxy);
      kill = () => broken.kill('SIGKILL');
      expect(await broken.ended).toMatchObject({ code: null, out: '' });
      expect(remembered().size).toBeGreaterThan(0);
      expect(remembered().size).toBeLessThan(20);
      killAt = Infinity;
      expect(await setUp(proxy)).toMatchObject({
        code: 0,
        out: expect.stringMatching(SUMMARY),
      });
      expect(remembered().size).toBe(20);
    });

    it('says which password to correct, in one sentence and with exit code 2', async () => {
      // Kibana asks Elasticsearch who somebody is; this one knows nobody but soc_kibana.
      const known = `Basic ${Buffer.from('soc_kibana:right').toString('base64')}`;
      const elasticsearch = await startProxy((request, response) => {
        const isKnown = request.url === '/' || request.headers.authorization === known;
        response.writeHead(isKnown ? 200 : 401).end('{}');
      });
      const kibana = await startStandIn(await freePort(), {
        ELASTICSEARCH_HOSTS: elasticsearch,
        ELASTICSEARCH_PASSWORD: 'x',
      });
      const wrong = await setUp(kibana.url, {
        KIBANA_USERNAME: 'soc_kibana',
        KIBANA_PASSWORD: 'wrong',
        LOG_LEVEL: 'error',
      });
      expect(wrong).toMatchObject({ code: 2, out: '' });
      expect(wrong.err).toMatch(
        /^Cannot make the data view "SOC events" in Kibana at .+ it answered 401: .+ \(correct KIBANA_USERNAME and KIBANA_PASSWORD\)\n$/,
      );
      const file = path.join(folder, 'password');
      writeFileSync(file, 'right\n');
      expect(
        await setUp(kibana.url, { KIBANA_USERNAME: 'soc_kibana', KIBANA_PASSWORD_FILE: file }),
      ).toMatchObject({ code: 0 });
    });

    it('ends with exit code 2 when Kibana never comes, or in the clear in production', async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      const late = await setUp(url, { KIBANA_WAIT: '1s', LOG_LEVEL: 'error' });
      expect(late).toMatchObject({ code: 2, out: '' });
      expect(late.err).toMatch(
        /^Cannot set up Kibana: .+ was not ready within 1s: .+KIBANA_WAIT\)\n$/,
      );
      const refused = await setUp(url, { PRODUCTION: 'true' });
      expect(refused.code).toBe(2);
      expect(refused.err).toContain('KIBANA_URL  Expected an https URL in production');
    });

    it('ends at once when it is stopped, and not as if it were done', async () => {
      const running = startSetUp(`http://127.0.0.1:${await freePort()}`);
      await running.logs('Waiting for Kibana');
      running.kill('SIGTERM');
      expect(await running.ended).toMatchObject({ code: 2, out: '' });
    });
  },
);
