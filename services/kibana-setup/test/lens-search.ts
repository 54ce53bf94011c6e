/**
 * The search that Kibana sends for a chart, derived from the chart itself, so that the two cannot drift
 * apart; and its answer as rows. What Kibana does beyond that (the intervals of `auto`, "Other",
 * division by `timeScale`) is not repeated here.
 */
import { z } from 'zod';
import type { Column, Layer } from '../src/kibana/lens-columns.ts';
import type { LensObject } from '../src/kibana/lens.ts';
import { compileKql, type Dsl } from './compile-kql.ts';

export interface Range {
  readonly from: string;
  readonly to: string;
}

export function layerOf(chart: LensObject): Layer {
  const [layer, ...others] = Object.values(
    chart.attributes.state.datasourceStates.formBased.layers,
  );
  if (layer === undefined || others.length > 0) throw new TypeError(`${chart.id} needs one layer`);
  return layer;
}

/** Fields a chart asks for, with the operation that does. */
export function fieldsOf(chart: LensObject): readonly { field: string; operation: string }[] {
  return Object.values(layerOf(chart).columns).flatMap(({ operationType, sourceField }) =>
    operationType === 'count' ? [] : [{ field: sourceField, operation: operationType }],
  );
}

export function searchOf(chart: LensObject, timeField: string, range: Range): Dsl {
  const layer = layerOf(chart);
  const columns = layer.columnOrder.flatMap((id) => {
    const column = layer.columns[id];
    return column === undefined ? [] : [{ id, column }];
  });
  const groups = columns.filter(({ column }) => column.isBucketed);
  const metrics = Object.fromEntries(
    columns.flatMap(({ id, column }) => {
      const metric = metricOf(column);
      return metric === undefined ? [] : [[id, metric]];
    }),
  );
  const aggs = groups.reduceRight<Dsl>(
    (inner, { id, column }) => ({
      // A terms group is ordered by its own metrics, so each level has them.
      [id]: { ...groupOf(column, layer), aggs: { ...inner, ...metrics } },
    }),
    groups.length === 0 ? metrics : {},
  );
  return {
    size: 0,
    track_total_hits: true,
    query: {
      bool: {
        filter: [
          compileKql(chart.attributes.state.query.query).query,
          { range: { [timeField]: { gte: range.from, lt: range.to } } },
        ],
      },
    },
    aggs,
  };
}

function metricOf(column: Column): Dsl | undefined {
  switch (column.operationType) {
    case 'date_histogram':
    case 'terms':
    case 'count':
      return undefined;
    case 'unique_count':
      return { cardinality: { field: column.sourceField } };
    case 'sum':
      return { sum: { field: column.sourceField } };
    case 'max':
      return { max: { field: column.sourceField } };
    default:
      return column satisfies never;
  }
}

function groupOf(column: Column, layer: Layer): Dsl {
  if (column.operationType === 'date_histogram')
    return {
      date_histogram: { field: column.sourceField, fixed_interval: '1h', min_doc_count: 1 },
    };
  if (column.operationType !== 'terms')
    throw new TypeError(`${column.operationType} groups nothing`);
  const { size, orderBy, orderDirection } = column.params;
  const by = orderBy.type === 'column' ? layer.columns[orderBy.columnId] : undefined;
  const key =
    orderBy.type === 'alphabetical'
      ? '_key'
      : by?.operationType === 'count'
        ? '_count'
        : orderBy.columnId;
  return {
    terms: { field: column.sourceField, size, order: { [key]: orderDirection } },
  };
}

const answerSchema = z.object({
  hits: z.object({ total: z.object({ value: z.number() }) }),
  aggregations: z.record(z.string(), z.unknown()).optional(),
});
const bucketSchema = z.looseObject({
  key: z.union([z.string(), z.number()]),
  key_as_string: z.string().optional(),
  doc_count: z.number(),
});
const bucketsSchema = z.object({ buckets: z.array(bucketSchema) });
const valueSchema = z.object({ value: z.number().nullable() });

/** One row of what the chart draws, by column; groups by name, dates as milliseconds. */
export type Row = Readonly<Record<string, string | number | null>>;

export function rowsOf(chart: LensObject, answer: unknown): readonly Row[] {
  const layer = layerOf(chart);
  const { hits, aggregations } = answerSchema.parse(answer);
  const walk = (
    ids: readonly string[],
    level: Readonly<Record<string, unknown>>,
    docs: number,
  ): Row[] => {
    const [id, ...inner] = ids;
    const column = id === undefined ? undefined : layer.columns[id];
    if (id === undefined || column === undefined) return [{}];
    if (column.isBucketed)
      return bucketsSchema
        .parse(level[id])
        .buckets.flatMap((bucket) =>
          walk(inner, bucket, bucket.doc_count).map((row) => ({ [id]: bucket.key, ...row })),
        );
    const value = column.operationType === 'count' ? docs : valueSchema.parse(level[id]).value;
    return walk(inner, level, docs).map((row) => ({ [id]: value, ...row }));
  };
  return walk(layer.columnOrder, aggregations ?? {}, hits.total.value);
}
