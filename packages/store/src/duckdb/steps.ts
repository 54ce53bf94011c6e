/**
 * The steps from one stored form of the database to the next. Each release that changes a table adds one at
 * the end and never edits an earlier one: files of every age go through all that they lack, in order.
 *
 * The columns of `events` and `alerts` need no step: they follow from the model, and migrate.ts makes the
 * table what the model says. But when the queried fields change, a step without work gives the form a new
 * number, so that the version of before refuses the file instead of adapting it back.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { ALERT_COLUMNS } from './alerts.ts';
import type { EventLayout } from './event-layout.ts';
import { createEventsTable } from './schema.ts';

export interface Step {
  /** One more than the step before. */
  readonly version: number;
  /** To follow "Step 2: ". */
  readonly what: string;
  /** Whether it changes what is stored: then a copy of the file is kept first. */
  readonly rewrites: boolean;
  /** Runs in one transaction with the new number. */
  readonly run: (raw: DuckDBConnection, layout: EventLayout) => Promise<void>;
}

export const STEPS: readonly Step[] = [
  {
    version: 1,
    what: 'the tables of a file that has no number yet',
    rewrites: false,
    async run(raw, layout) {
      const alertColumns = ALERT_COLUMNS.map(([name, type]) =>
        name === 'alert_id' ? `${name} ${type} PRIMARY KEY` : `${name} ${type}`,
      );
      for (const statement of [
        createEventsTable('events', layout),
        'CREATE TABLE IF NOT EXISTS dead_letters (refused_ms BIGINT, event_id VARCHAR, reason VARCHAR, message VARCHAR)',
        `CREATE TABLE IF NOT EXISTS alerts (${alertColumns.join(', ')})`,
        'CREATE TABLE IF NOT EXISTS blocks (block_id VARCHAR PRIMARY KEY, n BIGINT, t BIGINT, doc VARCHAR)',
        // Without a key: the few rows are searched in no time, and an index makes each move several times dearer.
        'CREATE TABLE IF NOT EXISTS positions (id VARCHAR, source VARCHAR, read_to BIGINT, mark_at BIGINT, mark BIGINT, seen_ms BIGINT, doc VARCHAR)',
        'CREATE TABLE IF NOT EXISTS states (name VARCHAR PRIMARY KEY, doc VARCHAR)',
      ])
        await raw.run(statement);
    },
  },
  {
    version: 2,
    // The columns follow from the documents: fill-alerts.ts.
    what: 'for which lanes of the outbox an alert waits, beside its document',
    rewrites: false,
    run: async () => undefined,
  },
  {
    version: 3,
    what: 'columns for the decoded URL and the user agent, which rules about requests ask for',
    rewrites: false,
    run: async () => undefined,
  },
  {
    version: 4,
    what: 'a column for the reason of a failure, which rules about guessing ask for',
    rewrites: false,
    run: async () => undefined,
  },
  {
    version: 5,
    what: 'columns for the /64 of an IPv6 address, and for how, with which key and from which host somebody logged in',
    rewrites: false,
    run: async () => undefined,
  },
];

/** The stored form that this code reads and writes. */
export const SCHEMA_VERSION = STEPS.length;
