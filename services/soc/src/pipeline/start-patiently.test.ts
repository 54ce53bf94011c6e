import { createServer } from 'node:net';
import { StoreError, UsageError } from '@mini-soc/model';
import { createLogger } from '@mini-soc/service-kit';
import { describe, expect, it } from 'vitest';
import { startPatiently } from './start-patiently.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const full = () => new StoreError('STORE_DISK_FULL', 'the disk is full', { retryable: true });

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

describe('startPatiently()', () => {
  const start = (failures: readonly Error[], signal = new AbortController().signal, port = 0) => {
    const said: string[] = [];
    const left = [...failures];
    const started = startPatiently(
      async () => {
        const failure = left.shift();
        if (failure !== undefined) throw failure;
        return 'started';
      },
      {
        signal,
        onWaiting: (sentence) => void said.push(sentence),
        port,
        logger,
        firstMs: port === 0 ? 1 : 300,
        longestMs: 300,
      },
    );
    return { said, started };
  };

  it('tries again as long as what fails passes', async () => {
    const denied = Object.assign(new Error('EACCES: no'), { code: 'EACCES', path: '/data/run' });
    const { said, started } = start([full(), denied, full()]);
    expect(await started).toBe('started');
    expect(said).toEqual([
      'Cannot start yet: the disk is full',
      'Cannot start yet: "/data/run": permission denied (correct the permissions, or choose another folder with --data)',
      'Cannot start yet: the disk is full',
    ]);
  });

  it('ends at once with what can never work', async () => {
    const { said, started } = start([full(), new UsageError('in use by another process')]);
    await expect(started).rejects.toThrow('in use by another process');
    expect(said).toHaveLength(1);
  });

  it('ends at once when it is told to', async () => {
    const ending = new AbortController();
    const { started } = start(Array.from({ length: 1000 }, full), ending.signal);
    ending.abort();
    expect(await started).toBeUndefined();
  });

  it('answers meanwhile: alive, not ready, and why', async () => {
    const port = await freePort();
    const { started, said } = start([full()], undefined, port);
    while (said.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    let ready = await ask('/ready');
    while (ready === undefined) ready = await ask('/ready');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      parts: { start: 'Cannot start yet: the disk is full' },
    });
    expect((await ask('/health'))?.status).toBe(200);
    expect(await started).toBe('started');
    expect(await ask('/health')).toBeUndefined(); // the port is free for the real one
  });
});
