/**
 * Which of many filters some events may match. First the few kinds of events there are, which settle most
 * filters; then the others, many searches in one round trip, each of which ends at its first document.
 */
import type { SocEvent } from '@mini-soc/model';
import { filtersOfKinds, KIND_FIELDS, type Filter } from '@mini-soc/query';
import type { EventRange } from '../store.ts';
import { arrivedBetween } from './arrival-cursor.ts';
import type { Connection } from './connection.ts';
import {
  compileFilterToElasticsearch,
  groupableField,
  HAS_UNINDEXED,
  type ElasticsearchQuery,
} from './dialect.ts';
import type { IndexNames } from './indices.ts';
import { inTimeRange, search, searchMany } from './search.ts';

const ACTION = 'ask filters';
/** With more kinds than these, they settle nothing. */
const MAX_KINDS = 2000;
const FILTERS_AT_ONCE = 100;

interface Kinds {
  readonly kinds: {
    readonly buckets: readonly { readonly key: Readonly<Record<string, string | null>> }[];
  };
  readonly unindexed: { readonly doc_count: number };
}

export async function filtersMet(
  connection: Connection,
  names: IndexNames,
  filters: readonly Filter[],
  events: EventRange,
): Promise<readonly boolean[]> {
  const meant =
    'range' in events
      ? { path: names.events, query: inTimeRange('@timestamp', events.range) }
      : arrivedBetween(names, events.arrivedAfter, events.arrivedUpTo);
  const met = filters.map(() => false);
  if (meant.path === undefined) return met;
  const { path, query } = meant;
  const open = await openAfterKinds(connection, path, query, filters);
  for (let from = 0; from < open.length; from += FILTERS_AT_ONCE) {
    const part = open.slice(from, from + FILTERS_AT_ONCE);
    const answers = await searchMany<SocEvent>(
      connection,
      ACTION,
      path,
      part.map((at) => ({
        size: 0,
        terminate_after: 1,
        track_total_hits: 1,
        query: {
          bool: { filter: [query, compileFilterToElasticsearch(filters[at] as Filter).query] },
        },
      })),
    );
    for (const [index, at] of part.entries())
      met[at] = (answers[index]?.hits.total?.value ?? 1) > 0;
  }
  return met;
}

/** Positions of the filters that some kind of these events may match. */
async function openAfterKinds(
  connection: Connection,
  path: string,
  query: ElasticsearchQuery,
  filters: readonly Filter[],
): Promise<readonly number[]> {
  const { aggregations } = await search<SocEvent, Kinds>(connection, ACTION, path, {
    size: 0,
    query,
    aggs: {
      kinds: {
        composite: {
          size: MAX_KINDS,
          sources: KIND_FIELDS.map((field) => ({
            [field]: {
              terms: { field: groupableField(field)?.path ?? field, missing_bucket: true },
            },
          })),
        },
      },
      // A value too long to be indexed looks as if it were missing.
      unindexed: { filter: HAS_UNINDEXED },
    },
  });
  if (aggregations === undefined) return [];
  const { buckets } = aggregations.kinds;
  if (buckets.length >= MAX_KINDS || aggregations.unindexed.doc_count > 0)
    return [...filters.keys()];
  const kinds = buckets.map(({ key }) =>
    Object.fromEntries(Object.entries(key).filter(([, value]) => value !== null)),
  );
  return filtersOfKinds(filters, kinds);
}
