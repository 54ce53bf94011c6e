/** The port on stored vectors of techniques, and the one that keeps them in memory. */
export interface Near {
  readonly id: string;
  /** Cosine of the angle: 1 is the same direction. */
  readonly similarity: number;
}

export interface VectorIndex {
  readonly name: string;
  /** Every technique, nearest first. Rejects when the store of vectors does not answer. */
  readonly near: (vector: readonly number[]) => Promise<readonly Near[]>;
}

/** Exact: compares with each. `vectors` have length 1. */
export function createMemoryVectors(vectors: ReadonlyMap<string, readonly number[]>): VectorIndex {
  const rows = [...vectors].map(([id, vector]) => ({ id, vector: Float32Array.from(vector) }));
  return {
    name: 'memory',
    near: async (wanted) =>
      rows
        .map(({ id, vector }) => ({
          id,
          similarity: vector.reduce((sum, value, index) => sum + value * (wanted[index] ?? 0), 0),
        }))
        .toSorted((a, b) => b.similarity - a.similarity || (a.id < b.id ? -1 : 1)),
  };
}
