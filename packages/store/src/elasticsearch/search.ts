/** Searches that answer completely or fail: a result without some shard could hide an attack. */
import type { TimeRange } from '../store.ts';
import type { Connection } from './connection.ts';
import { describeRefusal } from './describe-failure.ts';
import type { ElasticsearchQuery } from './dialect.ts';

export interface Hit<Source> {
  readonly _index: string;
  readonly _id: string;
  readonly _source: Source;
  readonly _seq_no?: number;
  readonly _primary_term?: number;
  readonly sort?: readonly unknown[];
}

export interface SearchResponse<Source, Aggregations = undefined> {
  readonly hits: {
    readonly total?: { readonly value: number };
    readonly hits: readonly Hit<Source>[];
  };
  /** Absent when no index matches. */
  readonly aggregations?: Aggregations;
}

export type SearchBody = Readonly<Record<string, unknown>>;

export function search<Source, Aggregations = undefined>(
  connection: Connection,
  action: string,
  path: string,
  body: SearchBody,
): Promise<SearchResponse<Source, Aggregations>> {
  return connection.send({
    action,
    method: 'POST',
    path: `/${path}/_search`,
    query: { allow_partial_search_results: false, ignore_unavailable: true },
    body,
  });
}

type Answer<Source, Aggregations> = SearchResponse<Source, Aggregations> & {
  readonly status: number;
  readonly error?: { readonly type: string; readonly reason?: string };
};

/** Several searches of the same indices in one round trip; an answer for each, in order. */
export async function searchMany<Source, Aggregations = undefined>(
  connection: Connection,
  action: string,
  path: string,
  bodies: readonly SearchBody[],
): Promise<readonly SearchResponse<Source, Aggregations>[]> {
  if (bodies.length === 0) return [];
  const header = JSON.stringify({
    index: path.split(','),
    allow_partial_search_results: false,
    ignore_unavailable: true,
  });
  const lines = bodies.map((body) => `${header}\n${JSON.stringify(body)}\n`).join('');
  for (let attempt = 1; ; attempt += 1) {
    const { responses } = await connection.send<{
      readonly responses: readonly Answer<Source, Aggregations>[];
    }>({ action, method: 'POST', path: '/_msearch', lines });
    const failed = responses.find((response) => response.error !== undefined);
    if (failed?.error === undefined) return responses;
    const { type, reason = '' } = failed.error;
    const failure = describeRefusal(connection.url, action, {
      status: failed.status,
      type,
      reason,
    });
    if (!failure.retryable || !(await connection.pause(attempt))) throw failure;
  }
}

/** Order of events: by time, then by id. */
export function eventOrder(way: 'asc' | 'desc'): readonly SearchBody[] {
  return [
    { '@timestamp': { order: way, unmapped_type: 'date' } },
    { event_id: { order: way, unmapped_type: 'keyword' } },
  ];
}

/** Hits page by page, in the order of `body.sort`, which must tell any two documents apart. */
export async function* searchPages<Source>(
  connection: Connection,
  action: string,
  path: string,
  body: SearchBody & { readonly sort: readonly SearchBody[] },
  pageSize: number,
): AsyncGenerator<readonly Hit<Source>[], void, undefined> {
  let after: readonly unknown[] | undefined;
  for (;;) {
    const { hits } = (
      await search<Source>(connection, action, path, {
        track_total_hits: false,
        ...body,
        size: pageSize,
        ...(after === undefined ? {} : { search_after: after }),
      })
    ).hits;
    if (hits.length > 0) yield hits;
    if (hits.length < pageSize) return;
    after = hits.at(-1)?.sort;
  }
}

/** The document of a hit. */
export function sourceOf<Source>({ _source: source }: Hit<Source>): Source {
  return source;
}

/** Limits of the times Elasticsearch takes as milliseconds: the years 1 to 9999. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const clamp = (timeMs: number) => Math.min(Math.max(timeMs, FIRST_MS), LAST_MS);

/** from <= field < to. */
export function inTimeRange(field: string, { fromMs, toMs }: TimeRange): ElasticsearchQuery {
  const upper = Math.ceil(toMs);
  return {
    range: {
      [field]: {
        gte: clamp(Math.floor(fromMs)),
        ...(upper > LAST_MS ? { lte: LAST_MS } : { lt: clamp(upper) }),
        format: 'epoch_millis',
      },
    },
  };
}
