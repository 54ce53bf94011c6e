/** Retrieval by vectors and words together; measured against either alone by bench/retrieval.ts. */
import type { Technique } from './catalogue.ts';
import type { Embedder } from './embedder.ts';
import type { WordIndex } from './lexical-index.ts';
import { rank } from './rank.ts';
import type { TechniqueIndex } from './technique-index.ts';
import type { VectorIndex } from './vector-index.ts';

export interface HybridOptions {
  readonly embedder: Pick<Embedder, 'embed'>;
  /** Vectors of the techniques of `words`, by their ids. */
  readonly vectors: VectorIndex;
  /** Vectors of its examples, by their place in the list; absent while there are none. */
  readonly exampleVectors?: VectorIndex;
  readonly words: WordIndex;
  /** Share of the vectors, 0 to 1. */
  readonly weight?: number;
}

/** A longer query is cut: the model reads some 250 words. */
const MAX_CHARACTERS = 1200;

/** What of a technique is embedded. */
export function textOf(technique: Technique): string {
  return `${technique.name}. ${technique.description} ${technique.keywords}`.trim();
}

export function createHybridIndex(options: HybridOptions): TechniqueIndex {
  const { words, exampleVectors } = options;
  const { techniques, examples } = words;
  return {
    name: 'vectors and words',
    async search(text, size) {
      const query = text.slice(0, MAX_CHARACTERS).trim();
      if (query === '') return [];
      const vector = await options.embedder.embed(query);
      const [near, nearExamples] = await Promise.all([
        options.vectors.near(vector),
        exampleVectors?.near(vector) ?? [],
      ]);
      const cosines = new Map(near.map(({ id, similarity }) => [id, similarity]));
      const ofExamples = new Map(nearExamples.map(({ id, similarity }) => [id, similarity]));
      const { shares, exampleShares } = words.weigh(query);
      return rank(
        {
          techniques,
          examples,
          shares,
          exampleShares,
          cosines: techniques.map(({ id }) => cosines.get(id) ?? 0),
          ...(exampleVectors === undefined
            ? {}
            : { exampleCosines: examples.map((_, index) => ofExamples.get(`${index}`) ?? 0) }),
          ...(options.weight === undefined ? {} : { vectorWeight: options.weight }),
        },
        size,
      );
    },
  };
}
