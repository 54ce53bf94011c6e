import { EventEmitter } from 'node:events';
import { UsageError } from '@mini-soc/model';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createHttpApp } from './http-app.ts';
import { openLater, waitFor } from './open-later.ts';
import { runService, type ServiceContext, type ServiceDefinition } from './run-service.ts';

function fakeProcess(env: Readonly<Record<string, string>> = {}) {
  const events = new EventEmitter();
  const written: string[] = [];
  return {
    events,
    written,
    env: { LOG_LEVEL: 'silent', ...env },
    stderr: { write: (text: string) => written.push(text) },
    on: (event: string, listener: (reason: unknown) => void) => events.on(event, listener),
    exit: (code: number) => written.push(`exit ${code}`),
  };
}

const service = (start: (context: ServiceContext) => Promise<void>): ServiceDefinition => ({
  name: 'detection',
  uses: { listens: true },
  start,
});

describe('runService()', () => {
  it('runService() runs until SIGTERM, then undoes in reverse order and ends with 0', async () => {
    const host = fakeProcess();
    const undone: string[] = [];
    const code = await runService(
      host,
      service(async ({ undo }) => {
        undo(async () => undone.push('store'));
        undo(async () => undone.push('app'));
        setImmediate(() => host.events.emit('SIGTERM'));
      }),
    );
    expect([code, undone, host.written]).toEqual([0, ['app', 'store'], []]);
  });

  it.each(['SIGINT', 'SIGQUIT', 'SIGUSR2'])(
    'runService() ends in order with %s too',
    async (name) => {
      const host = fakeProcess();
      const undone: string[] = [];
      const code = await runService(
        host,
        service(async ({ undo }) => {
          undo(async () => undone.push('store'));
          setImmediate(() => host.events.emit(name));
        }),
      );
      expect([code, undone]).toEqual([0, ['store']]);
    },
  );

  it('runService() opens no debugger with SIGUSR1, says so and goes on', async () => {
    const host = fakeProcess();
    const code = await runService(
      host,
      service(async ({ signal }) => {
        host.events.emit('SIGUSR1');
        expect(signal.aborted).toBe(false);
        setImmediate(() => host.events.emit('SIGTERM'));
      }),
    );
    expect([code, host.written]).toEqual([0, ['SIGUSR1 is ignored: no debugger is opened\n']]);
  });

  it('runService() ends with 0 when the service says that its work is done', async () => {
    const host = fakeProcess();
    const undone: string[] = [];
    const code = await runService(
      host,
      service(async ({ undo, finish }) => {
        undo(async () => undone.push('store'));
        finish();
      }),
    );
    expect([code, undone, host.written]).toEqual([0, ['store'], []]);
  });

  it('runService() says what is wrong with the settings in one line each and starts nothing', async () => {
    const host = fakeProcess({ DETECTION_PORT: 'x', API_TOKEN_FILE: '' });
    const code = await runService(
      host,
      service(async () => {
        throw new Error('was started');
      }),
    );
    expect(code).toBe(2);
    expect(host.written).toEqual([
      'Cannot read the configuration:\n  DETECTION_PORT  Expected a port from 0 to 65535: current value is "x"\n',
    ]);
  });

  it('runService() refuses a weak start in production', async () => {
    const host = fakeProcess({ PRODUCTION: 'true' });
    expect(
      await runService(
        host,
        service(async () => undefined),
      ),
    ).toBe(2);
    expect(host.written.join('')).toContain('API_TOKEN  Expected a token in production');
  });

  it('runService() undoes what was done when the start or a later step fails', async () => {
    const undone: string[] = [];
    const early = fakeProcess();
    const code = await runService(
      early,
      service(async ({ undo }) => {
        undo(async () => undone.push('store'));
        throw new UsageError('Cannot start');
      }),
    );
    expect([code, undone, early.written]).toEqual([2, ['store'], ['Cannot start\n']]);
    const late = fakeProcess();
    const later = runService(
      late,
      service(async ({ fail }) => {
        setImmediate(() => fail(new UsageError('The store is gone')));
      }),
    );
    expect([await later, late.written]).toEqual([2, ['The store is gone\n']]);
  });

  it('runService() ends at once when a signal comes while the start waits', async () => {
    const host = fakeProcess();
    const code = await runService(
      host,
      service(async ({ signal, logger }) => {
        setImmediate(() => host.events.emit('SIGTERM'));
        await waitFor(
          async () => {
            throw new UsageError('Not there yet', { retryable: true });
          },
          { what: 'the store', signal, logger, firstMs: 3_600_000 },
        );
      }),
    );
    expect([code, host.written]).toEqual([0, []]);
  });

  it('runService() names the port that is taken', async () => {
    const app = () =>
      createHttpApp({
        name: 'detection',
        version: '0',
        logger: pino({ level: 'silent' }),
        token: '',
        ready: async () => ({ ready: true, parts: {} }),
      });
    const host = fakeProcess();
    const code = await runService(
      host,
      service(async ({ listen, undo }) => {
        const [first, second] = [await app(), await app()];
        undo(() => first.close());
        undo(() => second.close());
        const { port } = new URL(await listen(first, 0));
        await listen(second, Number(port));
      }),
    );
    expect(code).toBe(2);
    expect(host.written).toEqual([
      expect.stringMatching(
        /^Cannot open port \d+ for detection: it is already in use \(set DETECTION_PORT/,
      ),
    ]);
  });
});

describe('openLater()', () => {
  it('openLater() opens once for all, and again only after a failure', async () => {
    let tries = 0;
    const open = openLater(async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return tries;
    });
    await expect(open()).rejects.toThrow('not yet');
    expect(await Promise.all([open(), open()])).toEqual([2, 2]);
    expect(await open()).toBe(2);
  });
});

describe('waitFor()', () => {
  it('waitFor() goes on while waiting helps and passes on what will not change', async () => {
    let tries = 0;
    const options = {
      what: 'the store',
      signal: new AbortController().signal,
      logger: pino({ level: 'silent' }),
      firstMs: 1,
    };
    const result = await waitFor(async () => {
      tries += 1;
      if (tries < 4) throw new UsageError('Not there yet', { retryable: true });
      return 'there';
    }, options);
    expect([result, tries]).toEqual(['there', 4]);
    await expect(
      waitFor(async () => {
        throw new UsageError('The credentials are refused');
      }, options),
    ).rejects.toThrow('The credentials are refused');
  });
});
