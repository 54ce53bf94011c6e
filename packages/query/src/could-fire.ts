/**
 * Which entities could fire, as data. The evaluator decides; a store keeps entities away from it that
 * cannot fire: it may let too many through and never one too few. What has to be there is written here,
 * once. Each engine says it in its own words (`measure.ts` in its folder); `couldFire()` says it in
 * TypeScript and is the oracle.
 *
 * An entity could fire when, within one window, it has a new matching event and its matching events meet
 * every need. An engine that cannot slide a window asks for them in all that is near its new events. The
 * order of a sequence's steps is the evaluator's.
 */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, foldCase, type Predicate } from './matches-filter.ts';
import type { Filter, Measure, Query } from './query.ts';
import { fieldText, readField } from './read-field.ts';

export type Need =
  /** Events, of those that match the query only such as match the filter; one with repeat_count n counts n. */
  | { readonly kind: 'events'; readonly filter?: Filter; readonly atLeast: number }
  /** Different values of a field, lower-cased; of a list each one. */
  | { readonly kind: 'values'; readonly field: string; readonly atLeast: number };

/** None when one matching event is enough. */
export function needsOf(measure: Measure): readonly Need[] {
  switch (measure.kind) {
    case 'count':
      return measure.atLeast <= 1 ? [] : [{ kind: 'events', atLeast: measure.atLeast }];
    case 'distinct':
      // So many networks have at least as many addresses.
      return [{ kind: 'values', field: measure.field, atLeast: measure.atLeast }];
    case 'sequence':
      return measure.steps.map(({ filter, atLeast }) => ({ kind: 'events', filter, atLeast }));
    default:
      return measure satisfies never;
  }
}

/** Whether these events of one entity, all of which match the query, are enough, order and window aside. */
export function couldFire(query: Query, events: readonly SocEvent[]): boolean {
  return events.length > 0 && needsOf(query.measure).every((need) => isMet(need, events));
}

/** The first look asks for each event that comes: a filter is compiled once. */
const predicates = new WeakMap<Filter, Predicate>();

function predicateOf(filter: Filter): Predicate {
  let predicate = predicates.get(filter);
  if (predicate === undefined) {
    predicate = compileFilter(filter);
    predicates.set(filter, predicate);
  }
  return predicate;
}

function isMet(need: Need, events: readonly SocEvent[]): boolean {
  switch (need.kind) {
    case 'events': {
      const counted = need.filter === undefined ? events : events.filter(predicateOf(need.filter));
      return counted.reduce((sum, event) => sum + (event.repeat_count ?? 1), 0) >= need.atLeast;
    }
    case 'values': {
      const values = events.flatMap((event) => readField(event, need.field));
      const texts = values.flatMap((value) => fieldText(value) ?? []);
      return new Set(texts.map(foldCase)).size >= need.atLeast;
    }
    default:
      return need satisfies never;
  }
}
