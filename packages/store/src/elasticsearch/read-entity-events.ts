/** Events of many entities in order. */
import { compileFilter, entityKey, entityOf, type Query } from '@mini-soc/query';
import type { EntityEventsRequest, EntitySpan, EventPage, SpanEvent } from '../store.ts';
import type { Connection } from './connection.ts';
import {
  compileFilterToElasticsearch,
  equalsText,
  indexedField,
  type ElasticsearchQuery,
} from './dialect.ts';
import type { IndexNames } from './indices.ts';
import { eventOrder, inTimeRange, searchMany, type Hit } from './search.ts';
import { eventOf, type StoredEvent } from './sensors.ts';

/** Spans asked in one round trip, and what each of them but the first may answer with. */
const MAX_SPANS = 50;
const MIN_SHARE = 50;
/** Most hits of one search: Elasticsearch's `max_result_window`. */
const MAX_HITS = 10_000;

type Token = readonly [span: number, sort: readonly unknown[] | null];

/**
 * One page over the spans. The first span of the page may fill it alone; the others answer with a
 * share, and the page ends at the first that has more than its share: what is read is at most about
 * twice the page, however many spans there are.
 */
export async function readEntityEvents(
  connection: Connection,
  names: IndexNames,
  request: EntityEventsRequest,
): Promise<EventPage> {
  const { query, spans } = request;
  const pageSize = Math.min(request.pageSize, MAX_HITS - 1);
  const [first, after]: Token =
    request.after === undefined ? [0, null] : (JSON.parse(request.after) as Token);
  const asked = spans.slice(first, first + MAX_SPANS);
  const share = Math.min(pageSize, Math.max(MIN_SHARE, Math.ceil(pageSize / MAX_SPANS)));
  const filter = compileFilterToElasticsearch(query.filter).query;
  const sizes = asked.map((_, index) => (index === 0 ? pageSize : share));
  const responses = await searchMany<StoredEvent>(
    connection,
    'read events',
    names.events,
    asked.map((span, index) => ({
      // One more than is taken says whether there is more.
      size: (sizes[index] as number) + 1,
      track_total_hits: false,
      query: { bool: { filter: [...spanQueries(query, span), filter] } },
      sort: eventOrder('asc'),
      ...(index === 0 && after !== null ? { search_after: after } : {}),
    })),
  );
  const matches = compileFilter(query.filter);
  const events: SpanEvent[] = [];
  let room = pageSize;
  for (const [index, { hits }] of responses.entries()) {
    const taken = hits.hits.slice(0, Math.min(room, sizes[index] as number));
    const wanted = entityKey((asked[index] as EntitySpan).entity);
    for (const hit of taken) {
      const event = eventOf(hit);
      if (event === undefined) continue;
      const entity = matches(event) ? entityOf(query, event) : undefined;
      if (entity !== undefined && entityKey(entity) === wanted)
        events.push({ span: first + index, ms: Date.parse(event['@timestamp']), event });
    }
    room -= taken.length;
    if (taken.length < hits.hits.length)
      return { events, next: writeToken(first + index, taken, index === 0 ? after : null) };
  }
  const read = first + responses.length;
  return read < spans.length ? { events, next: writeToken(read, [], null) } : { events };
}

function writeToken(
  span: number,
  taken: readonly Hit<StoredEvent>[],
  before: readonly unknown[] | null,
): string {
  return JSON.stringify([span, taken.at(-1)?.sort ?? before] satisfies Token);
}

/** Events of the span's entity in its range; perhaps more, where a value is in no index. */
function spanQueries(query: Query, { entity, range }: EntitySpan): readonly ElasticsearchQuery[] {
  return [
    inTimeRange('@timestamp', range),
    ...query.groupBy.map((name) => {
      const text = entity[name] ?? '';
      const path = indexedField(name)?.path;
      // `ignore_above` of the mapping; a flattened field does not say what it left out.
      if (text.length <= 8191 || path === undefined) return equalsText(name, text).query;
      return name.startsWith('extra.') ? { match_all: {} } : { term: { _ignored: path } };
    }),
  ];
}
