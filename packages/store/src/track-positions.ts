/**
 * Which moves of positions take effect. Batches of one source are stored in any order, and some fail
 * while later ones succeed: a position moves as far as there is no gap, and what was stored beyond a
 * gap is remembered until the gap is filled.
 */
import type { PositionMove } from '@mini-soc/model';

/** Most pieces remembered beyond a gap of one source; those furthest away are forgotten and come again. */
const MOST_AHEAD = 1000;

export interface PositionTracker {
  /** The place up to which a source is stored. One that is known already stays as it is. */
  readonly know: (id: string, readTo: number) => void;
  readonly forget: (id: string) => void;
  /** What the moves would change; nothing does until `commit`. Moves of unknown sources are ignored. */
  readonly plan: (moves: readonly PositionMove[]) => PlannedMoves;
}

export interface PlannedMoves {
  /** The move that reaches furthest, for each position that changes. */
  readonly reached: readonly PositionMove[];
  readonly commit: () => void;
}

interface Tracked {
  readonly readTo: number;
  /** Stored beyond a gap, by where they begin. */
  readonly ahead: readonly PositionMove[];
}

export function createPositionTracker(): PositionTracker {
  const tracked = new Map<string, Tracked>();
  return {
    know(id, readTo) {
      if (!tracked.has(id)) tracked.set(id, { readTo, ahead: [] });
    },
    forget: (id) => void tracked.delete(id),
    plan(moves) {
      const next = new Map<string, Tracked>();
      const reached = new Map<string, PositionMove>();
      for (const move of moves) {
        const before = next.get(move.id) ?? tracked.get(move.id);
        if (before === undefined) continue;
        const extended = extend(before, move);
        next.set(move.id, extended.tracked);
        if (extended.reached !== undefined) reached.set(move.id, extended.reached);
      }
      return {
        reached: [...reached.values()],
        commit: () => {
          for (const [id, one] of next) if (tracked.has(id)) tracked.set(id, one);
        },
      };
    },
  };
}

function extend(
  { readTo, ahead }: Tracked,
  move: PositionMove,
): { readonly tracked: Tracked; readonly reached: PositionMove | undefined } {
  const pieces = ahead.length === 0 ? [move] : [...ahead, move].toSorted((a, b) => a.from - b.from);
  let to = readTo;
  let reached: PositionMove | undefined;
  let joined = 0;
  for (const piece of pieces) {
    if (piece.from > to) break;
    joined += 1;
    if (piece.to <= to) continue;
    to = piece.to;
    reached = piece;
  }
  return { tracked: { readTo: to, ahead: pieces.slice(joined, joined + MOST_AHEAD) }, reached };
}
