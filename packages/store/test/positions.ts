/** What every store with positions must do. */
import type { Position, PositionMove } from '@mini-soc/model';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import type { PositionStore, Store } from '../src/store.ts';
import { sampleEvent } from './conformance.ts';

const position = (id: string, change: Partial<Position> = {}): Position => ({
  id,
  source: 'file',
  readTo: 0,
  markAt: -1,
  mark: 0,
  seenMs: 5,
  document: '{}',
  ...change,
});

const move = (id: string, from: number, to: number): PositionMove => ({
  id,
  from,
  to,
  markAt: from,
  mark: 2 ** 47 + to,
  seenMs: to,
});

export function describePositions(name: string, open: () => Promise<Store>): void {
  describe(`${name} store, positions`, () => {
    let store: Store;
    let positions: PositionStore;
    beforeEach(async () => {
      store = await open();
      if (store.positions === undefined) throw new TypeError('A store without positions');
      positions = store.positions;
    });
    afterEach(async () => store.close());

    it('keeps them by source, changes the document and forgets', async () => {
      await positions.put([position('a'), position('b', { source: 'journal' })]);
      await store.appendEvents([sampleEvent('a:0')], move('a', 0, 9));
      await positions.put([position('a', { readTo: 3, document: '{"x":1}' })]);
      expect(await positions.read('file')).toEqual([
        position('a', { readTo: 9, markAt: 0, mark: 2 ** 47 + 9, seenMs: 9, document: '{"x":1}' }),
      ]);
      await positions.forget(['a']);
      expect(await positions.read('file')).toEqual([]);
      expect(await positions.read('journal')).toHaveLength(1);
    });

    it('moves with events that are new, stored already, refused, and with none', async () => {
      await positions.put([position('a')]);
      const readTo = async () => (await positions.read('file'))[0]?.readTo;
      await store.appendEvents([sampleEvent('a:0')], move('a', 0, 10));
      expect(await readTo()).toBe(10);
      await store.appendEvents([sampleEvent('a:0')], move('a', 10, 20));
      expect(await readTo()).toBe(20);
      await store.appendEvents([sampleEvent('a:1', { '@timestamp': 'never' })], move('a', 20, 30));
      expect(await readTo()).toBe(30);
      expect(await store.appendEvents([], move('a', 30, 40))).toEqual({
        stored: 0,
        duplicates: 0,
        rejected: [],
      });
      expect(await readTo()).toBe(40);
      await store.appendEvents([], move('unknown', 0, 40));
      expect(await positions.read('file')).toHaveLength(1);
    });

    it('says how far the events of an id reach', async () => {
      await store.appendEvents(['a:5', 'a:100', 'a:20', 'b:7', 'odd'].map((id) => sampleEvent(id)));
      expect(await positions.lastStored(['a', 'c', 'odd'])).toEqual(new Map([['a', 100]]));
    });

    it('never leaves a position beyond a piece that is not stored', async () => {
      let files = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(11), { maxLength: 30 }), // a piece that is missing was refused
          async (order) => {
            files += 1;
            const id = `file${files}`;
            await positions.put([position(id)]);
            await Promise.all(
              order.map((piece) =>
                store.appendEvents([sampleEvent(`${id}:${piece}`)], move(id, piece, piece + 1)),
              ),
            );
            let gap = 0;
            while (order.includes(gap)) gap += 1;
            const stored = (await positions.read('file')).find((one) => one.id === id);
            expect(stored?.readTo).toBe(gap);
          },
        ),
        { numRuns: propertyRuns(30) },
      );
    });
  });
}
