/** The lines that events were, for an alert's evidence. */
import { lineOf } from '../event-line.ts';
import type { EventLine, TimeRange } from '../store.ts';
import type { Connection } from './connection.ts';
import type { IndexNames } from './indices.ts';
import { eventOrder, inTimeRange, searchPages, sourceOf } from './search.ts';

/** Ids asked for in one search, and events of one page. */
const READ_PAGE = 2000;

export async function readLines(
  connection: Connection,
  names: IndexNames,
  eventIds: readonly string[],
  range: TimeRange,
): Promise<readonly EventLine[]> {
  const found: EventLine[] = [];
  for (let from = 0; from < eventIds.length; from += READ_PAGE) {
    const pages = searchPages<EventLine>(
      connection,
      'read lines',
      names.events,
      {
        query: {
          bool: {
            filter: [
              inTimeRange('@timestamp', range),
              { terms: { event_id: eventIds.slice(from, from + READ_PAGE) } },
            ],
          },
        },
        sort: eventOrder('asc'),
        _source: ['event_id', '@timestamp', 'message'],
      },
      READ_PAGE,
    );
    for await (const hits of pages) found.push(...hits.map(sourceOf).map(lineOf));
  }
  return found;
}
