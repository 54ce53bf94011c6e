import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { createHttpApp, type HttpApp } from './http-app.ts';
import { createInProcessFetch } from './in-process-fetch.ts';
import { createLogger } from './logger.ts';
import { requestJson, ServiceCallError } from './request-json.ts';

async function anApp(): Promise<HttpApp> {
  const app = await createHttpApp({
    name: 'test',
    version: '1',
    logger: createLogger({ name: 'test', level: 'silent' }),
    token: 'secret',
    ready: async () => ({ ready: true, parts: {} }),
  });
  app.post(
    '/echo',
    { schema: { body: z.strictObject({ text: z.string() }) } },
    async (request) => ({ said: request.body.text }),
  );
  app.get('/never', () => new Promise(() => undefined));
  return app;
}

describe('createInProcessFetch()', () => {
  it('reaches an app that does not listen, with token, body and answer', async () => {
    const transport = createInProcessFetch(new Map([['http://127.0.0.1:1', await anApp()]]));
    const ask = (token: string, body: unknown) =>
      requestJson('http://127.0.0.1:1/echo', {
        method: 'POST',
        body,
        token,
        timeoutMs: 1000,
        answer: z.object({ said: z.string() }),
        fetch: transport,
      });
    expect(await ask('secret', { text: 'ü' })).toEqual({ said: 'ü' });
    await expect(ask('wrong', { text: 'a' })).rejects.toMatchObject({ statusCode: 401 });
    await expect(ask('secret', { txet: 'a' })).rejects.toMatchObject({ statusCode: 400 });
  });

  it('gives up in time', async () => {
    const transport = createInProcessFetch(new Map([['http://127.0.0.1:1', await anApp()]]));
    const asked = requestJson('http://127.0.0.1:1/never', {
      token: 'secret',
      timeoutMs: 20,
      answer: z.unknown(),
      fetch: transport,
    });
    await expect(asked).rejects.toBeInstanceOf(ServiceCallError);
  });

  it('sends everything else over the network', async () => {
    const transport = createInProcessFetch(new Map());
    const asked = requestJson('http://127.0.0.1:9/x', {
      token: '',
      timeoutMs: 2000,
      answer: z.unknown(),
      fetch: transport,
    });
    await expect(asked).rejects.toThrow('Cannot reach GET http://127.0.0.1:9/x');
  });
});
