/**
 * Of candidates those that have enough matching events around their new ones. A superset is right here: the
 * evaluator counts. Nothing is estimated, since an attacker could choose values that an estimate
 * mistakes for each other.
 */
import type { SocEvent } from '@mini-soc/model';
import { needsOf, type Query } from '@mini-soc/query';
import { nearNew } from '../near-new.ts';
import type { Candidate } from '../store.ts';
import type { Connection } from './connection.ts';
import { compileFilterToElasticsearch, groupableField } from './dialect.ts';
import type { IndexNames } from './indices.ts';
import { askMeasure, MAX_BUCKETS, type MeasureAnswer } from './measure.ts';
import { inTimeRange, searchMany, type SearchBody } from './search.ts';

/** Leaves of one query; Elasticsearch allows at least 1,024. */
const MAX_LEAVES = 800;

/** A bucket of the aggregation, or the answer itself where there is one entity for all. */
interface Group extends MeasureAnswer {
  readonly key: Readonly<Record<string, unknown>>;
}

/** The candidates, in their order, that could fire. */
export async function keepNear(
  connection: Connection,
  names: IndexNames,
  query: Query,
  candidates: readonly Candidate[],
): Promise<readonly Candidate[]> {
  const asked = askMeasure(needsOf(query.measure));
  if (asked === undefined || candidates.length === 0) return candidates;
  const filter = compileFilterToElasticsearch(query.filter).query;
  const portion = Math.max(
    1,
    Math.min(
      Math.floor(MAX_LEAVES / (query.groupBy.length + 1)),
      Math.floor(MAX_BUCKETS / asked.buckets),
    ),
  );
  const portions: (readonly Candidate[])[] = [];
  for (let from = 0; from < candidates.length; from += portion)
    portions.push(candidates.slice(from, from + portion));
  const bodies = portions.map((part): SearchBody => {
    const near = part.map((candidate) => ({
      bool: {
        filter: [
          ...query.groupBy.map((name) => ({
            term: { [groupableField(name)?.path ?? name]: candidate.entity[name] ?? '' },
          })),
          inTimeRange('@timestamp', nearNew(query, candidate)),
        ],
      },
    }));
    return {
      size: 0,
      track_total_hits: query.groupBy.length === 0,
      query: { bool: { filter: [filter], should: near, minimum_should_match: 1 } },
      aggs:
        query.groupBy.length === 0
          ? asked.aggs
          : {
              entities: {
                composite: {
                  size: part.length,
                  sources: query.groupBy.map((name, index) => ({
                    [`k${index}`]: { terms: { field: groupableField(name)?.path ?? name } },
                  })),
                },
                aggs: asked.aggs,
              },
            },
    };
  });
  const responses = await searchMany<
    SocEvent,
    MeasureAnswer & { readonly entities?: { readonly buckets: readonly Group[] } }
  >(connection, 'count around candidates', names.events, bodies);
  const enough = new Set<string>();
  for (const { aggregations, hits } of responses) {
    if (aggregations === undefined) continue;
    const groups =
      query.groupBy.length === 0
        ? [{ ...aggregations, doc_count: hits.total?.value ?? 0, key: {} }]
        : (aggregations.entities?.buckets ?? []);
    for (const group of groups)
      if (asked.isEnough(group))
        enough.add(textOf(query.groupBy.map((_, index) => String(group.key[`k${index}`]))));
  }
  return candidates.filter(({ entity }) =>
    enough.has(textOf(query.groupBy.map((name) => entity[name] ?? ''))),
  );
}

function textOf(keys: readonly string[]): string {
  return JSON.stringify(keys);
}
