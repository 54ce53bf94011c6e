/**
 * Writes all events anew in another layout, in ranges of a transaction each, so that memory does not grow with
 * the table. A start that is killed goes on where the last range ended: the rows that are there say where.
 * Reading by the old layout and writing by the new one are those of every day, so a table that was rewritten
 * is the one that the new layout would have made from the start.
 */
import { collectYoung } from './collect.ts';
import { ROW_GROUP, type Connection } from './connection.ts';
import type { EventLayout } from './event-layout.ts';
import { NEXT_EVENTS } from './inspect-database.ts';
import { eventColumns, Pending } from './pending-event.ts';
import { createEventsTable } from './schema.ts';
import { createTableWriter, inTransaction, type TableWriter } from './table-writer.ts';
import { columnNames, readCatalog } from './catalog.ts';

/** Sequence numbers of a range: a row group, which goes straight into the file. */
const RANGE = BigInt(ROW_GROUP);

export async function rewriteEvents(
  connection: Connection,
  from: EventLayout,
  to: EventLayout,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  await prepareNext(connection, to);
  const [extent] = await connection.query(
    `SELECT (SELECT max(seq) FROM ${NEXT_EVENTS}) AS done, (SELECT count(*) FROM ${NEXT_EVENTS}) AS rows,
     min(seq) AS first, max(seq) AS last, count(*) AS total FROM events`,
  );
  const total = Number(extent?.['total'] ?? 0);
  let done = Number(extent?.['rows'] ?? 0);
  const writer = createTableWriter(NEXT_EVENTS, eventColumns(to));
  if (typeof extent?.['first'] === 'bigint' && typeof extent['last'] === 'bigint') {
    let after = typeof extent['done'] === 'bigint' ? extent['done'] : extent['first'] - 1n;
    while (after < extent['last']) {
      const copied = await copyRange(connection, from, to, writer, after);
      done += copied;
      after = copied > 0 ? after + RANGE : await nextSeq(connection, after + RANGE, extent['last']);
      collectYoung();
      onProgress(done, total);
    }
  }
  await connection.exclusive((raw) =>
    inTransaction(raw, [writer], async () => {
      await raw.run('DROP TABLE events');
      await raw.run(`ALTER TABLE ${NEXT_EVENTS} RENAME TO events`);
    }),
  );
  await connection.run('CHECKPOINT');
}

/** Leaves the rows of an earlier try when they are those that this one would write; else begins anew. */
async function prepareNext(connection: Connection, to: EventLayout): Promise<void> {
  const catalog = await readCatalog(connection);
  if (catalog.has(NEXT_EVENTS)) {
    const wanted = Object.keys(eventColumns(to));
    const present = columnNames(catalog, NEXT_EVENTS);
    const [counts] = await connection.query(
      `SELECT (SELECT count(*) FROM ${NEXT_EVENTS}) AS next,
       (SELECT count(*) FROM events WHERE seq <= (SELECT max(seq) FROM ${NEXT_EVENTS})) AS before`,
    );
    const isSame =
      wanted.length === present.length && wanted.every((name, at) => name === present[at]);
    // Another version may have stored or deleted events meanwhile.
    if (!isSame || counts?.['next'] !== counts?.['before'])
      await connection.run(`DROP TABLE ${NEXT_EVENTS}`);
  }
  await connection.run(createEventsTable(NEXT_EVENTS, to));
}

async function copyRange(
  connection: Connection,
  from: EventLayout,
  to: EventLayout,
  writer: TableWriter<Pending>,
  after: bigint,
): Promise<number> {
  const rows = await connection.query(
    `SELECT e.seq, e.t, ${from.columnsSql} FROM events e WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq`,
    [after, after + RANGE],
  );
  if (rows.length === 0) return 0;
  const pending = rows.map((row) => {
    const event = from.readEvent(row);
    const made = new Pending({
      event,
      timeMs: Number(row['t']),
      document: to.writeDocument(event).document,
    });
    made.seq = Number(row['seq']);
    return made;
  });
  const prepared = await writer.prepare(pending);
  try {
    await connection.exclusive((raw) =>
      inTransaction(raw, [writer], () => writer.write(raw, prepared)),
    );
  } finally {
    writer.release(prepared);
  }
  return rows.length;
}

/** What comes before the next number after a gap; `last` when there is none. */
async function nextSeq(connection: Connection, after: bigint, last: bigint): Promise<bigint> {
  const [row] = await connection.query('SELECT min(seq) AS seq FROM events WHERE seq > ?', [after]);
  return typeof row?.['seq'] === 'bigint' ? row['seq'] - 1n : last;
}
