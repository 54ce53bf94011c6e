/** Tailed lines → events → store, then detection is told. */
import {
  LIMITS,
  type LimitListener,
  type PositionMove,
  type SocEvent,
  type StoreError,
} from '@mini-soc/model';
import {
  parseLine,
  rememberedText,
  toDocument,
  unreadLine,
  type ParseContext,
} from '@mini-soc/parsers';
import type { AppendReport, Store } from '@mini-soc/store';
import type { LineBatch, TailedLine } from '@mini-soc/tailer';

export interface IngestCounts {
  lines: number;
  events: number;
  duplicates: number;
  notUnderstood: number;
  deadLetters: number;
  lastEventAt: string | undefined;
}

/** A test of the whole pipeline with log files of its own. */
export interface OwnFiles {
  readonly owns: (file: string) => boolean;
  /** A line of such a file was read. */
  readonly noteLine?: (line: string) => void;
  /** A stage has passed an event of such a file on. */
  readonly note?: (stage: 'parse' | 'store', address: string | undefined) => void;
  /** Stores a line that is not understood all the same: whoever looks into the store sees that it was read. */
  readonly keepsUnread?: boolean;
}

export interface IngestOptions {
  readonly store: Store;
  readonly zoneOffsetMinutes: (localMs: number) => number;
  /**
   * Sees the events before they are stored; resolves when they may be, with what is called once they
   * are, with the number of those that were not there before. Never rejects.
   */
  readonly observeArrivals?: (events: readonly SocEvent[]) => Promise<(stored: number) => void>;
  /** Runs the storing of events, again if that may help. Without it, it is tried once. */
  readonly persist?: (store: () => Promise<AppendReport>) => Promise<AppendReport>;
  readonly onLimit?: LimitListener;
  /** Lines of its files are marked and not counted. */
  readonly selfTest?: OwnFiles;
}

export interface Ingest {
  /** Resolves when every event of the batch is durable. Throws what `persist` throws. */
  readonly ingest: (batch: LineBatch) => Promise<void>;
  readonly counts: () => Readonly<IngestCounts>;
  /** Files of which lines were read but none understood, with the number of lines. */
  readonly notUnderstood: () => ReadonlyMap<string, number>;
}

export type { StoreError };

/** Most files whose understanding is tracked one by one. */
const FILES_TRACKED = LIMITS.files_judged.value;

