/** Appends batches: create-only by event_id, column by column, several in one transaction. */
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import type { PositionMove, SocEvent } from '@mini-soc/model';
import { checkEvent } from '../check-event.ts';
import type { AppendReport } from '../store.ts';
import type { BeyondColumns } from './beyond-columns.ts';
import { CHUNK_ROWS } from './chunk-columns.ts';
import { readRows, ROW_GROUP, type Connection } from './connection.ts';
import type { EventLayout } from './event-layout.ts';
import { createGatherer } from './gather.ts';
import { createIdFilter } from './id-filter.ts';
import { letOthersRun } from './let-others-run.ts';
import { eventColumns, halvesOf, ID_HASH, Pending } from './pending-event.ts';
import type { Positions } from './positions.ts';
import {
  createTableWriter,
  inTransaction,
  type PreparedRows,
  type TableWriter,
} from './table-writer.ts';

/** Ids read at a time when the filter of a large store is prepared. */
const LOADED_IDS = 50_000;

/** Events prepared in one go, about 3 ms. */
const ROWS_AT_A_STRETCH = 512;

export interface EventAppender {
  readonly append: (events: readonly SocEvent[], move?: PositionMove) => Promise<AppendReport>;
  /** Sequence number of the last stored event. */
  readonly lastSeq: () => bigint;
  /** Reads the ids that are stored, so that fresh events need no look-up. Until then each batch asks. */
  readonly loadIds: () => Promise<void>;
}

/**
 * Text written since the last checkpoint that asks for one, characters, when no other batch waits. A
 * checkpoint takes as long as storing tens of thousands of events, so under load it comes later.
 */
const CHECKPOINT_CHARACTERS = 16 * 1_048_576;

/** Rows that do not wait for others: two row groups, which go straight into the file. */
const FULL_ROWS = 2 * ROW_GROUP;

/**
 * `startSeq` is the highest sequence number in the table; `lingerMs` how long events wait for others to
 * be written with them. The table has the columns of `layout` in the order `order`.
 */
