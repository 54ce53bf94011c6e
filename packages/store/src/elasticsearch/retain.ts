/** Deletes what is too old: whole days as whole indices, the rest of a day document by document. */
import type { RetentionReport } from '../store.ts';
import { refresh } from './arrival-cursor.ts';
import type { Connection } from './connection.ts';
import type { ElasticsearchQuery } from './dialect.ts';
import { dayOfTime, type IndexNames } from './indices.ts';
import { inTimeRange, search, searchPages, type SearchBody } from './search.ts';
import { sendBulk } from './send-bulk.ts';

const ACTION = 'delete old events';
const DAY_MS = 86_400_000;
const DELETE_PAGE = 5000;

interface Stats {
  readonly indices?: Readonly<
    Record<
      string,
      {
        readonly primaries: {
          readonly docs: { readonly count: number };
          readonly store: { readonly size_in_bytes: number };
        };
      }
    >
  >;
}

interface DayIndex {
  readonly index: string;
  readonly startMs: number;
  readonly events: number;
  readonly sizeBytes: number;
}

/**
 * Events before `beforeMs`, then whole days, the oldest first, until what is left is at most
 * `maxBytes`; never today's. Dead letters refused before `beforeMs` go too.
 */
export async function retain(
  connection: Connection,
  names: IndexNames,
  beforeMs: number,
  maxBytes: number,
  now: Date,
): Promise<RetentionReport> {
  let deletedEvents = 0;
  for (const { index, startMs } of await listDays(connection, names)) {
    if (startMs + DAY_MS <= beforeMs) deletedEvents += await deleteIndex(connection, index);
    else if (startMs < beforeMs)
      deletedEvents += await deleteOlder(connection, index, '@timestamp', beforeMs);
  }
  // Those of a shipper have the time of the event alone.
  for (const field of ['refused_at', '@timestamp'])
    await deleteOlder(connection, names.deadLetters, field, beforeMs);
  const left = await listDays(connection, names);
  let sizeBytes = left.reduce((sum, day) => sum + day.sizeBytes, 0);
  const today = Date.parse(dayOfTime(now.getTime()).replaceAll('.', '-'));
  let deletedForSize = 0;
  for (const day of left) {
    if (sizeBytes <= maxBytes || day.startMs >= today) break;
    // Made for sensors, and again at once: nothing is won.
    if (day.events === 0) continue;
    deletedForSize += await deleteIndex(connection, day.index);
    sizeBytes -= day.sizeBytes;
  }
  return { deletedEvents: deletedEvents + deletedForSize, deletedForSize, sizeBytes };
}

/** Our daily indices, the oldest first. */
async function listDays(connection: Connection, names: IndexNames): Promise<readonly DayIndex[]> {
  const { indices = {} } = await connection.send<Stats>({
    action: 'measure the indices',
    method: 'GET',
    path: `/${names.events}/_stats/docs,store`,
    query: { filter_path: 'indices.*.primaries' },
  });
  return Object.entries(indices)
    .filter(([index]) => names.isDay(index))
    .map(([index, { primaries }]) => ({
      index,
      startMs: Date.parse(names.dayOf(index).replaceAll('.', '-')),
      events: primaries.docs.count,
      sizeBytes: primaries.store.size_in_bytes,
    }))
    .toSorted((a, b) => a.startMs - b.startMs);
}

/** Events that went; none when somebody else was first (the server's own lifecycle, another process). */
async function deleteIndex(connection: Connection, index: string): Promise<number> {
  await refresh(connection, index, true);
  const { hits } = await search(connection, ACTION, index, {
    size: 0,
    track_total_hits: true,
  });
  const { acknowledged } = await connection.send<{ readonly acknowledged?: boolean }>({
    action: ACTION,
    method: 'DELETE',
    path: `/${index}`,
    expected: [404],
  });
  return acknowledged === undefined ? 0 : (hits.total?.value ?? 0);
}

async function deleteOlder(
  connection: Connection,
  index: string,
  timeField: string,
  beforeMs: number,
): Promise<number> {
  await refresh(connection, index, true);
  const query: ElasticsearchQuery = inTimeRange(timeField, { fromMs: -Infinity, toMs: beforeMs });
  const sort: readonly SearchBody[] = [{ _seq_no: 'asc' }];
  let deleted = 0;
  // One shard, so the sequence number tells any two documents apart, and a deletion moves none.
  const pages = searchPages(
    connection,
    ACTION,
    index,
    { query, sort, _source: false },
    DELETE_PAGE,
  );
  for await (const hits of pages) {
    const outcomes = await sendBulk(
      connection,
      ACTION,
      hits.map(({ _id: id }) => ({ kind: 'delete', index, id })),
    );
    deleted += outcomes.filter(({ status }) => status === 200).length;
  }
  return deleted;
}
