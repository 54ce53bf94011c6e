/** Appends a batch: one transaction, create-only by event_id, column by column. */
import { BIGINT, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import type { SocEvent } from '@mini-soc/model';
import { checkEvent, type StorableEvent } from '../check-event.ts';
import type { AppendReport } from '../store.ts';
import { createTableWriter, type TableWriter } from './table-writer.ts';
import { readRows, type Connection } from './connection.ts';
import { createIdFilter } from './id-filter.ts';
import { EVENT_COLUMN_TYPES, QUERIED_FIELDS } from './schema.ts';

/** Ids read at a time when the filter of a large store is prepared. */
const LOADED_IDS = 50_000;

export interface EventAppender {
  readonly append: (events: readonly SocEvent[]) => Promise<AppendReport>;
  /** Sequence number of the last stored event. */
  readonly lastSeq: () => bigint;
  /** Reads the ids that are stored, so that fresh events need no look-up. Until then each batch asks. */
  readonly loadIds: () => Promise<void>;
}

/** An event ready to store, with 64 bits of its id to find equal ids fast; the text decides. */
class Pending {
  readonly event: SocEvent;
  readonly timeMs: number;
  readonly document: string;
  readonly high: number;
  readonly low: number;

  constructor({ event, timeMs, document }: StorableEvent) {
    this.event = event;
    this.timeMs = timeMs;
    this.document = document;
    const id = event.event_id;
    let high = 0x811c9dc5;
    let low = 0x1b873593;
    for (let index = 0; index < id.length; index += 1) {
      const code = id.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
    }
    this.high = high;
    this.low = low;
  }
}

/** `startSeq` is the highest sequence number in the table. */
export function createEventAppender(connection: Connection, startSeq: bigint): EventAppender {
  let seq = startSeq;
  let reserved = startSeq;
  const eventRows = createTableWriter('events', EVENT_COLUMN_TYPES);
  const incomingIds = createTableWriter('incoming', [BIGINT]);
  const filter = createIdFilter();
  let isComplete = startSeq === 0n;

  /** The events of the batch whose ids are not stored yet. */
  const withoutStored = async (
    raw: DuckDBConnection,
    batch: readonly Pending[],
  ): Promise<readonly Pending[]> => {
    const asked = isComplete ? batch.filter((row) => filter.mayHave(row.high, row.low)) : batch;
    if (asked.length === 0) return batch;
    const stored = await findStored(raw, incomingIds, asked);
    return stored.size === 0 ? batch : batch.filter((row) => !stored.has(row.event.event_id));
  };

  return {
    lastSeq: () => seq,
    async append(events) {
      const rejected: { eventId: string; reason: string; message: string }[] = [];
      const batch = new Map<string, Pending>();
      for (const event of events) {
        const checked = checkEvent(event);
        if ('reason' in checked)
          rejected.push({
            eventId: event.event_id,
            reason: checked.reason,
            message: event.message,
          });
        else if (!batch.has(event.event_id)) batch.set(event.event_id, new Pending(checked));
      }
      const rows = [...batch.values()];
      // Numbers may have gaps: they only have to grow in the order of the commits.
      const before = reserved;
      reserved += BigInt(rows.length);
      const prepared = eventRows.prepare(columnsOf(rows, before));
      // Everything up to here runs while an earlier batch is committed.
      const stored = await connection
        .exclusive(async (raw) => {
          if (rows.length === 0 && rejected.length === 0) return 0;
          await raw.run('BEGIN');
          try {
            const fresh = await withoutStored(raw, rows);
            if (fresh.length === rows.length) await eventRows.write(raw, prepared);
            else if (fresh.length > 0) {
              const some = eventRows.prepare(columnsOf(fresh, before));
              await eventRows.write(raw, some);
              eventRows.release(some);
            }
            for (const letter of rejected) {
              await raw.run('INSERT INTO dead_letters VALUES (?, ?, ?, ?)', [
                BigInt(Date.now()),
                letter.eventId,
                letter.reason,
                letter.message,
              ]);
            }
            await raw.run('COMMIT');
            seq = before + BigInt(rows.length);
            for (const row of fresh) filter.add(row.high, row.low);
            return fresh.length;
          } catch (error) {
            eventRows.reset();
            incomingIds.reset();
            await raw.run('ROLLBACK').catch(() => undefined);
            throw error;
          }
        })
        .finally(() => eventRows.release(prepared));
      return {
        stored,
        duplicates: events.length - rejected.length - stored,
        rejected: rejected.map(({ eventId, reason }) => ({ eventId, reason })),
      };
    },
    async loadIds() {
      for (let after = 0n; !isComplete; after += BigInt(LOADED_IDS)) {
        const rows = await connection.query(
          'SELECT id_hash FROM events WHERE seq > ? AND seq <= ?',
          [after, after + BigInt(LOADED_IDS)],
        );
        for (const row of rows) filter.add(...halvesOf(row['id_hash'] as bigint));
        if (after + BigInt(LOADED_IDS) >= startSeq) isComplete = true;
      }
    },
  };
}

/** Of these rows, the ids that are in the table. */
async function findStored(
  raw: DuckDBConnection,
  incoming: TableWriter,
  asked: readonly Pending[],
): Promise<ReadonlySet<unknown>> {
  const hashes = asked.map((row) => hashOf(row));
  const ids = incoming.prepare([hashes]);
  await incoming.write(raw, ids);
  incoming.release(ids);
  const found = await readRows(
    raw,
    'SELECT e.event_id FROM events e WHERE e.id_hash IN (SELECT id_hash FROM incoming)',
  );
  await raw.run('DELETE FROM incoming');
  return new Set(found.map((row) => row['event_id']));
}

/** One function for each queried field: reading a property by a name that varies is several times slower. */
const READERS = {
  log_type: (event) => event.log_type,
  action: (event) => event.action,
  status: (event) => event.status,
  source_ip: (event) => event.source_ip,
  destination_port: (event) => event.destination_port,
  username: (event) => event.username,
  hostname: (event) => event.hostname,
  program: (event) => event.program,
  command: (event) => event.command,
  url_path: (event) => event.url_path,
  http_status: (event) => event.http_status,
  repeat_count: (event) => event.repeat_count,
} satisfies Readonly<Record<string, (event: SocEvent) => unknown>>;

/** Values of each column; the rows get the numbers after `last`. */
function columnsOf(rows: readonly Pending[], last: bigint): readonly (readonly DuckDBValue[])[] {
  return [
    rows.map((_, index) => last + BigInt(index) + 1n),
    rows.map((row) => hashOf(row)),
    rows.map((row) => row.event.event_id),
    rows.map((row) => BigInt(row.timeMs)),
    ...QUERIED_FIELDS.map(({ name, column }) => {
      const read = READERS[name as keyof typeof READERS];
      return column === 'BIGINT'
        ? rows.map((row) => integerOf(read(row.event)))
        : rows.map((row) => textOf(read(row.event)));
    }),
    rows.map((row) => row.document),
  ];
}

function integerOf(value: unknown): DuckDBValue {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null;
}

function textOf(value: unknown): DuckDBValue {
  return typeof value === 'string' ? value : null;
}

const hashView = new DataView(new ArrayBuffer(8));

function hashOf({ high, low }: Pending): bigint {
  hashView.setInt32(0, high);
  hashView.setInt32(4, low);
  return hashView.getBigInt64(0);
}

function halvesOf(hash: bigint): readonly [high: number, low: number] {
  hashView.setBigInt64(0, hash);
  return [hashView.getInt32(0), hashView.getInt32(4)];
}
