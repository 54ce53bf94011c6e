/** Entities of events, and whether events of one entity could be enough. */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, foldCase } from './matches-filter.ts';
import type { Entity, Query } from './query.ts';
import { fieldText, readField } from './read-field.ts';

/** Entity of an event under a query; undefined when a group-by field is missing. */
export function entityOf(query: Query, event: SocEvent): Entity | undefined {
  const entity: Record<string, string> = {};
  for (const field of query.groupBy) {
    const text = fieldText(readField(event, field));
    if (text === undefined) return undefined;
    entity[field] = text;
  }
  return entity;
}

/** Whether these events of one entity are enough for the measure, order and window aside. */
export function couldFire(query: Query, events: readonly SocEvent[]): boolean {
  const { measure } = query;
  switch (measure.kind) {
    case 'count':
      return events.reduce((sum, event) => sum + (event.repeat_count ?? 1), 0) >= measure.atLeast;
    case 'distinct':
      return (
        new Set(
          events.flatMap((event) => fieldText(readField(event, measure.field)) ?? []).map(foldCase),
        ).size >= measure.atLeast
      );
    case 'sequence':
      return measure.steps.every((step) => events.filter(compileFilter(step.filter)).length >= 1);
    default:
      return measure satisfies never;
  }
}
