import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createEventStream, type EventStream } from './event-stream.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function serve(mostClients: number, mostUnreadBytes = 1e6) {
  const hits: string[] = [];
  let left = 0;
  const stream: EventStream = createEventStream({
    mostClients,
    mostUnreadBytes,
    limits: { clients: 'stream_clients', bytes: 'stream_bytes' },
    onLimit: (name) => hits.push(name),
    onEmpty: () => (left += 1),
  });
  const server: Server = createServer((_request, response) => {
    if (!stream.add(response)) response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    stream.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = async () => {
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    return { response, close: () => controller.abort() };
  };
  return { stream, hits, open, left: () => left };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('createEventStream()', () => {
  it('createEventStream() sends each event to all, and ends all streams', async () => {
    const { stream, open } = await serve(2);
    const watchers = [await open(), await open()];
    stream.send({ name: 'alert', id: 'a1', data: '{"x":"\\nevent: forged"}' });
    stream.send({ name: 'overview', data: '{}' });
    stream.close();
    for (const { response } of watchers) {
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      expect(await response.text()).toBe(
        'retry: 2000\n\nid: a1\nevent: alert\ndata: {"x":"\\nevent: forged"}\n\nevent: overview\ndata: {}\n\n',
      );
    }
  });

  it('createEventStream() refuses one too many, and has room when one has gone', async () => {
    const { stream, hits, open, left } = await serve(1);
    const first = await open();
    const refused = await open();
    expect(refused.response.status).toBe(503);
    expect(hits).toEqual(['stream_clients']);
    first.close();
    await until(() => stream.size() === 0);
    expect(left()).toBe(1);
    expect((await open()).response.status).toBe(200);
  });

  it('createEventStream() lets a client go that does not read', async () => {
    const { stream, hits, open } = await serve(1, 1000);
    await open();
    const data = JSON.stringify('x'.repeat(100_000));
    // What the two systems buffer for it is some megabytes.
    for (let sent = 0; sent < 1000 && stream.size() > 0; sent += 1) {
      stream.send({ name: 'alert', data });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stream.size()).toBe(0);
    expect(hits).toEqual(['stream_bytes']);
  });
});
