export { entityKey } from './query.ts';
export type { Entity, Filter, Measure, Query, SequenceStep, WildcardPiece } from './query.ts';
