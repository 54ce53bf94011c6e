export { ATTACK_VERSION, findTechnique, TECHNIQUES, techniquesOfTags } from './catalogue.ts';
export type { Technique } from './catalogue.ts';
export { createLexicalIndex, wordsOf } from './lexical-index.ts';
export type { Match, TechniqueIndex } from './technique-index.ts';
