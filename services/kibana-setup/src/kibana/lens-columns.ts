/** The columns of a Lens layer: what is grouped by, and what is counted. */
import { z } from 'zod';
import { kqlSchema } from './saved-object.ts';

/** The pseudo field that `count` counts. */
export const RECORDS = '___records___';

const shown = {
  label: z.string().min(1),
  /** False would have Kibana replace the label by one of its own. */
  customLabel: z.literal(true),
};
const bucket = { isBucketed: z.literal(true) };
const number = { dataType: z.literal('number'), scale: z.literal('ratio') };
const metric = { isBucketed: z.literal(false), filter: kqlSchema.optional() };
const emptyAsNull = z.strictObject({ emptyAsNull: z.boolean() });

export const dateHistogramSchema = z.strictObject({
  ...shown,
  ...bucket,
  operationType: z.literal('date_histogram'),
  dataType: z.literal('date'),
  scale: z.literal('interval'),
  sourceField: z.string().min(1),
  params: z.strictObject({
    interval: z.string().regex(/^(auto|\d+(s|m|h|d))$/),
    includeEmptyRows: z.boolean(),
    dropPartials: z.boolean(),
  }),
});

export const termsSchema = z.strictObject({
  ...shown,
  ...bucket,
  operationType: z.literal('terms'),
  dataType: z.enum(['string', 'ip', 'number', 'boolean']),
  scale: z.literal('ordinal'),
  sourceField: z.string().min(1),
  params: z.strictObject({
    /** Kibana's editor offers up to 1,000 values. */
    size: z.int().min(1).max(1000),
    orderBy: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('alphabetical'), fallback: z.boolean() }),
      z.strictObject({ type: z.literal('column'), columnId: z.string() }),
    ]),
    orderDirection: z.enum(['asc', 'desc']),
    otherBucket: z.boolean(),
    missingBucket: z.boolean(),
    parentFormat: z.strictObject({ id: z.literal('terms') }),
  }),
});

export const countSchema = z.strictObject({
  ...shown,
  ...number,
  ...metric,
  operationType: z.literal('count'),
  sourceField: z.literal(RECORDS),
  /** The count is divided by the bucket's length in this unit. */
  timeScale: z.enum(['s', 'm', 'h', 'd']).optional(),
  params: emptyAsNull,
});

export const uniqueCountSchema = z.strictObject({
  ...shown,
  ...number,
  ...metric,
  operationType: z.literal('unique_count'),
  sourceField: z.string().min(1),
  params: emptyAsNull,
});

export const sumSchema = z.strictObject({
  ...shown,
  ...number,
  ...metric,
  operationType: z.literal('sum'),
  sourceField: z.string().min(1),
  params: emptyAsNull,
});

export const maxSchema = z.strictObject({
  ...shown,
  ...metric,
  operationType: z.literal('max'),
  dataType: z.enum(['number', 'date']),
  scale: z.literal('ratio'),
  sourceField: z.string().min(1),
  params: z.strictObject({}),
});

export const columnSchema = z.discriminatedUnion('operationType', [
  dateHistogramSchema,
  termsSchema,
  countSchema,
  uniqueCountSchema,
  sumSchema,
  maxSchema,
]);
export type Column = z.infer<typeof columnSchema>;

/** One aggregation: its columns in the order in which the groups nest, metrics last. */
export const layerSchema = z
  .strictObject({
    columnOrder: z.array(z.string()).min(1),
    columns: z.record(z.string(), columnSchema),
    incompleteColumns: z.strictObject({}),
    /** 1 takes every document. */
    sampling: z.literal(1),
  })
  .superRefine((layer, context) => {
    const fault = (message: string) => context.addIssue({ code: 'custom', message });
    const known = Object.keys(layer.columns);
    if (known.toSorted().join() !== layer.columnOrder.toSorted().join())
      fault(`columnOrder must name each column once: it names ${layer.columnOrder.join(', ')}`);
    const bucketed = layer.columnOrder.map((id) => layer.columns[id]?.isBucketed === true);
    if (bucketed.lastIndexOf(true) > bucketed.indexOf(false) && bucketed.includes(false))
      fault('columnOrder must name what is grouped by before what is counted');
    for (const [id, column] of Object.entries(layer.columns)) {
      if (column.operationType !== 'terms' || column.params.orderBy.type !== 'column') continue;
      const by = layer.columns[column.params.orderBy.columnId];
      if (by === undefined || by.isBucketed)
        fault(`column ${id} is ordered by ${column.params.orderBy.columnId}, which is no metric`);
    }
  });
export type Layer = z.infer<typeof layerSchema>;
