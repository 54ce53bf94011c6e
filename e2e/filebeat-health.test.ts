/** The health check of Filebeat's container, asked about a server that answers as Filebeat does. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = path.resolve(import.meta.dirname, '../filebeat/health.sh');
/** The queue of Filebeat 8.1, and of 9.6, which counts more. */
const QUEUES = [
  (acked: number) => ({ acked, max_events: 8192 }),
  (acked: number) => ({ acked, added: { bytes: 9, events: 9 }, removed: { bytes: 0, events: 0 } }),
];

describe('filebeat/health.sh', () => {
  let server: Server;
  let folder = '';
  let answer: unknown = {};
  let status = 200;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'soc-health-'));
    server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
    status = 200;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await new Promise((resolve) => server.close(resolve));
  });

  const port = (): number => (server.address() as AddressInfo).port;
  const ask = (at = port()): Promise<readonly [number, string]> =>
    new Promise((resolve) => {
      execFile('bash', [SCRIPT, String(at), path.join(folder, 'file')], (error, stdout) =>
        resolve([error === null ? 0 : Number(error.code), stdout.trim()]),
      );
    });
  const counts = (active: number, queue: unknown): unknown => ({
    beat: { info: { version: '8.19.21' } },
    filebeat: { events: { active: 77, added: 78, done: 1 } },
    libbeat: {
      output: { events: { acked: 5, active: 0 }, type: 'elasticsearch' },
      pipeline: { clients: 9, events: { active, dropped: 0, published: 7 }, queue },
    },
  });

  it.each(QUEUES)('fails while events wait and none gets through', async (queue) => {
    answer = counts(0, queue(0));
    expect(await ask()).toEqual([0, '0 events acknowledged, 0 wait']);
    answer = counts(12, queue(0));
    expect(await ask()).toEqual([
      1,
      '12 events wait, none was acknowledged by Elasticsearch since the last check',
    ]);
    answer = counts(12, queue(3));
    expect(await ask()).toEqual([0, '3 events acknowledged, 12 wait']);
    expect((await ask())[0]).toBe(1);
    answer = counts(0, queue(15));
    expect(await ask()).toEqual([0, '15 events acknowledged, 0 wait']);
    expect((await ask())[0]).toBe(0);
  });

  it('fails when nothing gets through from the start', async () => {
    answer = counts(1, { acked: 0 });
    expect((await ask())[0]).toBe(1);
  });

  it('fails when nothing answers, or the answer is no success', async () => {
    status = 500;
    expect(await ask()).toEqual([1, `Filebeat did not answer within 4 s on port ${port()}`]);
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const free = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
    expect(await ask(free)).toEqual([1, `Filebeat does not answer on port ${free}`]);
  });

  it('does not fail a Filebeat that counts otherwise', async () => {
    answer = { libbeat: { pipeline: { clients: 1, queue: { full: 0 } } } };
    expect(await ask()).toEqual([
      0,
      'Filebeat answers; whether it ships cannot be told from its figures',
    ]);
  });
});
