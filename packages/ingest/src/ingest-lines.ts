/** Lines of log files on their way into the store: first events, then passed on. */
import type { LineBatch } from '@mini-soc/tailer';
import {
  createLinesToEvents,
  type LineCounts,
  type LinesToEvents,
  type LinesToEventsOptions,
} from './lines-to-events.ts';
import { createPassOn, type PassedCounts, type PassOnOptions } from './pass-on.ts';

export interface IngestOptions extends LinesToEventsOptions, PassOnOptions {}

export interface IngestCounts extends LineCounts, PassedCounts {}

export interface Ingest extends Pick<LinesToEvents, 'notUnderstood' | 'files' | 'confirmed'> {
  /** Resolves when every event of the batch is durable. Throws what `persist` throws. */
  readonly ingest: (batch: LineBatch) => Promise<void>;
  readonly counts: () => Readonly<IngestCounts>;
}

/** A batch is of one file. */
export function createIngest(options: IngestOptions): Ingest {
  const lines = createLinesToEvents(options);
  const onward = createPassOn(options);
  const { selfTest } = options;
  return {
    // No async function: it would hold the lines until they are stored.
    ingest(batch) {
      const { events, isOwn } = lines.read(batch.lines);
      // Addresses alone: the events are not to be held until they are stored.
      const addresses = isOwn ? events.map((event) => event.source_ip) : [];
      return onward.pass({
        events,
        move: batch.move,
        ...(isOwn
          ? { onStored: () => addresses.forEach((address) => selfTest?.note?.('store', address)) }
          : {}),
      });
    },
    counts: () => ({ ...lines.counts(), ...onward.counts() }),
    notUnderstood: lines.notUnderstood,
    files: lines.files,
    confirmed: lines.confirmed,
  };
}
