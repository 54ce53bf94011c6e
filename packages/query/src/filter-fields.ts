/** Which fields filters and queries read. */
import type { Filter, Measure, Query } from './query.ts';

/** When an event happened. Different values of it are different moments, however they are written. */
export const TIME_FIELD = '@timestamp';

/** Names of the fields, each once, in order of appearance. */
export function fieldsOfFilter(filter: Filter): readonly string[] {
  return [...new Set(read(filter))];
}

/** Names of the fields the measure reads, besides those of its query's filter and groups. */
export function fieldsOfMeasure(measure: Measure): readonly string[] {
  if (measure.kind === 'distinct') return [measure.field];
  if (measure.kind === 'sequence')
    return measure.steps.flatMap((step) => fieldsOfFilter(step.filter));
  return [];
}

export function fieldsOfQuery({ filter, groupBy, measure }: Query): ReadonlySet<string> {
  return new Set([...fieldsOfFilter(filter), ...groupBy, ...fieldsOfMeasure(measure)]);
}

function read(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return filter.of.flatMap(read);
    case 'not':
      return read(filter.of);
    case 'equals':
    case 'wildcard':
    case 'regexp':
    case 'cidr':
    case 'exists':
    case 'compare':
      return [filter.field];
    case 'before':
    case 'clock':
      return [TIME_FIELD];
    default:
      return filter satisfies never;
  }
}
