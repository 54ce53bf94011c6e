/** The embedded store: one DuckDB file. */
import type { Block } from '@mini-soc/model';
import { splitNumbers } from '../split-arrivals.ts';
import type { ArrivalCursor, Store } from '../store.ts';
import {
  CREATE_INCOMING_ALERTS,
  createAlerts,
  createAlertWriters,
  readAlerts,
  searchAlerts,
  updateAlerts,
} from './alerts.ts';
import { createEventAppender } from './append-events.ts';
import { openConnection, readRows, type Connection } from './connection.ts';
import { countEvents, countEventsOverTime, readEntityEvents, searchEvents } from './read-events.ts';
import { readSize, retain } from './retain.ts';
import { CREATE_INCOMING, CREATE_TABLES } from './schema.ts';
import { selectCandidates } from './select-candidates.ts';

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
  /** What stays clear on the disk, bytes. Default 32 MiB. */
  readonly marginBytes?: number;
}

/** What the product gives as `lingerMs`: nothing that is decided waits for it. */
export const LINGER_MS = 20;

/**
 * Opens or creates the store. Throws UsageError in one sentence when that can never work (in use,
 * damaged), StoreError, retryable, when it may later (disk full, no permission).
 */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<Store> {
  const connection = await openConnection({
    path: options.path,
    memoryLimitMb: options.memoryLimitMb ?? 96,
    threads: options.threads ?? 1,
    onOpen: [CREATE_INCOMING, CREATE_INCOMING_ALERTS],
    ...(options.marginBytes === undefined ? {} : { marginBytes: options.marginBytes }),
  });
  // Where the tables are there already nothing is written: that must work on a full disk too.
  for (const statement of CREATE_TABLES)
    await connection.exclusive((raw) => raw.run(statement), { reads: true });
  const alertWriters = createAlertWriters();
  const [newest] = await connection.query('SELECT coalesce(max(seq), 0) AS seq FROM events');
  const appender = createEventAppender(
    connection,
    BigInt(String(newest?.['seq'] ?? 0)),
    options.lingerMs ?? 0,
  );
  // A store that closes meanwhile ends the loading; until it is complete, each batch asks the table.
  appender.loadIds().catch(() => undefined);

  return {
    name: 'duckdb',
    appendEvents: appender.append,
    async arrivalCursor() {
      return String(appender.lastSeq()) as ArrivalCursor;
    },
    splitArrivals: (after, upTo, events) => splitNumbers(0, after, upTo, events),
    selectCandidates: (request) => selectCandidates(connection, request),
    readEntityEvents: (request) => readEntityEvents(connection, request),
    searchEvents: (search) => searchEvents(connection, search),
    countEvents: (filter, range) => countEvents(connection, filter, range),
    countEventsOverTime: (range, bucketMs) => countEventsOverTime(connection, range, bucketMs),
    createAlerts: (alerts) => createAlerts(connection, alertWriters, alerts),
    updateAlerts: (changes) => updateAlerts(connection, alertWriters.incoming, changes),
    readAlerts: (alertIds) => readAlerts(connection, alertIds),
    searchAlerts: (search) => searchAlerts(connection, search),
    appendBlock: (block) => appendBlock(connection, block),
    async listBlocks(size) {
      const rows = await connection.query(
        'SELECT doc FROM blocks ORDER BY t DESC, n DESC LIMIT ?',
        [size],
      );
      return rows.map((row) => JSON.parse(String(row['doc'])) as Block);
    },
    async readState(name) {
      const rows = await connection.query('SELECT doc FROM states WHERE name = ?', [name]);
      return rows[0] === undefined ? undefined : (JSON.parse(String(rows[0]['doc'])) as unknown);
    },
    writeState: (name, value) =>
      connection.run('INSERT OR REPLACE INTO states VALUES (?, ?)', [name, JSON.stringify(value)]),
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
  else
    await connection.run('INSERT OR REPLACE INTO states VALUES (?, ?)', [
      'store_ping',
      JSON.stringify({ at: new Date().toISOString() }),
    ]);
}

async function appendBlock(connection: Connection, block: Block): Promise<'created' | 'exists'> {
  return connection.exclusive(async (raw) => {
    const rows = await readRows(
      raw,
      'INSERT INTO blocks SELECT ?, (SELECT coalesce(max(n), 0) + 1 FROM blocks), ?, ? ON CONFLICT DO NOTHING RETURNING block_id',
      [block.block_id, BigInt(Date.parse(block['@timestamp'])), JSON.stringify(block)],
    );
    return rows.length > 0 ? 'created' : 'exists';
  });
}
