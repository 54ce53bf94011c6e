export {
  ALL_TECHNIQUES,
  ATTACK_VERSION,
  findTechnique,
  TECHNIQUES,
  techniquesOfTags,
} from './catalogue.ts';
export type { Technique } from './catalogue.ts';
export type { Embedder } from './embedder.ts';
export { createHybridIndex, textOf, VECTOR_WEIGHT } from './hybrid-index.ts';
export type { HybridOptions } from './hybrid-index.ts';
export { createLexicalIndex, wordsOf } from './lexical-index.ts';
export type { Match, TechniqueIndex } from './technique-index.ts';
export { createMemoryVectors } from './vector-index.ts';
export type { Near, VectorIndex } from './vector-index.ts';
