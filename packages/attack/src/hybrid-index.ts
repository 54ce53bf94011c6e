/**
 * Retrieval by vectors and words together. Both scores of a query are made comparable (distance from their
 * mean in standard deviations) and added by weight; measured against either alone and against fusion of
 * ranks by bench/retrieval.ts. The confidence is the cosine, as users know it, whatever put the technique
 * in its place.
 */
import { TECHNIQUES, type Technique } from './catalogue.ts';
import type { Embedder } from './embedder.ts';
import type { TechniqueIndex } from './technique-index.ts';
import type { VectorIndex } from './vector-index.ts';

export interface HybridOptions {
  readonly embedder: Pick<Embedder, 'embed'>;
  readonly vectors: VectorIndex;
  readonly words: TechniqueIndex;
  readonly techniques?: readonly Technique[];
  /** Share of the vectors, 0 to 1. */
  readonly weight?: number;
}

/** Chosen by measurement. */
export const VECTOR_WEIGHT = 0.75;
/** A longer query is cut: the model reads some 250 words. */
const MAX_CHARACTERS = 1200;

/** What of a technique is embedded. */
export function textOf(technique: Technique): string {
  return `${technique.name}. ${technique.description} ${technique.keywords}`.trim();
}

export function createHybridIndex(options: HybridOptions): TechniqueIndex {
  const techniques = options.techniques ?? TECHNIQUES;
  const weight = options.weight ?? VECTOR_WEIGHT;
  return {
    name: 'vectors and words',
    async search(text, size) {
      const query = text.slice(0, MAX_CHARACTERS).trim();
      if (query === '') return [];
      const [near, matches] = await Promise.all([
        options.embedder.embed(query).then((vector) => options.vectors.near(vector)),
        options.words.search(text, techniques.length),
      ]);
      const cosines = new Map(near.map(({ id, similarity }) => [id, similarity]));
      const shares = new Map(matches.map((match) => [match.technique.id, match.confidence]));
      const byVectors = standardise(techniques.map(({ id }) => cosines.get(id) ?? 0));
      const byWords = standardise(techniques.map(({ id }) => shares.get(id) ?? 0));
      return techniques
        .map((technique, index) => ({
          technique,
          score: weight * (byVectors[index] as number) + (1 - weight) * (byWords[index] as number),
          confidence: Number(Math.min(1, Math.max(0, cosines.get(technique.id) ?? 0)).toFixed(3)),
        }))
        .toSorted((a, b) => b.score - a.score || (a.technique.id < b.technique.id ? -1 : 1))
        .slice(0, size)
        .map(({ technique, confidence }) => ({ technique, confidence }));
    },
  };
}

function standardise(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
  );
  return values.map((value) => (spread === 0 ? 0 : (value - mean) / spread));
}
