export { couldFire, entityOf } from './entity.ts';
export { fieldsOfFilter, fieldsOfMeasure, fieldsOfQuery } from './filter-fields.ts';
export { entityKey } from './query.ts';
export type { Entity, Filter, Measure, Query, SequenceStep, WildcardPiece } from './query.ts';
export { compileFilter, compileWildcard, foldCase, matchesFilter } from './matches-filter.ts';
export type { Predicate } from './matches-filter.ts';
export { compileRegexp } from './compile-regexp.ts';
export { fieldText, readField } from './read-field.ts';
