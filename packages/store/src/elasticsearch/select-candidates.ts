/**
 * Entities that could fire. First the new events, grouped by entity in pages of a composite
 * aggregation, which is never cut short; then, for the entities of the page only, whether enough
 * matching events lie around the new ones (`near-candidates.ts`).
 *
 * What no aggregation can group (fields of `extra`, arrays, analysed text, values too long to be
 * indexed) is read event by event and grouped here, in pages of bounded memory: slower, never wrong.
 */
import type { SocEvent } from '@mini-soc/model';
import { compileFilter, entityKey, entityOf } from '@mini-soc/query';
import type { Candidate, CandidatePage, CandidateRequest } from '../store.ts';
import { arrivedBetween, type Arrived } from './arrival-cursor.ts';
import type { Connection } from './connection.ts';
import {
  compileFilterToElasticsearch,
  groupableField,
  type ElasticsearchQuery,
} from './dialect.ts';
import type { IndexNames } from './indices.ts';
import { keepNear } from './near-candidates.ts';
import { eventOrder, search, searchPages } from './search.ts';
import { eventsOf, type StoredEvent } from './sensors.ts';

const ACTION = 'select candidates';
/** Events read at a time where they are grouped here. */
const READ_PAGE = 1000;
/** Elasticsearch's limit of buckets is 65,536. */
const MAX_PAGE = 10_000;

/** Where the next page begins: after a key of the aggregation, or after an entity of the reading. */
type Token = { readonly after: Readonly<Record<string, unknown>> } | { readonly read: string };

interface Extent {
  readonly lo: { readonly value: number | null };
  readonly hi: { readonly value: number | null };
}

interface Aggregations extends Extent {
  readonly entities?: {
    readonly buckets: readonly (Extent & { readonly key: Readonly<Record<string, unknown>> })[];
    readonly after_key?: Readonly<Record<string, unknown>>;
  };
  readonly unindexed?: { readonly doc_count: number };
}

export async function selectCandidates(
  connection: Connection,
  names: IndexNames,
  request: CandidateRequest,
): Promise<CandidatePage> {
  const arrived = arrivedBetween(names, request.arrivedAfter, request.arrivedUpTo);
  if (arrived.path === undefined) return { candidates: [] };
  const token = request.after === undefined ? undefined : (JSON.parse(request.after) as Token);
  if (token !== undefined && 'read' in token)
    return readPage(connection, { ...arrived, path: arrived.path }, request, token.read);
  return groupedPage(connection, names, { ...arrived, path: arrived.path }, request, token?.after);
}

type ArrivedSomewhere = Arrived & { readonly path: string };

/** New events that the filter may match. */
function newEvents(arrived: Arrived, request: CandidateRequest): readonly ElasticsearchQuery[] {
  return [arrived.query, compileFilterToElasticsearch(request.query.filter).query];
}

async function groupedPage(
  connection: Connection,
  names: IndexNames,
  arrived: ArrivedSomewhere,
  request: CandidateRequest,
  after: Readonly<Record<string, unknown>> | undefined,
): Promise<CandidatePage> {
  const { groupBy } = request.query;
  const fields = groupBy.flatMap((name) => groupableField(name) ?? []);
  if (fields.length < groupBy.length) return readPage(connection, arrived, request, '');
  const size = Math.min(request.pageSize, MAX_PAGE);
  const extent = { lo: { min: { field: '@timestamp' } }, hi: { max: { field: '@timestamp' } } };
  const { aggregations } = await search<SocEvent, Aggregations>(connection, ACTION, arrived.path, {
    size: 0,
    query: { bool: { filter: newEvents(arrived, request) } },
    aggs:
      groupBy.length === 0
        ? extent
        : {
            entities: {
              composite: {
                size,
                sources: fields.map(({ path }, index) => ({
                  [`k${index}`]: { terms: { field: path } },
                })),
                ...(after === undefined ? {} : { after }),
              },
              aggs: extent,
            },
            unindexed: { filter: { terms: { _ignored: fields.map(({ path }) => path) } } },
          },
  });
  const buckets =
    groupBy.length === 0
      ? aggregations === undefined
        ? []
        : [{ key: {}, lo: aggregations.lo, hi: aggregations.hi }]
      : (aggregations?.entities?.buckets ?? []);
  const found = buckets.flatMap(({ key, lo, hi }): readonly Candidate[] =>
    lo.value === null || hi.value === null
      ? []
      : [
          {
            entity: Object.fromEntries(
              groupBy.map((field, index) => [field, String(key[`k${index}`])]),
            ),
            firstNewMs: lo.value,
            lastNewMs: hi.value,
          },
        ],
  );
  const candidates = await keepNear(connection, names, request.query, found);
  const next = nextToken(size, buckets.length, aggregations);
  return next === undefined ? { candidates } : { candidates, next: JSON.stringify(next) };
}

function nextToken(
  size: number,
  found: number,
  aggregations: Aggregations | undefined,
): Token | undefined {
  const after = aggregations?.entities?.after_key;
  if (found >= size && after !== undefined) return { after };
  return (aggregations?.unindexed?.doc_count ?? 0) > 0 ? { read: '' } : undefined;
}

/** The `pageSize` entities next in the order of their keys; no more than twice as many are held. */
async function readPage(
  connection: Connection,
  arrived: ArrivedSomewhere,
  request: CandidateRequest,
  after: string,
): Promise<CandidatePage> {
  const { query, pageSize } = request;
  const matches = compileFilter(query.filter);
  const paths = query.groupBy.map((name) => groupableField(name)?.path);
  const isGroupedElsewhere = paths.every((path) => path !== undefined);
  const found = new Map<string, Candidate>();
  let last: string | undefined;
  const cut = () => {
    const keys = [...found.keys()].toSorted();
    last = keys[pageSize];
    for (const key of keys.slice(pageSize + 1)) found.delete(key);
  };
  const pages = searchPages<StoredEvent>(
    connection,
    ACTION,
    arrived.path,
    {
      query: {
        bool: {
          filter: [
            ...newEvents(arrived, request),
            ...(isGroupedElsewhere ? [{ terms: { _ignored: paths } }] : []),
          ],
        },
      },
      sort: eventOrder('asc'),
    },
    READ_PAGE,
  );
  for await (const hits of pages) {
    for (const event of eventsOf(hits)) {
      const entity = matches(event) ? entityOf(query, event) : undefined;
      if (entity === undefined) continue;
      const key = entityKey(entity);
      if (key <= after || (last !== undefined && key > last)) continue;
      const timeMs = Date.parse(event['@timestamp']);
      const before = found.get(key);
      found.set(key, {
        entity,
        firstNewMs: Math.min(timeMs, before?.firstNewMs ?? timeMs),
        lastNewMs: Math.max(timeMs, before?.lastNewMs ?? timeMs),
      });
      if (found.size > 2 * pageSize) cut();
    }
  }
  const keys = [...found.keys()].toSorted();
  const page = keys.slice(0, pageSize);
  const candidates = page.map((key) => found.get(key) as Candidate);
  return keys.length > page.length
    ? { candidates, next: JSON.stringify({ read: page.at(-1) as string } satisfies Token) }
    : { candidates };
}
