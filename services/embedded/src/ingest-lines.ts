/** Tailed lines → events → store, then detection is told. */
import { type SocEvent, type StoreError } from '@mini-soc/model';
import { parseLine, type ParseContext } from '@mini-soc/parsers';
import type { Store } from '@mini-soc/store';
import type { LineBatch } from '@mini-soc/tailer';

export interface IngestCounts {
  lines: number;
  events: number;
  duplicates: number;
  notUnderstood: number;
  deadLetters: number;
  lastEventAt: string | undefined;
}

export interface IngestOptions {
  readonly store: Store;
  readonly zoneOffsetMinutes: (localMs: number) => number;
  /** Sees the events before they are stored; resolves when they may be. Never rejects. */
  readonly observeArrivals: (events: readonly SocEvent[]) => Promise<void>;
  readonly notifyArrival: () => void;
}

export interface Ingest {
  /** Resolves when every event of the batch is durable. Throws StoreError. */
  readonly ingest: (batch: LineBatch) => Promise<void>;
  readonly counts: () => Readonly<IngestCounts>;
  /** Files of which lines were read but none understood, with the number of lines. */
  readonly notUnderstood: () => ReadonlyMap<string, number>;
}

export type { StoreError };

/** Most files whose understanding is tracked one by one. */
const FILES_TRACKED = 1000;

export function createIngest(options: IngestOptions): Ingest {
  const counts: IngestCounts = {
    lines: 0,
    events: 0,
    duplicates: 0,
    notUnderstood: 0,
    deadLetters: 0,
    lastEventAt: undefined,
  };
  const perFile = new Map<string, { lines: number; events: number }>();

  return {
    async ingest(batch) {
      const events: SocEvent[] = [];
      const context: { arrivalMs: number } & Omit<ParseContext, 'arrivalMs'> = {
        arrivalMs: 0,
        zoneOffsetMinutes: options.zoneOffsetMinutes,
      };
      let ingestedAt = '';
      let stampedMs = Number.NaN;
      for (const line of batch.lines) {
        if (line.arrivalMs !== stampedMs) {
          stampedMs = line.arrivalMs;
          ingestedAt = new Date(stampedMs).toISOString();
        }
        context.arrivalMs = line.arrivalMs;
        const parsed = parseLine(line.text, context);
        note(perFile, line.file, parsed !== undefined);
        if (parsed === undefined) continue;
        const flags =
          line.flags.length === 0 ? parsed.flags : [...(parsed.flags ?? []), ...line.flags];
        events.push({
          ...parsed,
          event_id: line.eventId,
          ingested_at: ingestedAt,
          log_file: line.file,
          log_offset: line.offset,
          ...(flags === undefined ? {} : { flags }),
        });
      }
      counts.lines += batch.lines.length;
      counts.notUnderstood += batch.lines.length - events.length;
      if (events.length === 0) return;
      await options.observeArrivals(events);
      const report = await options.store.appendEvents(events);
      counts.events += report.stored;
      counts.duplicates += report.duplicates;
      counts.deadLetters += report.rejected.length;
      counts.lastEventAt = ingestedAt;
      if (report.stored > 0) options.notifyArrival();
    },
    counts: () => counts,
    notUnderstood: () =>
      new Map(
        [...perFile]
          .filter(([, seen]) => seen.events === 0)
          .map(([file, seen]) => [file, seen.lines]),
      ),
  };
}

function note(
  perFile: Map<string, { lines: number; events: number }>,
  file: string,
  understood: boolean,
): void {
  let seen = perFile.get(file);
  if (seen === undefined) {
    if (perFile.size >= FILES_TRACKED) return;
    seen = { lines: 0, events: 0 };
    perFile.set(file, seen);
  }
  seen.lines += 1;
  if (understood) seen.events += 1;
}