export function createEventAppender(
  connection: Connection,
  startSeq: bigint,
  lingerMs: number,
  layout: EventLayout,
  order: readonly string[],
  positions: Pick<Positions, 'plan' | 'write'>,
  beyond: BeyondColumns,
): EventAppender {
  const { writeDocument } = layout;
  let seq = startSeq;
  let reserved = Number(startSeq);
  let preparing: Promise<unknown> = Promise.resolve();
  const eventRows = createTableWriter('events', eventColumns(layout), order);
  const incomingIds = createTableWriter('incoming', { id_hash: ID_HASH });
  const filter = createIdFilter();
  let isComplete = startSeq === 0n;
  let waiting = 0;
  let written = 0;

  /** Writes the rows of a part whose ids are not stored yet, and returns their number. */
  const writeAsked = async (raw: DuckDBConnection, part: PreparedPart): Promise<number> => {
    const stored = await findStored(raw, incomingIds, part.asked);
    const fresh = part.rows.filter((row) => !stored.has(row.event.event_id));
    const prepared = await eventRows.prepare(fresh);
    await eventRows.write(raw, prepared);
    eventRows.release(prepared);
    return fresh.length;
  };

  /** Writes batches in one transaction; the number of rows of each that were not stored before. */
  const write = async (
    raw: DuckDBConnection,
    batches: readonly PreparedBatch[],
  ): Promise<readonly number[]> => {
    const planned = positions.plan(
      batches.flatMap(({ move }) => (move === undefined ? [] : [move])),
    );
    const stored = await inTransaction(raw, [eventRows, incomingIds], async () => {
      let together: DuckDBDataChunk[] = [];
      const counts: number[] = [];
      for (const { parts, rejected } of batches) {
        let count = 0;
        for (const part of parts) {
          if (part.asked.length === 0) {
            together.push(...part.prepared);
            count += part.count;
            continue;
          }
          // What comes before it must be in the table: an id may be there again.
          await eventRows.write(raw, together);
          together = [];
          count += await writeAsked(raw, part);
        }
        counts.push(count);
        for (const { eventId, reason, message } of rejected)
          await raw.run(
            'INSERT INTO dead_letters (refused_ms, event_id, reason, message) VALUES (?, ?, ?, ?)',
            [BigInt(Date.now()), eventId, reason, message],
          );
      }
      await eventRows.write(raw, together);
      await positions.write(raw, planned);
      return counts;
    });
    planned.commit();
    for (const batch of batches) {
      seq = BigInt(batch.lastSeq);
      written += batch.characters;
    }
    return stored;
  };

  const gatherer = createGatherer<PreparedBatch, number>({
    write: (batches) =>
      connection
        .exclusive((raw) => write(raw, batches))
        .finally(() => {
          for (const { parts } of batches)
            for (const part of parts) eventRows.release(part.prepared);
        }),
    weightOf: (batch) => batch.rows,
    fullWeight: FULL_ROWS,
    lingerMs,
  });

  /** Checks the events and lays them out for the table; what cannot be stored is added to `rejected`. */
  const preparePart = async (
    events: readonly SocEvent[],
    rejected: RejectedEvent[],
    pause?: () => Promise<void>,
  ): Promise<PreparedPart> => {
    let rows: Pending[] = [];
    const asked: Pending[] = [];
    for (const [index, event] of events.entries()) {
      if (index % ROWS_AT_A_STRETCH === ROWS_AT_A_STRETCH - 1) await pause?.();
      const checked = checkEvent(event, writeDocument);
      if ('reason' in checked) {
        rejected.push({ eventId: event.event_id, reason: checked.reason, message: event.message });
        continue;
      }
      const row = new Pending(checked);
      if (!isComplete || filter.mayHave(row.high, row.low)) asked.push(row);
      // Added before it is stored: if that fails, the next one is asked for needlessly, no more.
      filter.add(row.high, row.low);
      rows.push(row);
    }
    if (asked.length > 0) rows = withoutRepeats(rows);
    let characters = 0;
    for (const row of rows) {
      reserved += 1;
      row.seq = reserved;
      characters += row.document.length;
      beyond.note(row);
    }
    const count = rows.length;
    if (asked.length > 0) return { count, asked, rows, characters, prepared: [] };
    return { count, asked, rows: [], characters, prepared: await eventRows.prepare(rows, pause) };
  };

  /** A part after the other, so that rows that were laid out are garbage at once. */
  const prepare = async (
    events: readonly SocEvent[],
    move: PositionMove | undefined,
  ): Promise<PreparedBatch> => {
    const rejected: RejectedEvent[] = [];
    const parts: PreparedPart[] = [];
    const pause = events.length > ROWS_AT_A_STRETCH ? letOthersRun : undefined;
    let characters = 0;
    let rows = 0;
    for (let from = 0; from < events.length; from += CHUNK_ROWS) {
      const part = await preparePart(events.slice(from, from + CHUNK_ROWS), rejected, pause);
      characters += part.characters;
      rows += part.count;
      parts.push(part);
    }
    return { parts, rejected, events: events.length, rows, characters, lastSeq: reserved, move };
  };

  /** Knows nothing of the events: they are garbage as soon as they are laid out. */
  const finish = async (prepared: Promise<PreparedBatch>): Promise<AppendReport> => {
    try {
      const batch = await prepared;
      const { rejected, move } = batch;
      const isEmpty = batch.parts.length === 0 && rejected.length === 0 && move === undefined;
      const stored = isEmpty ? 0 : await gatherer.add(batch);
      return {
        stored,
        duplicates: batch.events - rejected.length - stored,
        rejected: rejected.map(({ eventId, reason }) => ({ eventId, reason })),
      };
    } finally {
      waiting -= 1;
      if (waiting === 0 && written >= CHECKPOINT_CHARACTERS) {
        written = 0;
        // What hinders it hinders the next commit too, which says so.
        connection.run('CHECKPOINT').catch(() => undefined);
      }
    }
  };

  return {
    lastSeq: () => seq,
    append(events, move) {
      waiting += 1;
      // One batch is prepared after the other, so that they are written in the order of the calls.
      const prepared = preparing.then(() => prepare(events, move));
      preparing = prepared.catch(() => undefined);
      return finish(prepared);
    },
    async loadIds() {
      for (let after = 0n; !isComplete; after += BigInt(LOADED_IDS)) {
        const rows = await connection.query(
          'SELECT id_hash FROM events WHERE seq > ? AND seq <= ?',
          [after, after + BigInt(LOADED_IDS)],
        );
        for (const row of rows) filter.add(...halvesOf(row['id_hash'] as bigint));
        await beyond.load(after, after + BigInt(LOADED_IDS));
        if (after + BigInt(LOADED_IDS) >= startSeq) isComplete = true;
      }
      beyond.loaded();
    },
  };
}

interface RejectedEvent {
  readonly eventId: string;
  readonly reason: string;
  readonly message: string;
}

interface PreparedPart {
  readonly count: number;
  /** Rows that may be stored already; then `rows` has all rows, else they are in `prepared`. */
  readonly asked: readonly Pending[];
  readonly rows: readonly Pending[];
  readonly prepared: PreparedRows;
  /** Length of all documents. */
  readonly characters: number;
}

interface PreparedBatch {
  readonly parts: readonly PreparedPart[];
  readonly rejected: readonly RejectedEvent[];
  /** Events that were given, and rows of those that can be stored. */
  readonly events: number;
  readonly rows: number;
  /** Numbers may have gaps: they only have to grow in the order of the commits. */
  readonly lastSeq: number;
  readonly characters: number;
  readonly move: PositionMove | undefined;
}

/** The first row of each id. */
function withoutRepeats(rows: readonly Pending[]): Pending[] {
  const first = new Map<string, Pending>();
  for (const row of rows) if (!first.has(row.event.event_id)) first.set(row.event.event_id, row);
  return [...first.values()];
}

/** Of these rows, the ids that are in the table. */
async function findStored(
  raw: DuckDBConnection,
  incoming: TableWriter<Pending>,
  asked: readonly Pending[],
): Promise<ReadonlySet<unknown>> {
  const ids = await incoming.prepare(asked);
  await incoming.write(raw, ids);
  incoming.release(ids);
  const found = await readRows(
    raw,
    'SELECT e.event_id FROM events e WHERE e.id_hash IN (SELECT id_hash FROM incoming)',
  );
  await raw.run('DELETE FROM incoming');
  return new Set(found.map((row) => row['event_id']));
}
