/** Waits until what was written has gone out: a process that ends before loses what a slow reader did not take yet. */
import type { Writable } from 'node:stream';

/** Resolves when the stream has taken all that was written so far, has failed, or waiting is no longer wanted. */
export function drain(stream: Writable, signal: AbortSignal): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    stream.write('', done);
  });
}
