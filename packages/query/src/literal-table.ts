/**
 * Finds which of many literals a text contains, in one pass: each is known by three characters in a row
 * of its own, the ones that fewest others share. A text made to meet many of them costs its length times
 * the fullest place of the table, never more.
 */

export interface LiteralTable {
  /** Calls back with the ids of each literal that the text contains, perhaps more than once. */
  readonly find: (text: string, found: (ids: readonly number[]) => void) => void;
}

interface Entry {
  readonly literal: string;
  /** Where in the literal its three characters begin. */
  readonly offset: number;
  readonly ids: number[];
}

const PLACES = 8192;

/** Literals of three characters and more. */
export function createLiteralTable(literals: ReadonlyMap<string, readonly number[]>): LiteralTable {
  const places: (Entry[] | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  for (const [literal, ids] of literals) {
    let offset = 0;
    let fewest = Number.POSITIVE_INFINITY;
    for (let at = 0; at + 3 <= literal.length; at += 1) {
      const taken = places[placeOf(literal, at)]?.length ?? 0;
      if (taken >= fewest) continue;
      fewest = taken;
      offset = at;
    }
    (places[placeOf(literal, offset)] ??= []).push({ literal, offset, ids: [...ids] });
  }
  const isTaken = Uint8Array.from(places, (entries) => (entries === undefined ? 0 : 1));
  return {
    find(text, found) {
      for (let at = 0; at + 3 <= text.length; at += 1) {
        const place = placeOf(text, at);
        if (isTaken[place] === 0) continue;
        for (const { literal, offset, ids } of places[place] as Entry[])
          if (text.startsWith(literal, at - offset) && at >= offset) found(ids);
      }
    },
  };
}

function placeOf(text: string, at: number): number {
  return (
    (text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2)) &
    (PLACES - 1)
  );
}
