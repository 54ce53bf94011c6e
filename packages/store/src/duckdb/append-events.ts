/** Appends a batch: one transaction, create-only by event_id, column by column. */
import { BIGINT, DuckDBDataChunk, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import type { SocEvent } from '@mini-soc/model';
import { checkEvent, type StorableEvent } from '../check-event.ts';
import type { AppendReport } from '../store.ts';
import { EVENT_COLUMN_TYPES, QUERIED_FIELDS } from './schema.ts';
import { readRows, type Connection } from './connection.ts';

/** Rows of one data chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048;

export interface EventAppender {
  readonly append: (events: readonly SocEvent[]) => Promise<AppendReport>;
  /** Sequence number of the last stored event. */
  readonly lastSeq: () => bigint;
}

interface Pending extends StorableEvent {
  readonly idHash: bigint;
}

/** `lastSeq` is the highest sequence number in the table. */
export function createEventAppender(connection: Connection, startSeq: bigint): EventAppender {
  let seq = startSeq;
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
          batch.set(event.event_id, { ...checked, idHash: hashId(event.event_id) });
      }
      const stored = await connection.exclusive(async (raw) => {
        if (batch.size === 0 && rejected.length === 0) return 0;
        await raw.run('BEGIN');
        try {
          const fresh = await withoutStored(raw, [...batch.values()]);
          if (fresh.length > 0) await write(raw, fresh, seq);
          for (const letter of rejected) {
            await raw.run('INSERT INTO dead_letters VALUES (?, ?, ?, ?)', [
              BigInt(Date.now()),
              letter.eventId,
              letter.reason,
              letter.message,
            ]);
          }
          await raw.run('COMMIT');
          seq += BigInt(fresh.length);
          return fresh.length;
        } catch (error) {
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
  };
}

/** The events of the batch whose ids are not stored yet. */
async function withoutStored(
  raw: DuckDBConnection,
  batch: readonly Pending[],
): Promise<readonly Pending[]> {
  const incoming = await raw.createAppender('incoming');
  for (let from = 0; from < batch.length; from += CHUNK_ROWS) {
    const rows = batch.slice(from, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create([BIGINT], rows.length);
    chunk.setColumnValues(
      0,
      rows.map((row) => row.idHash),
    );
    incoming.appendDataChunk(chunk);
  }
  incoming.closeSync();
  const found = await readRows(
    raw,
    'SELECT e.event_id FROM events e WHERE e.id_hash IN (SELECT id_hash FROM incoming)',
  );
  await raw.run('DELETE FROM incoming');
  if (found.length === 0) return batch;
  const stored = new Set(found.map((row) => row['event_id']));
  return batch.filter((row) => !stored.has(row.event.event_id));
}

async function write(
  raw: DuckDBConnection,
  rows: readonly Pending[],
  startSeq: bigint,
): Promise<void> {
  const appender = await raw.createAppender('events');
  let seq = startSeq;
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const part = rows.slice(from, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create([...EVENT_COLUMN_TYPES], part.length);
    const columns: DuckDBValue[][] = [
      part.map((_, index) => seq + BigInt(index) + 1n),
      part.map((row) => row.idHash),
      part.map((row) => row.event.event_id),
      part.map((row) => BigInt(row.timeMs)),
      ...QUERIED_FIELDS.map((field) =>
        part.map((row) => columnValue(row.event[field.name as keyof SocEvent], field.column)),
      ),
      part.map((row) => row.document),
    ];
    columns.forEach((values, index) => chunk.setColumnValues(index, values));
    appender.appendDataChunk(chunk);
    seq += BigInt(part.length);
  }
  appender.closeSync();
}

function columnValue(value: unknown, column: string): DuckDBValue {
  if (column === 'BIGINT')
    return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null;
  return typeof value === 'string' ? value : null;
}

const hashView = new DataView(new ArrayBuffer(8));

/** 64 bits of an id, to find equal ids fast; equality itself is decided on the text. */
function hashId(id: string): bigint {
  let high = 0x811c9dc5;
  let low = 0x1b873593;
  for (let index = 0; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
  }
  hashView.setInt32(0, high);
  hashView.setInt32(4, low);
  return hashView.getBigInt64(0);
}
