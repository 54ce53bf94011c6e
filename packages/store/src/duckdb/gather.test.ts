import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import { createGatherer, type Gatherer } from './gather.ts';

/** What is written is held until it is let go; the result of an item is its number. */
function start(lingerMs: number): {
  readonly gatherer: Gatherer<number, string>;
  readonly groups: (readonly number[])[];
  readonly ends: ((error?: Error) => void)[];
} {
  const groups: (readonly number[])[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const gatherer = createGatherer<number, string>({
    write: (items) => {
      groups.push(items);
      return new Promise((resolve, reject) => {
        ends.push((error) =>
          error === undefined ? resolve(items.map((item) => `wrote ${item}`)) : reject(error),
        );
      });
    },
    weightOf: (item) => item,
    fullWeight: 100,
    lingerMs,
  });
  return { gatherer, groups, ends };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 10));

describe('createGatherer()', () => {
  it('writes what comes within the wait together, and tells each its result', async () => {
    const { gatherer, groups, ends } = start(1);
    const all = Promise.all([gatherer.add(1), gatherer.add(2)]);
    expect(groups).toEqual([]);
    await vi.waitFor(() => expect(groups).toEqual([[1, 2]]));
    ends[0]?.();
    expect(await all).toEqual(['wrote 1', 'wrote 2']);
  });

  it('writes at once when nobody is to wait, and gathers while that goes on', async () => {
    const { gatherer, groups, ends } = start(0);
    const all = Promise.all([1, 2, 3].map((item) => gatherer.add(item)));
    expect(groups).toEqual([[1]]);
    ends[0]?.();
    await soon();
    expect(groups).toEqual([[1], [2, 3]]);
    ends[1]?.();
    expect(await all).toEqual(['wrote 1', 'wrote 2', 'wrote 3']);
  });

  it('does not keep a full group waiting, and has two of them under way', async () => {
    const { gatherer, groups, ends } = start(3_600_000);
    for (const item of [60, 60, 100, 100]) void gatherer.add(item);
    expect(groups).toEqual([[60, 60], [100]]);
    ends[0]?.();
    await soon();
    expect(groups[2]).toEqual([100]);
  });

  it('ends the wait in a stream that never pauses', async () => {
    const { gatherer, groups } = start(4);
    for (let turn = 0; turn < 200 && groups.length === 0; turn += 1) {
      void gatherer.add(0);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(groups).toHaveLength(1);
  });

  it('tells all of a group what failed, and goes on with the next', async () => {
    const { gatherer, groups, ends } = start(1);
    const failed = [gatherer.add(1), gatherer.add(2)].map((one) =>
      expect(one).rejects.toThrow('disk full'),
    );
    await soon();
    const later = gatherer.add(3);
    ends[0]?.(new Error('disk full'));
    await Promise.all(failed);
    await soon();
    expect(groups[1]).toEqual([3]);
    ends[1]?.();
    expect(await later).toBe('wrote 3');
  });

  it('writes every item once and in order, whatever their weights and the time between them', async () => {
    const items = fc.array(
      fc.record({ weight: fc.integer({ min: 0, max: 150 }), waits: fc.boolean() }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 0, max: 2 }), async (given, lingerMs) => {
        const written: number[] = [];
        const gatherer = createGatherer<{ readonly id: number; readonly weight: number }, number>({
          write: async (group) => {
            written.push(...group.map(({ id }) => id));
            await Promise.resolve();
            return group.map(({ id }) => id);
          },
          weightOf: ({ weight }) => weight,
          fullWeight: 100,
          lingerMs,
        });
        const results: Promise<number>[] = [];
        for (const [id, { weight, waits }] of given.entries()) {
          results.push(gatherer.add({ id, weight }));
          if (waits) await new Promise((resolve) => setTimeout(resolve, 3));
        }
        const ids = given.map((_, id) => id);
        expect(await Promise.all(results)).toEqual(ids);
        expect(written).toEqual(ids);
      }),
      { numRuns: propertyRuns(50) },
    );
  });
});
