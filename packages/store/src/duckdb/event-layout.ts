/**
 * Which fields of an event stand in a column of their own, and what follows from that: the text beside the
 * columns, how both become the event again, and the SQL that asks for them. What a column holds exactly is
 * left out of the text: twice the same makes it longer by two thirds, and storing and keeping it dearer. A
 * text that says more than its column (older files say everything) has the last word.
 *
 * The layout of the model is what is written today; a file of before has the layout its table shows.
 */
import { EVENT_FIELDS, type SocEvent } from '@mini-soc/model';
import type { WrittenEvent } from '../check-event.ts';
import type { Row } from './connection.ts';
import { createSqlDialect, quoteIdentifier, type SqlDialect } from './dialect.ts';
import { heldFields, type HeldField } from './mapping.ts';

export interface EventLayout {
  /** In the order of a new table. */
  readonly fields: readonly HeldField[];
  /** What SELECT has to name for `readEvent()`, of the table `e`. */
  readonly columnsSql: string;
  readonly sql: SqlDialect;
  /**
   * The event without what its columns hold, as JSON, and at least the length that all of it would have.
   * Throws TypeError for what JSON cannot write, as JSON.stringify() does.
   */
  readonly writeDocument: (event: SocEvent) => WrittenEvent;
  /** The event of a row with `columnsSql`. */
  readonly readEvent: (row: Row) => SocEvent;
}

/** A character takes up to six in JSON. */
const MOST_IN_JSON = 6;

export function createEventLayout(fields: readonly HeldField[]): EventLayout {
  const textColumns = [
    'event_id',
    ...fields.filter((field) => field.kind === 'text').map((field) => field.name),
  ];
  const integerColumns = fields
    .filter((field) => field.kind === 'integer')
    .map((field) => field.name);
  const held = new Map<string, HeldField['kind']>([
    ...textColumns.map((name) => [name, 'text'] as const),
    ...integerColumns.map((name) => [name, 'integer'] as const),
  ]);
  return {
    fields,
    columnsSql: [...textColumns, ...integerColumns, 'doc']
      .map((name) => `e.${quoteIdentifier(name)}`)
      .join(', '),
    sql: createSqlDialect(new Set(fields.map((field) => field.name))),
    writeDocument(event) {
      const values = event as unknown as Readonly<Record<string, unknown>>;
      const left: Record<string, unknown> = {};
      let outside = 400;
      for (const name in values) {
        const value = values[name];
        const kind = held.get(name);
        if (kind === 'text' && isHeldAsText(value)) outside += value.length;
        else if (kind !== 'integer' || !Number.isSafeInteger(value)) left[name] = value;
      }
      const document = JSON.stringify(left);
      return { document, wholeLength: document.length + MOST_IN_JSON * outside };
    },
    readEvent(row) {
      const event = JSON.parse(String(row['doc'])) as Record<string, unknown>;
      for (const name of textColumns) {
        const value = row[name];
        if (value !== null && event[name] === undefined) event[name] = value;
      }
      for (const name of integerColumns) {
        const value = row[name];
        if (value !== null && event[name] === undefined) event[name] = Number(value);
      }
      return event as unknown as SocEvent;
    },
  };
}

/** The layout that is written today. */
export const MODEL_LAYOUT = createEventLayout(heldFields(EVENT_FIELDS));

/** A column cannot hold the character that ends a text in C, nor half a character. */
function isHeldAsText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
}
