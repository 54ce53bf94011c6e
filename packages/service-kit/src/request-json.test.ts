import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { requestJson, ServiceCallError } from './request-json.ts';

const servers: Server[] = [];
const answer = z.object({ count: z.number() });

/** A server on a free port of the loopback interface; gives its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('No port');
  return `http://127.0.0.1:${bound.port}`;
}

async function failure(promise: Promise<unknown>): Promise<ServiceCallError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ServiceCallError) return error;
    throw error;
  }
  throw new Error('The call did not fail');
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('requestJson()', () => {
  it('requestJson() sends method, body and token, and gives the checked answer', async () => {
    let seen: unknown;
    const url = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { authorization, 'content-type': type } = request.headers;
        seen = { method: request.method, url: request.url, authorization, type, body };
        response.end('{"count":3,"more":true}');
      });
    });
    const options = {
      method: 'POST',
      body: { a: 1 },
      token: 't',
      timeoutMs: 5000,
      answer,
    } as const;
    expect(await requestJson(`${url}/x?y=1`, options)).toEqual({ count: 3 });
    expect(seen).toEqual({
      method: 'POST',
      url: '/x?y=1',
      authorization: 'Bearer t',
      type: 'application/json',
      body: '{"a":1}',
    });
  });

  it('requestJson() sends no token when there is none', async () => {
    let authorization: string | undefined = 'unset';
    const url = await serve((request, response) => {
      authorization = request.headers.authorization;
      response.end('{"count":3}');
    });
    await requestJson(url, { token: '', timeoutMs: 5000, answer });
    expect(authorization).toBeUndefined();
  });

  it('requestJson() takes an empty answer for undefined', async () => {
    const url = await serve((_request, response) => response.writeHead(204).end());
    const options = { token: '', timeoutMs: 5000, answer: z.undefined() };
    expect(await requestJson(url, options)).toBeUndefined();
  });

  it('requestJson() may be repeated when nobody answers', async () => {
    const url = await serve(() => undefined);
    const server = servers.splice(0)[0];
    server?.close();
    const error = await failure(requestJson(url, { token: '', timeoutMs: 5000, answer }));
    expect(error).toMatchObject({ code: 'SERVICE_CALL_FAILED', retryable: true });
    expect(error.message).toBe(`Cannot reach GET ${url}`);
    expect(error.statusCode).toBeUndefined();
  });

  it('requestJson() ends when its caller does', async () => {
    const stopping = new AbortController();
    const url = await serve(() => stopping.abort());
    const options = { token: '', timeoutMs: 60_000, signal: stopping.signal, answer };
    expect(await failure(requestJson(url, options))).toMatchObject({
      cause: { name: 'AbortError' },
    });
  });

  it('requestJson() gives up after its time, also in the middle of an answer', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{"count":');
    });
    const error = await failure(requestJson(url, { token: '', timeoutMs: 100, answer }));
    expect(error).toMatchObject({ retryable: true, cause: { name: 'TimeoutError' } });
  });

  it.each([
    [400, false],
    [401, false],
    [404, false],
    [429, true],
    [500, true],
    [503, true],
  ])('requestJson() says of %d whether waiting helps: %s', async (statusCode, retryable) => {
    const url = await serve((_request, response) =>
      response.writeHead(statusCode).end('y'.repeat(1000)),
    );
    const error = await failure(requestJson(url, { token: '', timeoutMs: 5000, answer }));
    expect(error).toMatchObject({ statusCode, retryable });
    expect(error.message).toBe(`GET ${url} answered ${statusCode}: ${'y'.repeat(200)}`);
  });

  it.each(['not json', '{"count":"3"}', '[]', '', 'null'])(
    'requestJson() refuses the answer %j for good',
    async (text) => {
      const url = await serve((_request, response) => response.end(text));
      const error = await failure(requestJson(url, { token: '', timeoutMs: 5000, answer }));
      expect(error).toMatchObject({ retryable: false, statusCode: 200 });
      expect(error.message).toBe(`GET ${url} answered in an unexpected shape`);
    },
  );

  it('requestJson() follows no redirect', async () => {
    let visited = 0;
    const other = await serve((_request, response) => {
      visited += 1;
      response.end('{"count":3}');
    });
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: other }).end(),
    );
    await failure(requestJson(url, { token: 't', timeoutMs: 5000, answer }));
    expect(visited).toBe(0);
  });

  it('requestJson() stops reading an answer that does not end', async () => {
    const url = await serve((_request, response) => {
      const chunk = Buffer.alloc(1_048_576, 0x20);
      const write = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write);
      write();
    });
    const error = await failure(requestJson(url, { token: '', timeoutMs: 20_000, answer }));
    expect(error).toMatchObject({ retryable: false });
    expect(error.message).toBe(`GET ${url} answered with more than 33554432 bytes`);
  });
});
