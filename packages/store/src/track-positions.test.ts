import type { PositionMove } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPositionTracker } from './track-positions.ts';

const move = (from: number, to: number): PositionMove => ({
  id: 'a',
  from,
  to,
  markAt: from,
  mark: to,
  seenMs: 0,
});

describe('createPositionTracker()', () => {
  it('never moves past a piece that is not stored, and reaches the end of those that are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.record({ piece: fc.nat(9), length: fc.integer({ min: 1, max: 3 }) }))),
        fc.array(fc.boolean()),
        (groups, failures) => {
          const tracker = createPositionTracker();
          tracker.know('a', 0);
          const stored = new Set<number>();
          let readTo = 0;
          for (const [index, group] of groups.entries()) {
            const planned = tracker.plan(
              group.map(({ piece, length }) => move(piece, piece + length)),
            );
            if (failures[index] === true) continue; // the transaction was rolled back
            planned.commit();
            for (const { piece, length } of group)
              for (let at = piece; at < piece + length; at += 1) stored.add(at);
            for (const { to, mark } of planned.reached) {
              expect(mark).toBe(to);
              expect(to).toBeGreaterThan(readTo);
              readTo = to;
            }
            let gap = 0;
            while (stored.has(gap)) gap += 1;
            expect(readTo).toBe(gap);
          }
        },
      ),
    );
  });

  it('ignores the moves of a source it does not know', () => {
    const tracker = createPositionTracker();
    expect(tracker.plan([move(0, 5)]).reached).toEqual([]);
    tracker.know('a', 0);
    tracker.forget('a');
    expect(tracker.plan([move(0, 5)]).reached).toEqual([]);
  });
});
