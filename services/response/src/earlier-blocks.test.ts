import { describe, expect, it } from 'vitest';
import { ip } from '../test/response-fixture.ts';
import { createEarlierBlocks } from './earlier-blocks.ts';

const A = ip('203.0.113.7');
const DAY = 86_400_000;

describe('createEarlierBlocks()', () => {
  it('createEarlierBlocks() counts blocks, not the decisions that make one longer', () => {
    const earlier = createEarlierBlocks(7 * DAY);
    expect(earlier.count(A, 0)).toBe(0);
    earlier.note(A, 0, 10);
    earlier.note(A, 5, 15);
    expect(earlier.count(A, 8)).toBe(0);
    expect(earlier.count(A, 15)).toBe(1);
    earlier.note(A, 20, 40);
    expect(earlier.count(A, 30)).toBe(1);
    expect(earlier.count(A, 40)).toBe(2);
  });

  it('createEarlierBlocks() forgets after its time, and what a person lifted', () => {
    const earlier = createEarlierBlocks(DAY);
    earlier.note(A, 0, 10);
    expect(earlier.count(A, 9 + DAY)).toBe(1);
    expect(earlier.count(A, 10 + DAY)).toBe(0);
    earlier.note(A, 10 + DAY, 20 + DAY);
    expect(earlier.count(A, 20 + DAY)).toBe(1);
    earlier.forget(A);
    expect(earlier.count(A, 21 + DAY)).toBe(0);
  });

  it('createEarlierBlocks() forgets of too many those blocked longest ago, and says so', () => {
    const hits: string[] = [];
    const earlier = createEarlierBlocks(DAY, (name) => hits.push(name));
    for (let n = 0; n <= 100_000; n += 1)
      earlier.note(
        ip(`2001:db8::${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`),
        n,
        n + 1,
      );
    expect(hits).toEqual(['addresses_remembered']);
    expect(earlier.entries()).toHaveLength(100_000);
    expect(earlier.count(ip('2001:db8::'), 200_000)).toBe(0);
  });
});
