import { describe, expect, it } from 'vitest';
import { compareWithFloor, raiseFloor, type Floor } from './floor.ts';

const FLOOR: Floor = { day: { atLeast: { slow: 3 }, atMost: { webdav: 1, blocked: 0 } } };

describe('compareWithFloor()', () => {
  it('is silent about numbers that are as good or better', () => {
    const better = { atLeast: { slow: 4 }, atMost: { webdav: 0, blocked: 0 } };
    expect(compareWithFloor('day', { ...FLOOR['day'], ...better }, FLOOR)).toEqual([]);
    expect(
      compareWithFloor('day', { atLeast: { slow: 3 }, atMost: { webdav: 1, blocked: 0 } }, FLOOR),
    ).toEqual([]);
  });

  it('names what an attack lost and what an innocent gained', () => {
    expect(
      compareWithFloor('day', { atLeast: { slow: 2 }, atMost: { webdav: 1, blocked: 2 } }, FLOOR),
    ).toEqual([
      'day: expected "slow" to be at least 3: current value is 2',
      'day: expected "blocked" to be at most 0: current value is 2',
    ]);
  });

  it('wants the same names on both sides: a kind that vanishes hides nothing', () => {
    expect(
      compareWithFloor('day', { atLeast: { fast: 1 }, atMost: { webdav: 1, blocked: 0 } }, FLOOR),
    ).toEqual([
      'day: "slow" is in the floor and was not measured',
      'day: "fast" is not in the floor: current value is 1',
    ]);
  });

  it('refuses a part that has no floor at all', () => {
    expect(compareWithFloor('logs', { atLeast: { found: 0 }, atMost: {} }, FLOOR)).toHaveLength(1);
  });
});

describe('raiseFloor()', () => {
  it('takes over what was measured and leaves other parts', () => {
    const logs = { atLeast: { found: 9 }, atMost: {} };
    expect(raiseFloor(FLOOR, new Map([['logs', logs]]))).toEqual({ ...FLOOR, logs });
  });
});
