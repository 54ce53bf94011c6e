/**
 * Whether an entity has enough matching events around its new ones. A superset is right here: the
 * evaluator counts. Nothing is estimated, since an attacker could choose values that an estimate
 * mistakes for each other.
 */
import type { SocEvent } from '@mini-soc/model';
import type { Measure, Query } from '@mini-soc/query';
import type { Candidate } from '../store.ts';
import type { Connection } from './connection.ts';
import { compileFilterToElasticsearch, groupableField, HAS_UNINDEXED } from './dialect.ts';
import type { IndexNames } from './indices.ts';
import { inTimeRange, searchMany, type SearchBody } from './search.ts';

/** Leaves of one query; Elasticsearch allows at least 1,024. */
const MAX_LEAVES = 800;
/** Buckets of one search; Elasticsearch allows 65,536. */
const MAX_BUCKETS = 20_000;

interface Counts {
  readonly doc_count: number;
  readonly key: Readonly<Record<string, unknown>>;
  readonly events?: { readonly value: number | null };
  readonly values?: { readonly buckets: readonly unknown[] };
  readonly unindexed?: { readonly doc_count: number };
  readonly steps?: { readonly buckets: readonly { readonly doc_count: number }[] };
}

/** How a measure is asked for, and whether the answer lets the entity through. */
interface Asked {
  readonly aggs: SearchBody;
  readonly isEnough: (counts: Counts) => boolean;
  /** Buckets it can make for one entity. */
  readonly buckets: number;
}

/** The candidates, in their order, that could fire. */
export async function keepNear(
  connection: Connection,
  names: IndexNames,
  query: Query,
  candidates: readonly Candidate[],
): Promise<readonly Candidate[]> {
  const asked = askMeasure(query.measure);
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
          inTimeRange('@timestamp', {
            fromMs: candidate.firstNewMs - query.windowMs + 1,
            toMs: candidate.lastNewMs + query.windowMs,
          }),
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
    Counts & { readonly entities?: { readonly buckets: readonly Counts[] } }
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

/** Undefined when every candidate could fire. */
function askMeasure(measure: Measure): Asked | undefined {
  switch (measure.kind) {
    case 'count':
      return measure.atLeast <= 1
        ? undefined
        : {
            aggs: { events: { sum: { field: 'repeat_count', missing: 1 } } },
            isEnough: ({ events }) => (events?.value ?? 0) >= measure.atLeast,
            buckets: 1,
          };
    case 'distinct': {
      const { atLeast } = measure;
      const field = groupableField(measure.field);
      // Each event has at most one value.
      if (field === undefined || atLeast > MAX_BUCKETS)
        return { aggs: {}, isEnough: ({ doc_count }) => doc_count >= atLeast, buckets: 1 };
      return {
        // As many terms as are wished, from every shard: their number is right up to that number.
        aggs: {
          values: { terms: { field: field.path, size: atLeast } },
          unindexed: { filter: HAS_UNINDEXED },
        },
        isEnough: ({ values, unindexed }) =>
          (values?.buckets.length ?? 0) + (unindexed?.doc_count ?? 0) >= atLeast,
        buckets: atLeast + 1,
      };
    }
    case 'sequence':
      return {
        aggs: {
          steps: {
            filters: {
              filters: measure.steps.map(
                ({ filter }) => compileFilterToElasticsearch(filter).query,
              ),
            },
          },
        },
        isEnough: ({ steps }) => steps?.buckets.every(({ doc_count }) => doc_count >= 1) ?? false,
        buckets: measure.steps.length,
      };
    default:
      return measure satisfies never;
  }
}
