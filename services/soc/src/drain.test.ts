import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { drain } from './drain.ts';

/** Takes a chunk when it is told to. */
function slowReader() {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      waiting.push(() => {
        taken.push(chunk.toString());
        callback();
      });
    },
  });
  return { stream, taken, take: () => waiting.shift()?.() };
}

describe('drain()', () => {
  it('drain() resolves once all that was written is taken', async () => {
    const { stream, taken, take } = slowReader();
    stream.write('one');
    stream.write('two');
    let isDone = false;
    const drained = (async () => {
      await drain(stream, new AbortController().signal);
      isDone = true;
    })();
    take();
    await new Promise((resolve) => setImmediate(resolve));
    expect([isDone, taken]).toEqual([false, ['one']]);
    take();
    await new Promise((resolve) => setImmediate(resolve));
    take();
    await drained;
    expect(taken.slice(0, 2)).toEqual(['one', 'two']);
  });

  it('drain() does not wait for a reader that is no longer wanted', async () => {
    const { stream } = slowReader();
    stream.write('one');
    const stopping = new AbortController();
    const drained = drain(stream, stopping.signal);
    stopping.abort();
    await expect(drained).resolves.toBeUndefined();
  });

  it('drain() of a stream that failed resolves', async () => {
    const { stream } = slowReader();
    stream.on('error', () => undefined);
    stream.write('one');
    stream.destroy(new Error('gone'));
    await expect(drain(stream, new AbortController().signal)).resolves.toBeUndefined();
  });
});
