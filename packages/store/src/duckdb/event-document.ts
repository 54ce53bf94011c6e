/**
 * The text that holds an event beside its columns. What a column holds exactly is left out: twice
 * the same makes the text longer by two thirds, and storing and keeping it dearer. A text that says more than its column (older files say everything) has the last word.
 */
import type { SocEvent } from '@mini-soc/model';
import { quoteIdentifier } from '@mini-soc/query';
import type { WrittenEvent } from '../check-event.ts';
import { QUERIED_FIELDS } from './schema.ts';
import type { Row } from './connection.ts';

const TEXT_COLUMNS = [
  'event_id',
  ...QUERIED_FIELDS.filter((field) => field.column === 'VARCHAR').map((field) => field.name),
];
const INTEGER_COLUMNS = QUERIED_FIELDS.filter((field) => field.column === 'BIGINT').map(
  (field) => field.name,
);

/** What SELECT has to name for `readEvent()`, of the table `e`. */
export const EVENT_COLUMNS = [...TEXT_COLUMNS, ...INTEGER_COLUMNS, 'doc']
  .map((name) => `e.${quoteIdentifier(name)}`)
  .join(', ');

/** A character takes up to six in JSON. */
const MOST_IN_JSON = 6;

const HELD = new Map<string, 'text' | 'integer'>([
  ...TEXT_COLUMNS.map((name) => [name, 'text'] as const),
  ...INTEGER_COLUMNS.map((name) => [name, 'integer'] as const),
]);

/**
 * The event without what its columns hold, as JSON, and at least the length that all of it would have.
 * Throws TypeError for what JSON cannot write, as JSON.stringify() does.
 */
export function writeDocument(event: SocEvent): WrittenEvent {
  const fields = event as unknown as Readonly<Record<string, unknown>>;
  const left: Record<string, unknown> = {};
  let outside = 400;
  for (const name in fields) {
    const value = fields[name];
    const held = HELD.get(name);
    if (held === 'text' && isHeldAsText(value)) outside += value.length;
    else if (held !== 'integer' || !Number.isSafeInteger(value)) left[name] = value;
  }
  const document = JSON.stringify(left);
  return { document, wholeLength: document.length + MOST_IN_JSON * outside };
}

/** The event of a row with `EVENT_COLUMNS`. */
export function readEvent(row: Row): SocEvent {
  const event = JSON.parse(String(row['doc'])) as Record<string, unknown>;
  for (const name of TEXT_COLUMNS) {
    const value = row[name];
    if (value !== null && event[name] === undefined) event[name] = value;
  }
  for (const name of INTEGER_COLUMNS) {
    const value = row[name];
    if (value !== null && event[name] === undefined) event[name] = Number(value);
  }
  return event as unknown as SocEvent;
}

/** A column cannot hold the character that ends a text in C, nor half a character. */
function isHeldAsText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
}