export function createIngest(options: IngestOptions): Ingest {
  const counts: IngestCounts = {
    lines: 0,
    events: 0,
    duplicates: 0,
    notUnderstood: 0,
    deadLetters: 0,
    lastEventAt: undefined,
  };
  const perFile = new Map<string, FileView>();
  const { selfTest, onLimit } = options;
  const judge = (line: TailedLine, understood: boolean): void => {
    if (!note(perFile, line, understood)) onLimit?.('files_judged');
  };

  const { persist } = options;
  /** Nobody holds the events while they are stored, unless they may have to be given again. */
  const passOn = async (
    events: readonly SocEvent[],
    move: PositionMove | undefined,
  ): Promise<Storing> => {
    const onStored = events.length > 0 ? await options.observeArrivals?.(events) : undefined;
    return {
      onStored,
      report:
        persist === undefined
          ? options.store.appendEvents(events, move)
          : persist(() => options.store.appendEvents(events, move)),
    };
  };
  /** A store without positions need not know of lines that are no events. */
  const needsMove = options.store.positions !== undefined;
  const count = async (passed: Promise<Storing>, batch: Passed): Promise<void> => {
    const { report: storing, onStored } = await passed;
    const report = await storing;
    // A batch is of one file: all of it is ours, or none.
    if (batch.ownAddresses === undefined) {
      counts.events += report.stored;
      counts.duplicates += report.duplicates;
      if (batch.hasEvents) counts.lastEventAt = batch.ingestedAt;
    } else for (const address of batch.ownAddresses) selfTest?.note?.('store', address);
    counts.deadLetters += report.rejected.length;
    if (report.rejected.length > 0) onLimit?.('dead_letters', report.rejected.length);
    onStored?.(report.stored);
  };

  return {
    // No async function: it would hold the lines until they are stored.
    ingest(batch) {
      const events: SocEvent[] = [];
      const context: { -readonly [Name in keyof ParseContext]: ParseContext[Name] } = {
        arrivalMs: 0,
        zoneOffsetMinutes: options.zoneOffsetMinutes,
      };
      let ingestedAt = '';
      let stampedMs = Number.NaN;
      let ownLines = 0;
      let ownEvents = 0;
      for (const line of batch.lines) {
        if (line.arrivalMs !== stampedMs) {
          stampedMs = line.arrivalMs;
          ingestedAt = new Date(stampedMs).toISOString();
        }
        context.arrivalMs = line.arrivalMs;
        const seen = perFile.get(line.file);
        // After a batch that comes again, the line before is not the one that was read last.
        context.previousLine =
          seen !== undefined && seen.lastOffset < line.offset ? seen.lastText : undefined;
        let parsed = parseLine(line.text, context);
        const isOwn = selfTest?.owns(line.file) === true;
        if (isOwn) {
          ownLines += 1;
          selfTest.noteLine?.(line.text);
          if (parsed !== undefined) selfTest.note?.('parse', parsed.source_ip);
          else if (selfTest.keepsUnread === true) parsed = unreadLine(line.text, line.arrivalMs);
        } else judge(line, parsed !== undefined);
        if (parsed === undefined) continue;
        if (isOwn) ownEvents += 1;
        if (parsed.flags !== undefined && onLimit !== undefined) tellLimits(parsed.flags, onLimit);
        events.push(
          toDocument(parsed, {
            eventId: line.eventId,
            ingestedAt,
            file: line.file,
            offset: line.offset,
            flags: isOwn ? [...line.flags, 'self_test'] : line.flags,
          }),
        );
      }
      const lines = batch.lines.length - ownLines;
      counts.lines += lines;
      counts.notUnderstood += lines - (events.length - ownEvents);
      const { move } = batch;
      if (events.length === 0 && (!needsMove || move === undefined)) return Promise.resolve();
      return count(passOn(events, move), {
        ingestedAt,
        hasEvents: events.length > 0,
        ownAddresses: ownEvents > 0 ? events.map((event) => event.source_ip) : undefined,
      });
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

/** What the parser flagged as cut, under the names of the limits. */
function tellLimits(flags: NonNullable<SocEvent['flags']>, onLimit: LimitListener): void {
  for (const flag of flags) {
    if (flag === 'cut') onLimit('field_characters');
    else if (flag === 'extra_cut') onLimit('extra_fields');
    else if (flag === 'repeat_capped') onLimit('repeat_count');
  }
}

interface Storing {
  readonly report: Promise<AppendReport>;
  readonly onStored: ((stored: number) => void) | undefined;
}

/** What is left to know of a batch when it is stored. */
interface Passed {
  readonly ingestedAt: string;
  readonly hasEvents: boolean;
  /** Of its events, when they are those of the self-test. */
  readonly ownAddresses: readonly (string | undefined)[] | undefined;
}

/** What is remembered of one file. */
interface FileView {
  lines: number;
  events: number;
  /** The line read last, as far as a repetition of it can be understood. */
  lastText: string;
  lastOffset: number;
}

/** False when there are too many files to judge this one. */
function note(perFile: Map<string, FileView>, line: TailedLine, understood: boolean): boolean {
  let seen = perFile.get(line.file);
  if (seen === undefined) {
    if (perFile.size >= FILES_TRACKED) return false;
    seen = { lines: 0, events: 0, lastText: '', lastOffset: -1 };
    perFile.set(line.file, seen);
  }
  seen.lines += 1;
  if (understood) seen.events += 1;
  seen.lastText = rememberedText(line.text);
  seen.lastOffset = line.offset;
  return true;
}
