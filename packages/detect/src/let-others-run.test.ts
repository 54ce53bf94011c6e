import { expect, it } from 'vitest';
import { createPause } from './let-others-run.ts';

it('createPause() lets others run in the middle of a long loop, however dear its rounds are', async () => {
  let others = 0;
  let isOver = false;
  const tick = (): void => {
    others += 1;
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  const pause = createPause(2);
  for (let round = 0; round < 20; round += 1) {
    const untilMs = performance.now() + 6;
    while (performance.now() < untilMs);
    await pause();
  }
  isOver = true;
  expect(others).toBeGreaterThanOrEqual(10);
});

it('createPause() costs a short loop nothing', () => {
  const pause = createPause(100_000);
  expect(Array.from({ length: 99_999 }, () => pause()).every((turn) => turn === undefined)).toBe(
    true,
  );
});
