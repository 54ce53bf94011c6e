/** An event on its way into the table, and what each column takes from it. */
import type { EventField, SocEvent } from '@mini-soc/model';
import type { StorableEvent } from '../check-event.ts';
import type { Column } from './chunk-columns.ts';
import type { EventLayout } from './event-layout.ts';

/** An event ready to store, with 64 bits of its id to find equal ids fast; the text decides. */
export class Pending {
  readonly event: SocEvent;
  readonly timeMs: number;
  readonly document: string;
  readonly high: number;
  readonly low: number;
  /** Order of arrival; given when the row is written. */
  seq = 0;

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

/**
 * One function for each field: reading a property by a name that varies is several times slower. A queried
 * field that has none here is read by its name: just as right.
 */
const READERS: Readonly<Partial<Record<string, (event: SocEvent) => unknown>>> = {
  log_type: (event) => event.log_type,
  action: (event) => event.action,
  status: (event) => event.status,
  source_ip: (event) => event.source_ip,
  source_host: (event) => event.source_host,
  destination_port: (event) => event.destination_port,
  username: (event) => event.username,
  hostname: (event) => event.hostname,
  program: (event) => event.program,
  command: (event) => event.command,
  auth_method: (event) => event.auth_method,
  key_fingerprint: (event) => event.key_fingerprint,
  reason: (event) => event.reason,
  url_path: (event) => event.url_path,
  http_status: (event) => event.http_status,
  repeat_count: (event) => event.repeat_count,
} satisfies Readonly<Partial<Record<EventField, (event: SocEvent) => unknown>>>;

function readerOf(name: string): (event: SocEvent) => unknown {
  return READERS[name] ?? ((event) => (event as unknown as Record<string, unknown>)[name]);
}

function textColumn(read: (event: SocEvent) => unknown): Column<Pending> {
  return {
    kind: 'text',
    read: ({ event }) => {
      const value = read(event);
      return typeof value === 'string' ? value : null;
    },
  };
}

function integerColumn(read: (event: SocEvent) => unknown): Column<Pending> {
  return {
    kind: 'integer',
    read: ({ event }) => {
      const value = read(event);
      return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
    },
  };
}

export const ID_HASH: Column<Pending> = {
  kind: 'halves',
  high: (row) => row.high,
  low: (row) => row.low,
};

/** Columns of the table of events by name, in the order of a new table. */
export function eventColumns(layout: EventLayout): Readonly<Record<string, Column<Pending>>> {
  return {
    seq: { kind: 'integer', read: (row) => row.seq },
    id_hash: ID_HASH,
    event_id: textColumn((event) => event.event_id),
    t: { kind: 'integer', read: (row) => row.timeMs },
    ...Object.fromEntries(
      layout.fields.map(({ name, kind }) => [
        name,
        (kind === 'integer' ? integerColumn : textColumn)(readerOf(name)),
      ]),
    ),
    doc: { kind: 'text', read: (row) => row.document },
  };
}

const hashView = new DataView(new ArrayBuffer(8));

export function halvesOf(hash: bigint): readonly [high: number, low: number] {
  hashView.setBigInt64(0, hash);
  return [hashView.getInt32(0), hashView.getInt32(4)];
}
