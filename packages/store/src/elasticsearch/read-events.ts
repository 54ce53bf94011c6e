/** Reading events back for searches and counts. */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, type Filter } from '@mini-soc/query';
import type { EventSearch, TimeRange } from '../store.ts';
import type { Connection } from './connection.ts';
import { compileFilterToElasticsearch, HAS_UNINDEXED, type ElasticsearchQuery } from './dialect.ts';
import type { IndexNames } from './indices.ts';
import { eventOrder, inTimeRange, search, searchPages } from './search.ts';
import { eventsOf, type StoredEvent } from './sensors.ts';

/** Events read at a time where each is shown to the oracle. */
const SCAN_PAGE = 2000;
/** Buckets asked for at a time. */
const MAX_BUCKETS = 10_000;

function conditions(
  filter: Filter | undefined,
  range: TimeRange | undefined,
): readonly ElasticsearchQuery[] {
  return [
    ...(range === undefined ? [] : [inTimeRange('@timestamp', range)]),
    ...(filter === undefined ? [] : [compileFilterToElasticsearch(filter).query]),
  ];
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
  const pages = searchPages<StoredEvent>(
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
    found.push(...eventsOf(hits).filter(matches));
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
  const pages = searchPages<StoredEvent>(
    connection,
    'count events',
    names.events,
    { query: { bool: { filter: queries } }, sort: eventOrder('asc') },
    SCAN_PAGE,
  );
  for await (const hits of pages) count += eventsOf(hits).filter(matches).length;
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
