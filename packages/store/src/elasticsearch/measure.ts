/** "Could fire" (see couldFire() of the query model) as aggregations over what is near an entity's new events. */
import type { Need } from '@mini-soc/query';
import { compileFilterToElasticsearch, HAS_UNINDEXED, indexedField } from './dialect.ts';
import type { SearchBody } from './search.ts';

/** Buckets of one search; Elasticsearch allows 65,536. */
export const MAX_BUCKETS = 20_000;

interface NeedAnswer {
  readonly doc_count?: number;
  readonly value?: number | null;
  readonly events?: { readonly value: number | null };
  readonly buckets?: readonly unknown[];
}

/** What a group of events answered: under `n0`, `n1`, … to each need, under `unindexed` where values are counted. */
export interface MeasureAnswer {
  readonly doc_count: number;
  readonly [aggregation: string]: unknown;
}

/** How the needs are asked for, and whether the answer lets the entity through. */
export interface AskedMeasure {
  readonly aggs: SearchBody;
  readonly isEnough: (answer: MeasureAnswer) => boolean;
  /** Buckets it can make for one entity. */
  readonly buckets: number;
}

const HOW_OFTEN = { sum: { field: 'repeat_count', missing: 1 } };

/** Undefined when every candidate could fire. */
export function askMeasure(needs: readonly Need[]): AskedMeasure | undefined {
  const asked = needs.flatMap((need, index) => askNeed(need, `n${index}`) ?? []);
  return asked.length === 0
    ? undefined
    : {
        aggs: Object.assign({}, ...asked.map(({ aggs }) => aggs)) as SearchBody,
        isEnough: (answer) => asked.every(({ isEnough }) => isEnough(answer)),
        buckets: asked.reduce((sum, { buckets }) => sum + buckets, 0),
      };
}

/** Undefined where no aggregation says it: the need counts as met. */
function askNeed(need: Need, name: string): AskedMeasure | undefined {
  const { atLeast } = need;
  switch (need.kind) {
    case 'events':
      return need.filter === undefined
        ? {
            aggs: { [name]: HOW_OFTEN },
            isEnough: (answer) => (answerTo(answer, name).value ?? 0) >= atLeast,
            buckets: 1,
          }
        : {
            aggs: {
              [name]: {
                filter: compileFilterToElasticsearch(need.filter).query,
                aggs: { events: HOW_OFTEN },
              },
            },
            isEnough: (answer) => (answerTo(answer, name).events?.value ?? 0) >= atLeast,
            buckets: 1,
          };
    case 'values': {
      const field = indexedField(need.field);
      // A list in `extra` may have as many values as are wished, and leaves no trace of one too long.
      if (field?.type === 'flattened') return undefined;
      // Each event has at most one value.
      if (field === undefined || atLeast > MAX_BUCKETS)
        return { aggs: {}, isEnough: ({ doc_count }) => doc_count >= atLeast, buckets: 1 };
      return {
        // As many terms as are wished, from every shard: their number is right up to that number.
        aggs: {
          [name]: { terms: { field: field.path, size: atLeast } },
          unindexed: { filter: HAS_UNINDEXED },
        },
        isEnough: (answer) =>
          (answerTo(answer, name).buckets?.length ?? 0) +
            (answerTo(answer, 'unindexed').doc_count ?? 0) >=
          atLeast,
        buckets: atLeast + 1,
      };
    }
    default:
      return need satisfies never;
  }
}

function answerTo(answer: MeasureAnswer, name: string): NeedAnswer {
  return answer[name] ?? {};
}
