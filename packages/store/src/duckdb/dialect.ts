/**
 * Filters as DuckDB SQL. Every value is a parameter, every identifier is quoted by one function and
 * taken from the model's field list. Each leaf is two-valued (`coalesce(…, false)`), so NOT of a
 * missing field is true, as the query model demands.
 *
 * Where SQL cannot say the same exactly (regular expressions, CIDR ranges, wildcards, arrays, fields
 * of `extra`), the leaf becomes a superset and `exact` is false: the store then asks the oracle for
 * each row it was given.
 */
import { EVENT_FIELDS } from '@mini-soc/model';
import { neededLiterals, type Filter } from '@mini-soc/query';
import { columnTypeOf } from './mapping.ts';

export interface SqlFilter {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
  /** False when the SQL may let more rows through than the filter. */
  readonly exact: boolean;
}

/** SQL over a table of events that has a column for some of the fields, and `doc`. */
export interface SqlDialect {
  readonly compileFilterToSql: (filter: Filter) => SqlFilter;
  readonly fieldExpression: (name: string) => FieldExpression;
  /** Whether the field is one of the model that holds one value, never a list. */
  readonly isScalar: (name: string) => boolean;
}

/** `parameters` go before those of the surrounding expression. */
export interface FieldExpression {
  readonly sql: string;
  readonly parameters: readonly string[];
}

const COLUMN_TYPES = new Map(EVENT_FIELDS.map((field) => [field.name, columnTypeOf(field)]));
/** With more alternatives the database is not asked for each of them. */
const MAX_LITERALS = 20;
const ASCII = /^[\u0020-\u007e]*$/;

/** The one place that quotes identifiers. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quotePathKey(key: string): string {
  return `"${key.replaceAll('"', '')}"`;
}

const ANYTHING: SqlFilter = { sql: 'true', parameters: [], exact: false };

function isScalar(field: string): boolean {
  const type = COLUMN_TYPES.get(field);
  return type !== undefined && type !== 'JSON';
}

/** `hasColumn` are the fields with a column of their own; all others are read from `doc`. */
export function createSqlDialect(hasColumn: ReadonlySet<string>): SqlDialect {
  const fieldExpression = (name: string): FieldExpression => {
    if (hasColumn.has(name)) return { sql: quoteIdentifier(name), parameters: [] };
    const inner = name.startsWith('extra.') ? name.slice(6) : undefined;
    if (inner?.includes('.') === true)
      return {
        sql: 'coalesce(json_extract_string(doc, ?), json_extract_string(doc, ?))',
        parameters: [
          `$.extra.${quotePathKey(inner)}`,
          `$.extra.${inner.split('.').map(quotePathKey).join('.')}`,
        ],
      };
    const path = inner === undefined ? `$.${quotePathKey(name)}` : `$.extra.${quotePathKey(inner)}`;
    return { sql: 'json_extract_string(doc, ?)', parameters: [path] };
  };

  const leaf = (
    field: string,
    write: (name: string) => string,
    values: readonly (string | number)[],
    exact: boolean,
  ): SqlFilter => {
    const expression = fieldExpression(field);
    return { sql: write(expression.sql), parameters: [...expression.parameters, ...values], exact };
  };

  const equals = (filter: Extract<Filter, { kind: 'equals' }>): SqlFilter => {
    if (!isScalar(filter.field)) return ANYTHING;
    if (filter.cased || COLUMN_TYPES.get(filter.field) !== 'VARCHAR') {
      return leaf(
        filter.field,
        (name) => `coalesce((${name})::VARCHAR = ?, false)`,
        [filter.cased ? filter.value : filter.value.toLowerCase()],
        true,
      );
    }
    // lower() maps each character by itself, as foldCase() does; beyond ASCII the oracle decides.
    return ASCII.test(filter.value)
      ? leaf(
          filter.field,
          (name) => `coalesce(lower(${name}) = ?, false)`,
          [filter.value.toLowerCase()],
          true,
        )
      : leaf(filter.field, (name) => `${name} IS NOT NULL`, [], false);
  };

  const compileFilterToSql = (filter: Filter): SqlFilter => {
    switch (filter.kind) {
      case 'all':
        return join(filter.of.map(compileFilterToSql), ' AND ', 'true');
      case 'any':
        return join(filter.of.map(compileFilterToSql), ' OR ', 'false');
      case 'not': {
        const inner = compileFilterToSql(filter.of);
        // The negation of a superset would lose rows: let everything through, the oracle decides.
        return inner.exact ? { ...inner, sql: `NOT (${inner.sql})` } : ANYTHING;
      }
      case 'equals':
        return equals(filter);
      case 'exists':
        return isScalar(filter.field)
          ? leaf(filter.field, (name) => `${name} IS NOT NULL`, [], true)
          : ANYTHING;
      case 'compare': {
        if (COLUMN_TYPES.get(filter.field) !== 'BIGINT') return ANYTHING;
        const operator = { lt: '<', lte: '<=', gt: '>', gte: '>=' }[filter.operator];
        return leaf(
          filter.field,
          (name) => `coalesce(try_cast(${name} AS DOUBLE) ${operator} ?, false)`,
          [filter.value],
          true,
        );
      }
      case 'wildcard': {
        const text = longestAsciiText(filter.pattern);
        return isScalar(filter.field) && text !== ''
          ? leaf(
              filter.field,
              (name) => `coalesce(contains(lower(${name}), ?), false)`,
              [text],
              false,
            )
          : ANYTHING;
      }
      case 'regexp': {
        const literals = neededLiterals(filter.source);
        if (!isScalar(filter.field)) return ANYTHING;
        return literals === undefined || literals.length > MAX_LITERALS
          ? leaf(filter.field, (name) => `${name} IS NOT NULL`, [], false)
          : join(
              literals.map((literal) =>
                leaf(
                  filter.field,
                  (name) => `coalesce(contains(lower((${name})::VARCHAR), ?), false)`,
                  [literal],
                  false,
                ),
              ),
              ' OR ',
              'false',
            );
      }
      case 'cidr':
        return isScalar(filter.field)
          ? leaf(filter.field, (name) => `${name} IS NOT NULL`, [], false)
          : ANYTHING;
      case 'before':
        return { sql: 't < ?', parameters: [filter.ms], exact: true };
      case 'clock':
        return ANYTHING;
      default:
        return filter satisfies never;
    }
  };

  return { compileFilterToSql, fieldExpression, isScalar };
}

function longestAsciiText(pattern: Extract<Filter, { kind: 'wildcard' }>['pattern']): string {
  const texts = pattern.flatMap((piece) =>
    piece.kind === 'text' && ASCII.test(piece.text) ? [piece.text.toLowerCase()] : [],
  );
  return texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '');
}

function join(parts: readonly SqlFilter[], word: string, empty: string): SqlFilter {
  if (parts.length === 0) return { sql: empty, parameters: [], exact: true };
  return {
    sql: parts.map((part) => `(${part.sql})`).join(word),
    parameters: parts.flatMap((part) => part.parameters),
    exact: parts.every((part) => part.exact),
  };
}
