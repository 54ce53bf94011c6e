import { describe, expect, it } from 'vitest';
import { keepWritten } from './keep-written.ts';

describe('keepWritten()', () => {
  it('is in nobody’s way when it fails, and writes when that is possible', async () => {
    const told: string[] = [];
    let tries = 0;
    let done: () => void = () => undefined;
    const written = new Promise<void>((resolve) => {
      done = resolve;
    });
    const end = await keepWritten({
      what: 'write "run.json"',
      write: async () => {
        tries += 1;
        if (tries < 3) throw new Error('no space');
        done();
      },
      tell: (sentence) => void told.push(sentence),
      everyMs: 1,
    });
    expect(tries).toBe(1);
    await written;
    await end();
    expect(told).toEqual(
      Array.from({ length: 2 }, () => 'Cannot write "run.json": no space (it is tried again)'),
    );
  });

  it('ends when it is told to', async () => {
    let tries = 0;
    const end = await keepWritten({
      what: 'write',
      write: async () => {
        tries += 1;
        throw new Error('no');
      },
      tell: () => undefined,
      everyMs: 1,
    });
    await end();
    const before = tries;
    await new Promise((resolve) => setImmediate(resolve));
    expect(tries).toBe(before);
  });
});
