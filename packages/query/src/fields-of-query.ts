/** Which fields a query looks at. */
import type { Filter, Query } from './query.ts';

export function fieldsOfQuery(query: Query): ReadonlySet<string> {
  const { measure } = query;
  return new Set([
    ...fieldsOfFilter(query.filter),
    ...query.groupBy,
    ...(measure.kind === 'distinct' ? [measure.field] : []),
    ...(measure.kind === 'sequence'
      ? measure.steps.flatMap((step) => fieldsOfFilter(step.filter))
      : []),
  ]);
}

function fieldsOfFilter(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return filter.of.flatMap(fieldsOfFilter);
    case 'not':
      return fieldsOfFilter(filter.of);
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
