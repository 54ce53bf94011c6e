/** Types of the model's fields in DuckDB, and which fields have a column of their own. */
import type { FieldDescription } from '@mini-soc/model';

/** Times are BIGINT milliseconds since the epoch. */
export type ColumnType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'JSON';

/** A field of events with a column of its own. */
export interface HeldField {
  readonly name: string;
  readonly kind: 'text' | 'integer';
}

/** The type that a column would have for all of these values. */
export function columnTypeOf({
  type,
  isArray,
}: Pick<FieldDescription, 'type' | 'isArray'>): ColumnType {
  if (isArray) return 'JSON';
  switch (type) {
    case 'keyword':
    case 'text':
    case 'ip':
      return 'VARCHAR';
    case 'date':
    case 'integer':
    case 'long':
      return 'BIGINT';
    case 'float':
      return 'DOUBLE';
    case 'boolean':
      return 'BOOLEAN';
    case 'object':
      return 'JSON';
    default:
      return type satisfies never;
  }
}

/**
 * The queried ones of these fields as columns. Throws TypeError for a queried field whose values no column
 * holds exactly, such as a list: queries would find nothing.
 */
export function heldFields(fields: readonly FieldDescription[]): readonly HeldField[] {
  return fields
    .filter((field) => field.queried === true)
    .map((field) => {
      const { name } = field;
      const column = columnTypeOf(field);
      // A time is a text in the event: its column is one too.
      if (field.type === 'date' || column === 'VARCHAR') return { name, kind: 'text' };
      if (column === 'BIGINT') return { name, kind: 'integer' };
      throw new TypeError(
        `Field "${name}" cannot be queried: expected a text, a time or a whole number: it is ${column}`,
      );
    });
}

export function sqlTypeOf(kind: HeldField['kind']): string {
  return kind === 'integer' ? 'BIGINT' : 'VARCHAR';
}
