/**
 * What a file is and what it lacks, before anything is written: looked at through a connection that only
 * reads, which leaves the file and its log byte for byte. What this code does not know is refused here.
 */
import { EVENT_FIELDS, UsageError } from '@mini-soc/model';
import { ALERT_COLUMNS } from './alerts.ts';
import { columnNames, readCatalog, readSchemaNumber, type Catalog } from './catalog.ts';
import type { Connection } from './connection.ts';
import { quoteIdentifier } from './dialect.ts';
import type { EventLayout } from './event-layout.ts';
import { sqlTypeOf, type HeldField } from './mapping.ts';
import { LASTING_COLUMNS } from './schema.ts';
import { SCHEMA_VERSION, STEPS, type Step } from './steps.ts';

/** What has to be done to the table of events so that it has the columns of a layout. */
export type EventsChange =
  | { readonly kind: 'none' }
  /** No row has a value that would move. */
  | {
      readonly kind: 'columns';
      readonly dropped: readonly string[];
      readonly added: readonly HeldField[];
    }
  /** Values move between columns and documents. */
  | { readonly kind: 'rewrite'; readonly fields: readonly HeldField[] };

export interface Inspection {
  /** 0 for a new file and for one without a number. */
  readonly version: number;
  readonly steps: readonly Step[];
  readonly events: EventsChange;
  /** Columns that the table of alerts lacks. */
  readonly missingInAlerts: readonly string[];
  /** Whether an earlier start began to rewrite and did not come to the end. */
  readonly isUnderWay: boolean;
}

/** Where events are written anew. */
export const NEXT_EVENTS = 'events_next';

/** Throws UsageError for a file of a newer or an unknown form. */
export async function inspectDatabase(
  connection: Connection,
  file: string,
  layout: EventLayout,
): Promise<Inspection> {
  const catalog = await readCatalog(connection);
  const number = await readSchemaNumber(connection, catalog);
  const version = number?.version ?? Number.NaN;
  if (!(version <= SCHEMA_VERSION))
    throw new UsageError(
      number === undefined
        ? `Cannot open "${file}": the number of its stored form is unreadable, this version writes form ${SCHEMA_VERSION} (restore a backup, or move the file away to start afresh)`
        : `Cannot open "${file}": it has stored form ${version}${number.product === '' ? '' : `, written by mini-SOC ${number.product}`}, this version knows forms up to ${SCHEMA_VERSION} (start the newer version again, or restore a backup of before; nothing was changed)`,
    );
  refuseUnknownColumns(catalog, file, layout, version);
  return {
    version,
    steps: STEPS.filter((step) => step.version > version),
    events: await findEventsChange(connection, catalog, layout),
    missingInAlerts: catalog.has('alerts')
      ? ALERT_COLUMNS.map(([name]) => name).filter(
          (name) => !columnNames(catalog, 'alerts').includes(name),
        )
      : [],
    isUnderWay: catalog.has(NEXT_EVENTS),
  };
}

/** A column that no version up to this one has made is a newer version's; one that all have made is missed. */
function refuseUnknownColumns(
  catalog: Catalog,
  file: string,
  layout: EventLayout,
  version: number,
): void {
  const model = new Set([
    ...EVENT_FIELDS.map((field) => field.name),
    ...layout.fields.map((field) => field.name),
  ]);
  for (const [table, lasting] of Object.entries(LASTING_COLUMNS)) {
    const columns = catalog.get(table);
    if (columns === undefined) continue;
    const missing = lasting.filter((name) => !columns.some((column) => column.name === name));
    if (missing.length > 0)
      throw new UsageError(
        `Cannot open "${file}": its table "${table}" lacks the column "${missing.join('", "')}", so no version of mini-SOC has written it (restore a backup, or move the file away to start afresh)`,
      );
    const isKnown = (name: string): boolean =>
      lasting.includes(name) ||
      (table === 'events' && model.has(name)) ||
      (table === 'alerts' && ALERT_COLUMNS.some(([known]) => known === name));
    const unknown = columns.find(
      ({ name, type }) =>
        !isKnown(name) || (table === 'events' && type !== 'VARCHAR' && type !== 'BIGINT'),
    );
    // A field that the model has no more is known to have been one only by the number of the file.
    if (unknown !== undefined && !(table === 'events' && version > 0 && version < SCHEMA_VERSION))
      throw new UsageError(
        `Cannot open "${file}": its table "${table}" has the column "${unknown.name}" (${unknown.type}) that stored forms up to ${SCHEMA_VERSION}, which this version knows, do not have: a newer version than this one has written it, its stored form is ${version === 0 ? 'not numbered' : version} (start that version again, or restore a backup of before; nothing was changed)`,
      );
  }
}

async function findEventsChange(
  connection: Connection,
  catalog: Catalog,
  layout: EventLayout,
): Promise<EventsChange> {
  const columns = catalog.get('events');
  if (columns === undefined) return { kind: 'none' };
  const fields = columns
    .filter(({ name }) => !LASTING_COLUMNS['events']?.includes(name))
    .map(({ name, type }): HeldField => ({ name, kind: type === 'BIGINT' ? 'integer' : 'text' }));
  const isIn = (list: readonly HeldField[], field: HeldField): boolean =>
    list.some(({ name, kind }) => name === field.name && kind === field.kind);
  const dropped = fields.filter((field) => !isIn(layout.fields, field)).map(({ name }) => name);
  const added = layout.fields.filter((field) => !isIn(fields, field));
  if (dropped.length === 0 && added.length === 0) return { kind: 'none' };
  // JSON.stringify() writes a name so; the same text elsewhere costs a rewrite that was not needed.
  const moving = [
    ...dropped.map((name) => `${quoteIdentifier(name)} IS NOT NULL`),
    ...added.map(() => 'contains(doc, ?)'),
  ];
  const rows = await connection.query(
    `SELECT 1 FROM events WHERE ${moving.join(' OR ')} LIMIT 1`,
    added.map(({ name }) => `${JSON.stringify(name)}:`),
  );
  return rows.length === 0 ? { kind: 'columns', dropped, added } : { kind: 'rewrite', fields };
}

/** Statements that make a table of events the one of the layout when no value moves. */
export function changeColumns(
  change: Extract<EventsChange, { kind: 'columns' }>,
): readonly string[] {
  return [
    ...change.dropped.map((name) => `ALTER TABLE events DROP COLUMN ${quoteIdentifier(name)}`),
    ...change.added.map(
      ({ name, kind }) =>
        `ALTER TABLE events ADD COLUMN ${quoteIdentifier(name)} ${sqlTypeOf(kind)}`,
    ),
  ];
}
