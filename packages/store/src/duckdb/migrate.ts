/**
 * Brings a database of any age to the stored form of this code: looked at and refused before anything is
 * written, a copy kept before what rewrites, then step by step, each in a transaction. Killed anywhere, the
 * next start goes on.
 */
import {
  CREATE_INCOMING_ALERTS,
  createAlertWriters,
  createIncomingAlerts,
  type AlertWriters,
} from './alerts.ts';
import { columnNames, readCatalog, writeSchemaNumber } from './catalog.ts';
import { openConnection, type Connection, type ConnectionOptions } from './connection.ts';
import { createEventLayout, type EventLayout } from './event-layout.ts';
import { fillAlerts } from './fill-alerts.ts';
import {
  changeColumns,
  inspectDatabase,
  NEXT_EVENTS,
  type Inspection,
} from './inspect-database.ts';
import { databaseBytes, expectSpace, freeSpace, keepCopy } from './keep-copy.ts';
import { rewriteEvents } from './rewrite-events.ts';
import { CREATE_INCOMING } from './schema.ts';
import { IN_MEMORY } from './session.ts';
import { sizeOf } from './size-of.ts';
import { STEPS } from './steps.ts';
import { inTransaction } from './table-writer.ts';

export interface MigrationOptions {
  readonly connection: ConnectionOptions;
  readonly layout: EventLayout;
  /** Version of the product, to be found in the file. */
  readonly product: string;
  /** One sentence, at most every two seconds. */
  readonly onProgress: (sentence: string) => void;
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export interface OpenedDatabase {
  readonly connection: Connection;
  /** Columns of the table of events in its order. */
  readonly eventOrder: readonly string[];
  /** Columns of the trail of blocks in its order. */
  readonly blockOrder: readonly string[];
  readonly alertWriters: AlertWriters;
}

const PROGRESS_MS = 2000;
/** What a copy and a new table take more than the old ones. */
const MARGIN = 1.1;

/**
 * Throws UsageError in one sentence when the file cannot be used, StoreError, retryable, when it may be
 * later; it is untouched then.
 */
export async function openDatabase(options: MigrationOptions): Promise<OpenedDatabase> {
  const found = await prepare(options);
  const connection = await openConnection({
    ...options.connection,
    onOpen: [CREATE_INCOMING, CREATE_INCOMING_ALERTS],
  });
  try {
    await migrate(connection, found, options);
    const catalog = await readCatalog(connection);
    return {
      connection,
      eventOrder: columnNames(catalog, 'events'),
      blockOrder: columnNames(catalog, 'blocks'),
      alertWriters: createAlertWriters(columnNames(catalog, 'alerts')),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

const NEW_FILE: Inspection = {
  version: 0,
  steps: STEPS,
  events: { kind: 'none' },
  missingInAlerts: [],
  isUnderWay: false,
};

/** Looks at the file without writing to it, and keeps a copy of it where one is due. */
async function prepare(options: MigrationOptions): Promise<Inspection> {
  const { path: file } = options.connection;
  if (file === IN_MEMORY || (await sizeOf(file)) === 0) return NEW_FILE;
  const reading = await openConnection({ ...options.connection, readOnly: true });
  try {
    const found = await inspectDatabase(reading, file, options.layout);
    if (found.events.kind !== 'rewrite' && !found.steps.some((step) => step.rewrites)) return found;
    const bytes = (await databaseBytes(file)) * MARGIN;
    // An earlier start has kept the copy before it began.
    const copies = found.isUnderWay ? 0 : 1;
    await expectSpace(file, (copies + 1) * bytes, options.freeBytes ?? freeSpace);
    if (found.isUnderWay) return found;
    const tell = paced(options.onProgress);
    const copy = await keepCopy(file, found.version, (done, total) =>
      tell(`Copying the database before it is changed: ${percent(done, total)}`),
    );
    options.onProgress(`A copy of the database of before is kept as "${copy}"`);
    return found;
  } finally {
    await reading.close();
  }
}

async function migrate(
  connection: Connection,
  found: Inspection,
  options: MigrationOptions,
): Promise<void> {
  const { layout, product } = options;
  for (const step of found.steps) {
    await connection.exclusive((raw) =>
      inTransaction(raw, [], async () => {
        await step.run(raw, layout);
        const [sql, values] = writeSchemaNumber({ version: step.version, product });
        await raw.run(sql, values);
      }),
    );
  }
  if (found.missingInAlerts.length > 0)
    await fillAlerts(connection, createIncomingAlerts(), found.missingInAlerts);
  await adaptEvents(connection, found, options);
  // Left by a version that wanted other columns and was killed.
  if (found.isUnderWay && found.events.kind !== 'rewrite')
    await connection.run(`DROP TABLE IF EXISTS ${NEXT_EVENTS}`);
}

async function adaptEvents(
  connection: Connection,
  { events }: Inspection,
  { layout, onProgress }: MigrationOptions,
): Promise<void> {
  switch (events.kind) {
    case 'none':
      return;
    case 'columns':
      for (const statement of changeColumns(events)) await connection.run(statement);
      return;
    case 'rewrite': {
      const tell = paced(onProgress);
      onProgress('Bringing the stored events to the columns of this version …');
      await rewriteEvents(connection, createEventLayout(events.fields), layout, (done, total) =>
        tell(
          `Bringing the stored events to the columns of this version: ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`,
        ),
      );
      onProgress('The stored events have the columns of this version');
      return;
    }
    default:
      events satisfies never;
  }
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / Math.max(1, total))} %`;
}

function paced(tell: (sentence: string) => void): (sentence: string) => void {
  let last = performance.now();
  return (sentence) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    tell(sentence);
  };
}
