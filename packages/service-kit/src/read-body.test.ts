import { describe, expect, it } from 'vitest';
import { BodyTooLong, readBody } from './read-body.ts';

describe('readBody()', () => {
  it('readBody() reads a body of just that length, and one that is missing', async () => {
    expect((await readBody(new Response('abcd'), 4)).toString()).toBe('abcd');
    expect((await readBody(new Response(null), 0)).byteLength).toBe(0);
  });

  it('readBody() stops at the first byte too many, however much would come', async () => {
    let given = 0;
    const endless = new ReadableStream({
      pull(controller) {
        given += 1;
        controller.enqueue(new Uint8Array(1000));
      },
    });
    await expect(readBody(new Response(endless), 2500)).rejects.toThrow(BodyTooLong);
    expect(given).toBeLessThan(10);
  });
});
