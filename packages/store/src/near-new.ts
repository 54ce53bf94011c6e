/** Where the events lie that could make an entity fire together with its new ones. */
import type { Query } from '@mini-soc/query';
import type { Candidate, TimeRange } from './store.ts';

/** Every window of the query that holds one of the new events. */
export function nearNew(
  { windowMs }: Pick<Query, 'windowMs'>,
  { firstNewMs, lastNewMs }: Pick<Candidate, 'firstNewMs' | 'lastNewMs'>,
): TimeRange {
  return { fromMs: firstNewMs - windowMs + 1, toMs: lastNewMs + windowMs };
}
