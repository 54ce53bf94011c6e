/** The embedded store: one DuckDB file. */
import { LIMITS } from '@mini-soc/model';
import { splitNumbers } from '../split-arrivals.ts';
import type { ArrivalCursor, RetentionReport, Store } from '../store.ts';
import {
  CREATE_INCOMING_ALERTS,
  createAlerts,
  createAlertWriters,
  readAlerts,
  searchAlerts,
  searchAlertSpans,
  updateAlerts,
  waitingAlerts,
} from './alerts.ts';
import { createBlockTrail } from './blocks.ts';
import { createEventAppender } from './append-events.ts';
import { openConnection, readRows, type Connection } from './connection.ts';
import { readEntityEvents } from './read-entity-events.ts';
import { countEvents, countEventsOverTime, searchEvents } from './read-events.ts';
import { readLines } from './read-lines.ts';
import { CREATE_TABLES } from './schema.ts';
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
}

/** What the product gives as `lingerMs`: nothing that is decided waits for it. */
export const LINGER_MS = 20;

/** Opens or creates the store. Throws UsageError in one sentence: in use, damaged, disk full. */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<Store> {
  const connection = await openConnection({
    path: options.path,
    memoryLimitMb: options.memoryLimitMb ?? 96,
    threads: options.threads ?? 1,
  });
  for (const statement of [...CREATE_TABLES, CREATE_INCOMING_ALERTS])
    await connection.run(statement);
  const alertWriters = createAlertWriters();
  const trail = createBlockTrail(connection);
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
    readLines: (eventIds, range) => readLines(connection, eventIds, range),
    searchEvents: (search) => searchEvents(connection, search),
    countEvents: (filter, range) => countEvents(connection, filter, range),
    countEventsOverTime: (range, bucketMs) => countEventsOverTime(connection, range, bucketMs),
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
    async readState(name) {
      const rows = await connection.query('SELECT doc FROM states WHERE name = ?', [name]);
      return rows[0] === undefined ? undefined : (JSON.parse(String(rows[0]['doc'])) as unknown);
    },
    writeState: (name, value) =>
      connection.run('INSERT OR REPLACE INTO states VALUES (?, ?)', [name, JSON.stringify(value)]),
    retain: (beforeMs, maxBytes) => retain(connection, beforeMs, maxBytes),
    ping: () => connection.run('SELECT 1'),
    close: () => connection.close(),
  };
}

/** Steps of deletion by size: a tenth of the events at a time, at most this often. */
const MAX_STEPS = 20;

async function retain(
  connection: Connection,
  beforeMs: number,
  maxBytes: number,
): Promise<RetentionReport> {
  const remove = async (raw: Parameters<typeof readRows>[0], limit: number): Promise<number> => {
    const rows = await readRows(raw, 'DELETE FROM events WHERE t < ?', [BigInt(Math.floor(limit))]);
    return Number(rows[0]?.['Count'] ?? 0);
  };
  const size = async (raw: Parameters<typeof readRows>[0]): Promise<number> => {
    const rows = await readRows(
      raw,
      'SELECT used_blocks * block_size AS bytes FROM pragma_database_size() WHERE database_name = current_database()',
    );
    return Number(rows[0]?.['bytes'] ?? 0);
  };
  return connection.exclusive(async (raw) => {
    const tooOld = await remove(raw, beforeMs);
    await raw.run('DELETE FROM dead_letters WHERE refused_ms < ?', [BigInt(Math.floor(beforeMs))]);
    await raw.run(
      'DELETE FROM dead_letters WHERE rowid < (SELECT max(rowid) - ? + 1 FROM dead_letters)',
      [BigInt(LIMITS.dead_letters_kept.value)],
    );
    let deletedForSize = 0;
    await raw.run('CHECKPOINT'); // only what is in the file has a size
    let sizeBytes = await size(raw);
    for (let step = 0; step < MAX_STEPS && sizeBytes > maxBytes; step += 1) {
      const rows = await readRows(
        raw,
        'SELECT quantile_disc(t, 0.1) AS limit_ms, max(t) AS newest FROM events',
      );
      if (rows[0]?.['limit_ms'] === null || rows[0] === undefined) break;
      deletedForSize += await remove(
        raw,
        Math.min(Number(rows[0]['limit_ms']) + 1, Number(rows[0]['newest'])),
      );
      await raw.run('CHECKPOINT');
      sizeBytes = await size(raw);
    }
    return { deletedEvents: tooOld + deletedForSize, deletedForSize, sizeBytes };
  });
}
