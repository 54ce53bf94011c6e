/** Entities of events. */
import type { SocEvent } from '@mini-soc/model';
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
