import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdFilter } from './id-filter.ts';

const half = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** Well spread halves, different for each index. */
function halvesOf(index: number): readonly [number, number] {
  let high = Math.imul(index ^ 0x9e3779b9, 0x85ebca6b);
  high ^= high >>> 13;
  let low = Math.imul(index ^ 0x7f4a7c15, 0xc2b2ae35);
  low ^= low >>> 16;
  return [high, low];
}

describe('createIdFilter()', () => {
  it('createIdFilter() never denies what was added', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half), { maxLength: 500 }), (ids) => {
        const filter = createIdFilter();
        for (const [high, low] of ids) filter.add(high, low);
        expect(ids.every(([high, low]) => filter.mayHave(high, low))).toBe(true);
      }),
    );
  });

  it('createIdFilter() rarely says maybe to what was not, also after it has grown', () => {
    const filter = createIdFilter();
    for (let index = 0; index < 600_000; index += 1) filter.add(...halvesOf(index));
    let wrong = 0;
    for (let index = 600_000; index < 800_000; index += 1)
      if (filter.mayHave(...halvesOf(index))) wrong += 1;
    expect(wrong).toBeLessThan(20); // 0.01 %
    for (let index = 0; index < 600_000; index += 997)
      expect(filter.mayHave(...halvesOf(index))).toBe(true);
  });
});
