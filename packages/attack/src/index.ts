export {
  ALL_TECHNIQUES,
  ATTACK_VERSION,
  findTechnique,
  formerIdOf,
  isSameFamily,
  tacticsOfTags,
  TECHNIQUES,
  techniquesOfTags,
} from './catalogue.ts';
export type { Tactic, Technique } from './catalogue.ts';
export type { Embedder } from './embedder.ts';
export { examplesOf } from './examples.ts';
export type { LabelledExample, TaggedText } from './examples.ts';
export { createHybridIndex, textOf } from './hybrid-index.ts';
export type { HybridOptions } from './hybrid-index.ts';
export { createLexicalIndex } from './lexical-index.ts';
export type { WordIndex } from './lexical-index.ts';
export { order, VECTOR_WEIGHT } from './rank.ts';
export type { Evidence, Found } from './rank.ts';
export type { Match, TechniqueIndex } from './technique-index.ts';
export { createMemoryVectors } from './vector-index.ts';
export type { Near, VectorIndex } from './vector-index.ts';
export { wordsOf } from './word-scores.ts';
