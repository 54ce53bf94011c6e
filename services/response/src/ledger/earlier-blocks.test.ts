import { describe, expect, it } from 'vitest';
import { ignoreLimits } from '@mini-soc/model';
import { ip } from '../../test/response-fixture.ts';
import { createEarlierBlocks } from './earlier-blocks.ts';

const A = ip('203.0.113.7');
const DAY = 86_400_000;

describe('createEarlierBlocks()', () => {
  it('createEarlierBlocks() counts blocks, not the decisions that make one longer', () => {
    const earlier = createEarlierBlocks(7 * DAY, ignoreLimits);
    expect(earlier.count(A, 0, false)).toBe(0);
    earlier.note(A, 0, 10, false);
    earlier.note(A, 5, 15, true);
    expect(earlier.count(A, 8, true)).toBe(0);
    expect(earlier.count(A, 15, false)).toBe(1);
    earlier.note(A, 20, 40, false);
    expect(earlier.count(A, 30, true)).toBe(1);
    expect(earlier.count(A, 40, false)).toBe(2);
  });

  it('createEarlierBlocks() is told what is in force, whatever the wall clock says', () => {
    const earlier = createEarlierBlocks(7 * DAY, ignoreLimits);
    earlier.note(A, 100, 110, false);
    expect(earlier.count(A, 3_600_000, true)).toBe(0);
    earlier.note(A, 3_600_000, 3_600_010, true);
    expect(earlier.count(A, 0, false)).toBe(1);
    earlier.note(A, 0, 10, false);
    expect(earlier.count(A, 5, true)).toBe(1);
  });

  it('createEarlierBlocks() goes by the times in ledgers of before', () => {
    const earlier = createEarlierBlocks(7 * DAY, ignoreLimits);
    earlier.note(A, 0, 10, undefined);
    earlier.note(A, 5, 15, undefined);
    earlier.note(A, 20, 30, undefined);
    expect(earlier.count(A, 30, false)).toBe(2);
  });

  it('createEarlierBlocks() forgets after its time, and what a person lifted', () => {
    const earlier = createEarlierBlocks(DAY, ignoreLimits);
    earlier.note(A, 0, 10, undefined);
    expect(earlier.count(A, 9 + DAY, false)).toBe(1);
    expect(earlier.count(A, 10 + DAY, false)).toBe(0);
    earlier.note(A, 10 + DAY, 20 + DAY, undefined);
    expect(earlier.count(A, 20 + DAY, false)).toBe(1);
    earlier.forget(A);
    expect(earlier.count(A, 21 + DAY, false)).toBe(0);
  });

  it('createEarlierBlocks() forgets of too many those blocked longest ago, and says so', () => {
    const hits: string[] = [];
    const earlier = createEarlierBlocks(DAY, (name) => hits.push(name));
    for (let n = 0; n <= 100_000; n += 1)
      earlier.note(
        ip(`2001:db8::${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`),
        n,
        n + 1,
        false,
      );
    expect(hits).toEqual(['addresses_remembered']);
    expect(earlier.entries()).toHaveLength(100_000);
    expect(earlier.count(ip('2001:db8::'), 200_000, false)).toBe(0);
  });
});
