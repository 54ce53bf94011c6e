import { describe, expect, it } from 'vitest';
import { storeMemoryMb } from './store-memory.ts';

describe('storeMemoryMb()', () => {
  it.each([
    [undefined, 96],
    [Number.POSITIVE_INFINITY, 96],
    [2 ** 64, 96],
    [300 * 1_048_576, 50],
    [200 * 1_048_576, 33],
    [1, 32],
  ])('of %s bytes are %i MiB', (memoryBytes, wanted) => {
    expect(storeMemoryMb(memoryBytes)).toBe(wanted);
  });
});
