import { describe, expect, it } from 'vitest';
import { createPause } from './let-others-run.ts';

describe('createPause()', () => {
  it('lets others run after so many rounds', async () => {
    const pause = createPause(3, () => 0);
    expect([pause(), pause()]).toEqual([undefined, undefined]);
    await expect(pause()).resolves.toBeUndefined();
    expect(pause()).toBeUndefined();
  });

  it('lets others run sooner when a round takes long, and measures anew from there', async () => {
    let ms = 0;
    const pause = createPause(1000, () => ms);
    ms = 9;
    expect(pause()).toBeUndefined();
    ms = 10;
    await pause();
    expect(pause()).toBeUndefined();
  });
});
