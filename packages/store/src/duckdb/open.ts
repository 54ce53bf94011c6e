/** The embedded store: one DuckDB file. */
import { splitNumbers } from '../split-arrivals.ts';
import type { ArrivalCursor, Store } from '../store.ts';
import {
  createAlerts,
  FIRST_VERSION,
  readAlerts,
  searchAlerts,
  searchAlertSpans,
  updateAlerts,
  waitingAlerts,
} from './alerts.ts';
import { createBeyondColumns } from './beyond-columns.ts';
import { createBlockTrail } from './blocks.ts';
import { createEventAppender } from './append-events.ts';
import type { Connection } from './connection.ts';
import { createEventLayout, MODEL_LAYOUT } from './event-layout.ts';
import type { HeldField } from './mapping.ts';
import { openDatabase } from './migrate.ts';
import { openPositions } from './positions.ts';
import { readEntityEvents } from './read-entity-events.ts';
import { countEvents, countEventsOverTime, searchEvents } from './read-events.ts';
import { readLines } from './read-lines.ts';
import { readSize, retain } from './retain.ts';
import { filtersMet } from './filters-met.ts';
import { selectCandidates } from './select-candidates.ts';
import { USUAL_MEMORY_MB } from './session.ts';
import { readState, writeState } from './states.ts';

export interface DuckDbStoreOptions {
  /** File of the database, or `:memory:`. */
  readonly path: string;
  /** Bound of DuckDB's own memory, MiB. Default 96. */
  readonly memoryLimitMb?: number;
  /** Threads of DuckDB. Default 1. */
  readonly threads?: number;
  /**
   * How long events wait for others, to be written with them, milliseconds. Default 0: they wait while
   * the database works on those before them, no longer.
   */
  readonly lingerMs?: number;
  /** Version of the product, which a file says of who wrote it. */
  readonly product?: string;
  /** A sentence now and then while a file of before is brought to the present form. */
  readonly onProgress?: (sentence: string) => void;
  /** Fields of events with a column of their own. Default: the queried ones of the model. */
  readonly queriedFields?: readonly HeldField[];
  /** Free space on the disk of a folder, bytes. Default: what the system says. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  /** What stays clear on the disk, bytes. Default 32 MiB. */
  readonly marginBytes?: number;
}

/** What the product gives as `lingerMs`: nothing that is decided waits for it. */
export const LINGER_MS = 20;

/**
 * Opens or creates the store; a file of before is brought to the present form. Throws UsageError in one
 * sentence when that can never work (in use, damaged, written by a newer version), StoreError, retryable,
 * when it may later (disk full, no permission).
 */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<Store> {
  const layout =
    options.queriedFields === undefined ? MODEL_LAYOUT : createEventLayout(options.queriedFields);
  const { connection, eventOrder, blockOrder, alertWriters } = await openDatabase({
    connection: {
      path: options.path,
      memoryLimitMb: options.memoryLimitMb ?? USUAL_MEMORY_MB,
      threads: options.threads ?? 1,
      ...(options.marginBytes === undefined ? {} : { marginBytes: options.marginBytes }),
    },
    layout,
    product: options.product ?? '',
    onProgress: options.onProgress ?? (() => undefined),
    ...(options.freeBytes === undefined ? {} : { freeBytes: options.freeBytes }),
  });
  const trail = createBlockTrail(connection, blockOrder);
  const [newest] = await connection.query('SELECT coalesce(max(seq), 0) AS seq FROM events');
  const positions = await openPositions(connection);
  const lastSeq = BigInt(String(newest?.['seq'] ?? 0));
  const beyond = createBeyondColumns(connection, lastSeq === 0n);
  const appender = createEventAppender(
    connection,
    lastSeq,
    options.lingerMs ?? 0,
    layout,
    eventOrder,
    positions,
    beyond,
  );
  // A store that closes meanwhile ends the loading; until it is complete, each batch asks the table.
  appender.loadIds().catch(() => undefined);

  return {
    name: 'duckdb',
    positions,
    appendEvents: appender.append,
    async arrivalCursor() {
      return String(appender.lastSeq()) as ArrivalCursor;
    },
    splitArrivals: (after, upTo, events) => splitNumbers(0, after, upTo, events),
    filtersMet: (filters, events) => filtersMet(connection, filters, events, layout),
    selectCandidates: (request) => selectCandidates(connection, request, layout),
    readEntityEvents: (request) => readEntityEvents(connection, request, layout, beyond.mayHave),
    readLines: (eventIds, range) => readLines(connection, eventIds, range),
    searchEvents: (search) => searchEvents(connection, search, layout),
    countEvents: (filter, range) => countEvents(connection, filter, range, layout),
    countEventsOverTime: (range, bucketMs) => countEventsOverTime(connection, range, bucketMs),
    firstVersion: FIRST_VERSION,
    createAlerts: (alerts) => createAlerts(connection, alertWriters, alerts),
    updateAlerts: (changes) => updateAlerts(connection, alertWriters.incoming, changes),
    readAlerts: (alertIds) => readAlerts(connection, alertIds),
    searchAlerts: (search) => searchAlerts(connection, search),
    waitingAlerts: (wanted) => waitingAlerts(connection, wanted),
    searchAlertSpans: (search) => searchAlertSpans(connection, search),
    appendBlocks: trail.append,
    listBlocks: trail.list,
    existingBlocks: trail.existing,
    blocksInForce: trail.inForce,
    readState: (name) => readState(connection, name),
    writeState: (name, value) => writeState(connection, name, value),
    retain: (beforeMs, maxBytes) => retain(connection, options.path, beforeMs, maxBytes),
    size: () => readSize(connection, options.path),
    ping: () => ping(connection),
    close: () => connection.close(),
  };
}

/** Fails as long as nothing can be stored: what failed last is tried with something small. */
async function ping(connection: Connection): Promise<void> {
  if (connection.failure() === undefined)
    await connection.exclusive((raw) => raw.run('SELECT 1'), { reads: true });
  else await writeState(connection, 'store_ping', { at: new Date().toISOString() });
}
