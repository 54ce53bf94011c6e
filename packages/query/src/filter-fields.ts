/** Which fields a filter reads. */
import type { Filter } from './query.ts';

/** Names of the fields, each once, in order of appearance. */
export function fieldsOfFilter(filter: Filter): readonly string[] {
  return [...new Set(read(filter))];
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
    default:
      return filter satisfies never;
  }
}
