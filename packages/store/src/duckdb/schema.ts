/**
 * Tables of the embedded store. Events keep the whole document as JSON, and a column for each field
 * that rules ask for often (`queried` in the model). Wide tables of mostly empty columns cost DuckDB
 * memory for every open row group; a dozen columns and a document cost a tenth of that.
 */
import { EVENT_FIELDS, type FieldDescription } from '@mini-soc/model';
import { quoteIdentifier } from '@mini-soc/query';

/** Fields with a column of their own, in the order of the table. */
export const QUERIED_FIELDS: readonly FieldDescription[] = EVENT_FIELDS.filter(
  (field) => field.queried === true,
);

/** Columns before the queried ones: order of arrival, hash and text of the id, event time in ms. */
export const LEADING_COLUMNS = [
  'seq BIGINT',
  'id_hash BIGINT',
  'event_id VARCHAR',
  't BIGINT',
] as const;

export const CREATE_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS events (${[...LEADING_COLUMNS, ...QUERIED_FIELDS.map((field) => `${quoteIdentifier(field.name)} ${field.column}`), 'doc VARCHAR'].join(', ')})`,
  'CREATE TABLE IF NOT EXISTS dead_letters (refused_ms BIGINT, event_id VARCHAR, reason VARCHAR, message VARCHAR)',
  `CREATE TABLE IF NOT EXISTS alerts (alert_id VARCHAR PRIMARY KEY, version BIGINT, t BIGINT, rule_id VARCHAR, rule_name VARCHAR,
     entity VARCHAR, first_ms BIGINT, last_ms BIGINT, status VARCHAR, response_state VARCHAR, enriched BOOLEAN, doc VARCHAR, self_test BOOLEAN DEFAULT false)`,
  // Files of before have the table without it.
  'ALTER TABLE alerts ADD COLUMN IF NOT EXISTS self_test BOOLEAN DEFAULT false',
  'CREATE TABLE IF NOT EXISTS blocks (block_id VARCHAR PRIMARY KEY, n BIGINT, t BIGINT, doc VARCHAR)',
  // Without a key: the few rows are searched in no time, and an index makes each move several times dearer.
  'CREATE TABLE IF NOT EXISTS positions (id VARCHAR, source VARCHAR, read_to BIGINT, mark_at BIGINT, mark BIGINT, seen_ms BIGINT, doc VARCHAR)',
  'CREATE TABLE IF NOT EXISTS states (name VARCHAR PRIMARY KEY, doc VARCHAR)',
  'CREATE TEMP TABLE IF NOT EXISTS incoming (id_hash BIGINT)',
];
