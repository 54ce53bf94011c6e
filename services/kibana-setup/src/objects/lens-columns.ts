/** Columns of a chart in few words. */
import { RECORDS, type Column } from '../kibana/lens-columns.ts';

type OrderBy = { readonly column: string } | 'name';

export function overTime(label: string, field = '@timestamp'): Column {
  return {
    label,
    customLabel: true,
    dataType: 'date',
    operationType: 'date_histogram',
    sourceField: field,
    isBucketed: true,
    scale: 'interval',
    params: { interval: 'auto', includeEmptyRows: true, dropPartials: false },
  };
}

/** The `size` largest groups by a column of the same chart. */
export function groupsOf(
  label: string,
  field: string,
  size: number,
  orderBy: OrderBy,
  dataType: 'string' | 'ip' = 'string',
): Column {
  return {
    label,
    customLabel: true,
    dataType,
    operationType: 'terms',
    sourceField: field,
    isBucketed: true,
    scale: 'ordinal',
    params: {
      size,
      orderBy:
        orderBy === 'name'
          ? { type: 'alphabetical', fallback: false }
          : { type: 'column', columnId: orderBy.column },
      orderDirection: orderBy === 'name' ? 'asc' : 'desc',
      otherBucket: false,
      missingBucket: false,
      parentFormat: { id: 'terms' },
    },
  };
}

const NUMBER = {
  customLabel: true,
  dataType: 'number',
  isBucketed: false,
  scale: 'ratio',
} as const;

export function count(label: string, perUnit?: 's' | 'm'): Column {
  return {
    ...NUMBER,
    label,
    operationType: 'count',
    sourceField: RECORDS,
    ...(perUnit === undefined ? {} : { timeScale: perUnit }),
    params: { emptyAsNull: perUnit !== undefined },
  };
}

export function uniqueCount(label: string, field: string): Column {
  return {
    ...NUMBER,
    label,
    operationType: 'unique_count',
    sourceField: field,
    params: { emptyAsNull: false },
  };
}

export function sum(label: string, field: string): Column {
  return {
    ...NUMBER,
    label,
    operationType: 'sum',
    sourceField: field,
    params: { emptyAsNull: true },
  };
}

export function latest(label: string, field: string): Column {
  return {
    label,
    customLabel: true,
    dataType: 'date',
    operationType: 'max',
    sourceField: field,
    isBucketed: false,
    scale: 'ratio',
    params: {},
  };
}
