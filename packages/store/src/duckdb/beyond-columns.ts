/**
 * When events happened of which the document says what no column does, and evaluation needs: flags, and texts such
 * as a column cannot hold. Where there are none, the documents, nine tenths of what is stored, need not be read.
 */
import type { TimeRange } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Pending } from './pending-event.ts';

/** SQL over the table `e`: what a document says beyond the columns, as JSON; null for most. */
export const BEYOND_COLUMNS = `CASE WHEN contains(e.doc, '\\u') THEN e.doc WHEN contains(e.doc, '"flags":[')
  THEN '{"flags":' || json_extract(e.doc, '$.flags')::VARCHAR || '}' END`;

const IS_BEYOND = `contains(doc, '\\u') OR contains(doc, '"flags":[')`;

const HOUR_MS = 3_600_000;
/** Eleven years of hours. */
const MAX_HOURS = 100_000;

export interface BeyondColumns {
  /** To be called before the row is written. */
  readonly note: (row: Pending) => void;
  /** Whether an event of this time may have such a document. */
  readonly mayHave: (range: TimeRange) => boolean;
  /** Looks at the rows with these numbers that were stored before. Throws StoreError. */
  readonly load: (afterSeq: bigint, upToSeq: bigint) => Promise<void>;
  /** All that was stored before was looked at. */
  readonly loaded: () => void;
}

/** Until it is loaded, every event may have such a document. */
export function createBeyondColumns(connection: Connection, isEmpty: boolean): BeyondColumns {
  const hours = new Set<number>();
  let isKnown = isEmpty;
  const add = (hour: number): void => {
    if (hours.size < MAX_HOURS) hours.add(hour);
  };
  return {
    note: ({ document, timeMs }) => {
      if (document.includes('"flags":[') || document.includes('\\u'))
        add(Math.floor(timeMs / HOUR_MS));
    },
    mayHave: ({ fromMs, toMs }) => {
      if (!isKnown || hours.size >= MAX_HOURS) return true;
      const first = Math.floor(fromMs / HOUR_MS);
      const last = Math.floor(toMs / HOUR_MS);
      for (const hour of hours) if (hour >= first && hour <= last) return true;
      return false;
    },
    async load(afterSeq, upToSeq) {
      const rows = await connection.query(
        `SELECT DISTINCT floor(t / ${HOUR_MS})::BIGINT AS hour FROM events WHERE seq > ? AND seq <= ? AND (${IS_BEYOND})`,
        [afterSeq, upToSeq],
      );
      for (const row of rows) add(Number(row['hour']));
    },
    loaded: () => {
      isKnown = true;
    },
  };
}
