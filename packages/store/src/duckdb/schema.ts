/**
 * Tables of the embedded store. Events keep the whole document as JSON, and a column for each field
 * that rules ask for often (`queried` in the model). Wide tables of mostly empty columns cost DuckDB
 * memory for every open row group; a dozen columns and a document cost a tenth of that.
 */
import { quoteIdentifier } from './dialect.ts';
import type { EventLayout } from './event-layout.ts';
import { sqlTypeOf } from './mapping.ts';

/** Columns before the queried ones: order of arrival, hash and text of the id, event time in ms. */
export const LEADING_COLUMNS = [
  ['seq', 'BIGINT'],
  ['id_hash', 'BIGINT'],
  ['event_id', 'VARCHAR'],
  ['t', 'BIGINT'],
] as const;

/** Columns that every file has, whatever wrote it. */
export const LASTING_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  events: [...LEADING_COLUMNS.map(([name]) => name), 'doc'],
  dead_letters: ['refused_ms', 'event_id', 'reason', 'message'],
  alerts: ['alert_id', 'version', 'doc'],
  blocks: ['block_id', 'n', 't', 'doc'],
  positions: ['id', 'source', 'read_to', 'mark_at', 'mark', 'seen_ms', 'doc'],
  states: ['name', 'doc'],
};

export function createEventsTable(name: string, layout: EventLayout): string {
  const columns = [
    ...LEADING_COLUMNS.map(([column, type]) => `${column} ${type}`),
    ...layout.fields.map((field) => `${quoteIdentifier(field.name)} ${sqlTypeOf(field.kind)}`),
    'doc VARCHAR',
  ];
  return `CREATE TABLE IF NOT EXISTS ${name} (${columns.join(', ')})`;
}

/** Where ids stand before they are looked for; each connection has its own. */
export const CREATE_INCOMING = 'CREATE TEMP TABLE IF NOT EXISTS incoming (id_hash BIGINT)';
