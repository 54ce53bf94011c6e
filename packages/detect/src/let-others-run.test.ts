import { describe, expect, it } from 'vitest';
import { createPause } from './let-others-run.ts';

describe('createPause()', () => {
  it('lets others run when a stretch took long, and measures anew from there', async () => {
    let ms = 0;
    const pause = createPause(1, () => ms);
    ms = 4;
    expect(pause()).toBeUndefined();
    ms = 5;
    let others = 0;
    setImmediate(() => (others += 1));
    await pause();
    expect(others).toBe(1);
    ms = 9;
    expect(pause()).toBeUndefined();
    ms = 10;
    await expect(pause()).resolves.toBeUndefined();
  });

  it('looks at the clock after so many rounds only', () => {
    let looks = 0;
    const pause = createPause(100, () => (looks += 1));
    for (let round = 0; round < 299; round += 1) expect(pause()).toBeUndefined();
    expect(looks).toBe(3);
  });
});
