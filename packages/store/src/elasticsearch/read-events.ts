/** Reading events back: for entities in order, and for searches and counts. */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, entityKey, type Filter, type Query, entityOf } from '@mini-soc/query';
import { lineOf } from '../event-line.ts';
import type {
  EntityEventsRequest,
  EntitySpan,
  EventLine,
  EventPage,
  EventSearch,
  SpanEvent,
  TimeRange,
} from '../store.ts';
import type { Connection } from './connection.ts';
import {
  compileFilterToElasticsearch,
  equalsText,
  HAS_UNINDEXED,
  indexedField,
  type ElasticsearchQuery,
} from './dialect.ts';
import type { IndexNames } from './indices.ts';
import {
  eventOrder,
  inTimeRange,
  search,
  searchMany,
  searchPages,
  sourceOf,
  type EventHit,
} from './search.ts';

/** Spans asked in one round trip, and what each of them but the first may answer with. */
const MAX_SPANS = 50;
const MIN_SHARE = 50;
/** Most hits of one search: Elasticsearch's `max_result_window`. */
const MAX_HITS = 10_000;
/** Events read at a time where each is shown to the oracle. */
const SCAN_PAGE = 2000;
/** Buckets asked for at a time. */
const MAX_BUCKETS = 10_000;

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
  const responses = await searchMany<SocEvent>(
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
    for (const { _source: event } of taken) {
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
  taken: readonly EventHit[],
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

function conditions(
  filter: Filter | undefined,
  range: TimeRange | undefined,
): readonly ElasticsearchQuery[] {
  return [
    ...(range === undefined ? [] : [inTimeRange('@timestamp', range)]),
    ...(filter === undefined ? [] : [compileFilterToElasticsearch(filter).query]),
  ];
}

export async function readLines(
  connection: Connection,
  names: IndexNames,
  eventIds: readonly string[],
  range: TimeRange,
): Promise<readonly EventLine[]> {
  const found: EventLine[] = [];
  for (let from = 0; from < eventIds.length; from += SCAN_PAGE) {
    const pages = searchPages<EventLine>(
      connection,
      'read lines',
      names.events,
      {
        query: {
          bool: {
            filter: [
              inTimeRange('@timestamp', range),
              { terms: { event_id: eventIds.slice(from, from + SCAN_PAGE) } },
            ],
          },
        },
        sort: eventOrder('asc'),
        _source: ['event_id', '@timestamp', 'message'],
      },
      SCAN_PAGE,
    );
    for await (const hits of pages) found.push(...hits.map(sourceOf).map(lineOf));
  }
  return found;
}

export async function searchEvents(
  connection: Connection,
  names: IndexNames,
  request: EventSearch,
): Promise<readonly SocEvent[]> {
  const { filter, range, size, order } = request;
  const matches = filter === undefined ? () => true : compileFilter(filter);
  const found: SocEvent[] = [];
  if (size <= 0) return found;
  const pages = searchPages<SocEvent>(
    connection,
    'search events',
    names.events,
    {
      query: { bool: { filter: conditions(filter, range) } },
      sort: eventOrder(order === 'newest' ? 'desc' : 'asc'),
    },
    Math.min(size, SCAN_PAGE),
  );
  for await (const hits of pages) {
    found.push(...hits.map(sourceOf).filter(matches));
    if (found.length >= size) break;
  }
  return found.slice(0, size);
}

export async function countEvents(
  connection: Connection,
  names: IndexNames,
  filter: Filter | undefined,
  range: TimeRange | undefined,
): Promise<number> {
  const queries = conditions(filter, range);
  if (filter === undefined) return (await countIndexed(connection, names, queries)).total;
  if (!compileFilterToElasticsearch(filter).exact)
    return countWithOracle(connection, names, queries, filter);
  const { total, unindexed } = await countIndexed(connection, names, queries);
  return unindexed === 0
    ? total
    : total -
        unindexed +
        (await countWithOracle(connection, names, [...queries, HAS_UNINDEXED], filter));
}

async function countIndexed(
  connection: Connection,
  names: IndexNames,
  queries: readonly ElasticsearchQuery[],
): Promise<{ readonly total: number; readonly unindexed: number }> {
  const { hits, aggregations } = await search<
    SocEvent,
    { readonly unindexed: { readonly doc_count: number } }
  >(connection, 'count events', names.events, {
    size: 0,
    track_total_hits: true,
    query: { bool: { filter: queries } },
    aggs: { unindexed: { filter: HAS_UNINDEXED } },
  });
  return { total: hits.total?.value ?? 0, unindexed: aggregations?.unindexed.doc_count ?? 0 };
}

async function countWithOracle(
  connection: Connection,
  names: IndexNames,
  queries: readonly ElasticsearchQuery[],
  filter: Filter,
): Promise<number> {
  const matches = compileFilter(filter);
  let count = 0;
  const pages = searchPages<SocEvent>(
    connection,
    'count events',
    names.events,
    { query: { bool: { filter: queries } }, sort: eventOrder('asc') },
    SCAN_PAGE,
  );
  for await (const hits of pages) count += hits.map(sourceOf).filter(matches).length;
  return count;
}

export async function countEventsOverTime(
  connection: Connection,
  names: IndexNames,
  range: TimeRange,
  bucketMs: number,
): Promise<readonly { readonly fromMs: number; readonly count: number }[]> {
  const buckets = Math.ceil((range.toMs - range.fromMs) / bucketMs);
  const counts = new Map<number, number>();
  for (let from = 0; from < buckets; from += MAX_BUCKETS) {
    const part = {
      fromMs: range.fromMs + from * bucketMs,
      toMs: Math.min(range.toMs, range.fromMs + (from + MAX_BUCKETS) * bucketMs),
    };
    const { aggregations } = await search<
      SocEvent,
      {
        readonly times: {
          readonly buckets: readonly { readonly key: number; readonly doc_count: number }[];
        };
      }
    >(connection, 'count events over time', names.events, {
      size: 0,
      query: inTimeRange('@timestamp', part),
      aggs: {
        times: {
          date_histogram: {
            field: '@timestamp',
            fixed_interval: `${bucketMs}ms`,
            offset: `${range.fromMs % bucketMs}ms`,
            min_doc_count: 1,
          },
        },
      },
    });
    for (const { key, doc_count } of aggregations?.times.buckets ?? []) {
      const index = Math.floor((key - range.fromMs) / bucketMs);
      counts.set(index, (counts.get(index) ?? 0) + doc_count);
    }
  }
  return Array.from({ length: Math.max(0, buckets) }, (_, index) => ({
    fromMs: range.fromMs + index * bucketMs,
    count: counts.get(index) ?? 0,
  }));
}
