/**
 * The generator says of each of its events what it belongs to. People may see that, the evaluator never:
 * a store whose events it reads gives them without.
 */
import { GROUND_TRUTH_FIELDS } from '@mini-soc/model';
import type { SpanEvent, SparseEvent, Store } from './store.ts';

/** The same store, but for the events of readEntityEvents(). */
export function withoutGroundTruth<Opened extends Store>(store: Opened): Opened {
  return {
    ...store,
    async readEntityEvents(request) {
      const { take } = request;
      const page = await store.readEntityEvents(
        take === undefined ? request : { ...request, take: (found) => take(withoutTruth(found)) },
      );
      // Events of a real log have none: then nothing is copied.
      return page.events.some(({ event }) => saysTruth(event))
        ? { ...page, events: page.events.map(withoutTruth) }
        : page;
    },
  };
}

function saysTruth(event: SparseEvent): boolean {
  for (const field of GROUND_TRUTH_FIELDS) if (Object.hasOwn(event, field)) return true;
  return false;
}

function withoutTruth(found: SpanEvent): SpanEvent {
  return saysTruth(found.event) ? { ...found, event: strip(found.event) } : found;
}

function strip(event: SparseEvent): SparseEvent {
  return Object.fromEntries(
    Object.entries(event).filter(([field]) => !GROUND_TRUTH_FIELDS.includes(field)),
  ) as SparseEvent;
}
