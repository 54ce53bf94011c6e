/** Appends a batch: one transaction, create-only by event_id, column by column. */
import { BIGINT, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import type { SocEvent } from '@mini-soc/model';
import { checkEvent, type StorableEvent } from '../check-event.ts';
import type { AppendReport } from '../store.ts';
import { createTableWriter, type TableWriter } from './table-writer.ts';
import { readRows, type Connection } from './connection.ts';
import { createIdFilter } from './id-filter.ts';
import { EVENT_COLUMN_TYPES, QUERIED_FIELDS } from './schema.ts';

/** Ids read at a time when the filter of a large store is filled. */
const LOADED_IDS = 50_000;

export interface EventAppender {
  readonly append: (events: readonly SocEvent[]) => Promise<AppendReport>;
  /** Sequence number of the last stored event. */
  readonly lastSeq: () => bigint;
  /** Reads the ids that are stored, so that fresh events need no look-up. Until then each batch asks. */
  readonly loadIds: () => Promise<void>;
}

interface Pending extends StorableEvent {
  readonly high: number;
  readonly low: number;
}

/** `startSeq` is the highest sequence number in the table. */
export function createEventAppender(connection: Connection, startSeq: bigint): EventAppender {
  let seq = startSeq;
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
        else if (!batch.has(event.event_id))
          batch.set(event.event_id, withHash(checked, event.event_id));
      }
      // Everything up to here, and the filling of chunks, runs while an earlier batch is committed.
      const columns = columnsOf([...batch.values()]);
      const stored = await connection.exclusive(async (raw) => {
        if (batch.size === 0 && rejected.length === 0) return 0;
        await raw.run('BEGIN');
        try {
          const fresh = await withoutStored(raw, columns.rows);
          const wanted = fresh.length === columns.rows.length ? columns : columnsOf(fresh);
          if (fresh.length > 0)
            await eventRows.write(raw, [sequence(seq, fresh.length), ...wanted.values]);
          for (const letter of rejected) {
            await raw.run('INSERT INTO dead_letters VALUES (?, ?, ?, ?)', [
              BigInt(Date.now()),
              letter.eventId,
              letter.reason,
              letter.message,
            ]);
          }
          await raw.run('COMMIT');
          for (const row of fresh) filter.add(row.high, row.low);
          seq += BigInt(fresh.length);
          return fresh.length;
        } catch (error) {
          eventRows.reset();
          incomingIds.reset();
          await raw.run('ROLLBACK').catch(() => undefined);
          throw error;
        }
      });
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
  await incoming.write(raw, [asked.map((row) => hashOf(row))]);
  const found = await readRows(
    raw,
    'SELECT e.event_id FROM events e WHERE e.id_hash IN (SELECT id_hash FROM incoming)',
  );
  await raw.run('DELETE FROM incoming');
  return new Set(found.map((row) => row['event_id']));
}

interface Columns {
  readonly rows: readonly Pending[];
  /** Values of each column after the sequence number. */
  readonly values: readonly (readonly DuckDBValue[])[];
}

function columnsOf(rows: readonly Pending[]): Columns {
  return {
    rows,
    values: [
      rows.map((row) => hashOf(row)),
      rows.map((row) => row.event.event_id),
      rows.map((row) => BigInt(row.timeMs)),
      ...QUERIED_FIELDS.map((field) => {
        const name = field.name as keyof SocEvent;
        return field.column === 'BIGINT'
          ? rows.map((row) => integerOf(row.event[name]))
          : rows.map((row) => textOf(row.event[name]));
      }),
      rows.map((row) => row.document),
    ],
  };
}

/** The numbers after `last`. */
function sequence(last: bigint, length: number): readonly bigint[] {
  return Array.from({ length }, (_, index) => last + BigInt(index) + 1n);
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

/** With 64 bits of the id, to find equal ids fast; equality itself is decided on the text. */
function withHash(event: StorableEvent, id: string): Pending {
  let high = 0x811c9dc5;
  let low = 0x1b873593;
  for (let index = 0; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
  }
  return { ...event, high, low };
}
