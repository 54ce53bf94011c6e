/** The events of the memory engine, in order of arrival. */
import type { SocEvent } from '@mini-soc/model';
import { entityKey, entityOf, type Entity, type Query } from '@mini-soc/query';
import type { TimeRange } from '../store.ts';

export interface Row {
  readonly event: SocEvent;
  readonly timeMs: number;
  /** Fields of a grouping → the entity, undefined where a field is missing. */
  readonly entities: Map<string, Keyed | undefined>;
}

export interface Keyed {
  readonly entity: Entity;
  readonly key: string;
}

/** Each event is asked in every page of every cycle, always for the same few groupings. */
export function keyedEntity(query: Query, { event, entities }: Row): Keyed | undefined {
  const grouping = query.groupBy.join('\n');
  if (!entities.has(grouping)) {
    const entity = entityOf(query, event);
    entities.set(grouping, entity === undefined ? undefined : { entity, key: entityKey(entity) });
  }
  return entities.get(grouping);
}

/** Order of events: by time, then by id. */
export function byTime(a: Row, b: Row): number {
  return a.timeMs - b.timeMs || (a.event.event_id < b.event.event_id ? -1 : 1);
}

/** Always true without a range. */
export function inRange({ timeMs }: Row, range: TimeRange | undefined): boolean {
  return range === undefined || (timeMs >= range.fromMs && timeMs < range.toMs);
}
