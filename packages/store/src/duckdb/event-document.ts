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

/**
 * The event without what its columns hold, as JSON, and at least the length that all of it would have.
 * Throws TypeError for what JSON cannot write, as JSON.stringify() does.
 */
export function writeDocument(event: SocEvent): WrittenEvent {
  // The queried fields of the model, by name: a loop over names would take as long as what it saves.
  const {
    event_id,
    log_type,
    action,
    status,
    source_ip,
    destination_port,
    username,
    hostname,
    program,
    command,
    url_path,
    http_status,
    repeat_count,
    ...rest
  } = event;
  const left: Record<string, unknown> = rest;
  let outside = 400;
  const text = (name: string, value: unknown): void => {
    if (value === undefined) return;
    if (isHeldAsText(value)) outside += value.length;
    else left[name] = value;
  };
  const integer = (name: string, value: unknown): void => {
    if (value !== undefined && !Number.isSafeInteger(value)) left[name] = value;
  };
  text('event_id', event_id);
  text('log_type', log_type);
  text('action', action);
  text('status', status);
  text('source_ip', source_ip);
  text('username', username);
  text('hostname', hostname);
  text('program', program);
  text('command', command);
  text('url_path', url_path);
  integer('destination_port', destination_port);
  integer('http_status', http_status);
  integer('repeat_count', repeat_count);
  const document = JSON.stringify(rest);
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
