/** Positions of the sources, in memory. */
import type { Position, PositionMove } from '@mini-soc/model';
import type { PositionStore } from '../store.ts';
import { createPositionTracker } from '../track-positions.ts';

export interface MemoryPositions {
  readonly store: PositionStore;
  /** Moves one, as far as everything before it is stored. */
  readonly move: (move: PositionMove) => void;
}

/** `storedIds`: of all events that are stored. */
export function createMemoryPositions(storedIds: () => Iterable<string>): MemoryPositions {
  const positions = new Map<string, Position>();
  const tracker = createPositionTracker();
  return {
    move(move) {
      const planned = tracker.plan([move]);
      planned.commit();
      for (const { id, to, markAt, mark, seenMs } of planned.reached) {
        const before = positions.get(id) as Position;
        positions.set(id, {
          ...before,
          readTo: to,
          markAt,
          mark,
          seenMs: Math.max(before.seenMs, seenMs),
        });
      }
    },
    store: {
      read: async (source) => [...positions.values()].filter((one) => one.source === source),
      async put(changed) {
        for (const one of changed) {
          const present = positions.get(one.id);
          positions.set(
            one.id,
            present === undefined ? one : { ...present, document: one.document },
          );
          tracker.know(one.id, one.readTo);
        }
      },
      async forget(forgotten) {
        for (const id of forgotten) {
          positions.delete(id);
          tracker.forget(id);
        }
      },
      async lastStored(wanted) {
        const last = new Map<string, number>();
        for (const eventId of storedIds()) {
          const [id = '', offset] = eventId.split(':');
          if (!wanted.includes(id) || offset === undefined) continue;
          last.set(id, Math.max(last.get(id) ?? 0, Number(offset)));
        }
        return last;
      },
    },
  };
}
