/** Appends a batch of events, each in the index of its day; what cannot be stored becomes a dead letter. */
import { createHash } from 'node:crypto';
import type { SocEvent } from '@mini-soc/model';
import { checkEvent, type StorableEvent } from '../check-event.ts';
import type { AppendReport } from '../store.ts';
import type { Connection } from './connection.ts';
import type { IndexNames } from './indices.ts';
import { sendBulk } from './send-bulk.ts';

/** Elasticsearch's longest document id. */
const MAX_ID_BYTES = 512;
const MAX_REASON = 500;
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

interface DeadLetter {
  readonly eventId: string;
  readonly reason: string;
  readonly message: string;
}

/**
 * Idempotent by event_id: an event always has the same time, so the same index. Resolves when the
 * events are durable. An event that was stored by a request whose answer was lost counts as a duplicate.
 */
export async function appendEvents(
  connection: Connection,
  names: IndexNames,
  events: readonly SocEvent[],
  now: () => Date,
): Promise<AppendReport> {
  const letters: DeadLetter[] = [];
  const batch = new Map<string, StorableEvent>();
  for (const event of events) {
    const checked = checkStorable(event);
    if ('reason' in checked) letters.push(deadLetter(event, checked.reason));
    else if (!batch.has(event.event_id)) batch.set(event.event_id, checked);
  }
  const rows = [...batch.values()];
  const outcomes = await sendBulk(
    connection,
    'store events',
    rows.map(({ event, timeMs, document }) => ({
      kind: 'create',
      index: names.eventsOf(timeMs),
      id: event.event_id,
      document: withoutHalfPairs(document),
    })),
  );
  let stored = 0;
  for (const [index, { status, reason }] of outcomes.entries()) {
    const row = rows[index] as StorableEvent;
    if (status === 400) letters.push(deadLetter(row.event, reason));
    else if (status !== 409) stored += 1;
  }
  await keepDeadLetters(connection, names, letters, now());
  return {
    stored,
    duplicates: events.length - letters.length - stored,
    rejected: letters.map(({ eventId, reason }) => ({ eventId, reason })),
  };
}

function checkStorable(event: SocEvent): StorableEvent | { readonly reason: string } {
  const checked = checkEvent(event);
  if ('reason' in checked) return checked;
  if (checked.timeMs < FIRST_MS || checked.timeMs > LAST_MS)
    return { reason: '@timestamp is not in the years 1 to 9999' };
  if (Buffer.byteLength(event.event_id) > MAX_ID_BYTES)
    return { reason: `event_id is longer than ${MAX_ID_BYTES} bytes` };
  return checked;
}

/**
 * Half of a surrogate pair, which JSON can carry and UTF-8 cannot, becomes U+FFFD, as in every decoder:
 * Elasticsearch would index it as a question mark and so mistake it for another text.
 */
function withoutHalfPairs(document: string): string {
  if (!document.includes(String.raw`\ud`)) return document;
  return document.replaceAll(/\\(?:ud[89a-f][0-9a-f]{2}|[^])/g, (escape) =>
    escape.startsWith(String.raw`\ud`) ? '\ufffd' : escape,
  );
}

function deadLetter(event: SocEvent, reason: string): DeadLetter {
  return {
    eventId: event.event_id,
    reason: reason.slice(0, MAX_REASON),
    message: event.message,
  };
}

async function keepDeadLetters(
  connection: Connection,
  names: IndexNames,
  letters: readonly DeadLetter[],
  refusedAt: Date,
): Promise<void> {
  await sendBulk(
    connection,
    'keep dead letters',
    letters.map(({ eventId, reason, message }) => ({
      kind: 'create',
      index: names.deadLetters,
      // The same line refused twice is one letter.
      id: createHash('sha256')
        .update(JSON.stringify([eventId, message]))
        .digest('hex'),
      document: JSON.stringify({
        refused_at: refusedAt.toISOString(),
        event_id: eventId,
        reason,
        message,
      }),
    })),
  );
}
