/** Lines of log files → events, and which files are understood. */
import { LIMITS, type LimitListener, type SocEvent } from '@mini-soc/model';
import {
  createFileMemory,
  parseLine,
  rememberedText,
  toDocument,
  unreadLine,
  type ParseContext,
  type FileMemory,
} from '@mini-soc/parsers';
import type { TailedLine } from '@mini-soc/tailer';

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

export interface LinesToEventsOptions {
  readonly zoneOffsetMinutes: (localMs: number) => number;
  readonly onLimit: LimitListener;
  /** Lines of its files are marked and not counted. */
  readonly selfTest?: OwnFiles;
}

export interface LineCounts {
  lines: number;
  notUnderstood: number;
}

export interface LinesToEvents {
  /** The events of lines of one file, in their order; `isOwn` when it is one of the self-test. */
  readonly read: (lines: readonly TailedLine[]) => {
    readonly events: readonly SocEvent[];
    readonly isOwn: boolean;
  };
  readonly counts: () => Readonly<LineCounts>;
  /** Files of which lines were read but none understood, with the number of lines. */
  readonly notUnderstood: () => ReadonlyMap<string, number>;
}

/** Most files whose understanding is tracked one by one. */
const FILES_TRACKED = LIMITS.files_judged.value;

export function createLinesToEvents(options: LinesToEventsOptions): LinesToEvents {
  const { selfTest, onLimit } = options;
  const counts: LineCounts = { lines: 0, notUnderstood: 0 };
  const perFile = new Map<string, FileView>();
  const context: { -readonly [Name in keyof ParseContext]: ParseContext[Name] } = {
    arrivalMs: 0,
    zoneOffsetMinutes: options.zoneOffsetMinutes,
  };
  const stamp = createStamp();

  const readLog = (lines: readonly TailedLine[]): readonly SocEvent[] => {
    const events: SocEvent[] = [];
    for (const line of lines) {
      const seen = perFile.get(line.file);
      context.arrivalMs = line.arrivalMs;
      // After a batch that comes again, the line before is not the one that was read last.
      const isNext = seen !== undefined && seen.lastOffset < line.offset;
      context.previousLine = isNext ? seen.lastText : undefined;
      context.memory = isNext ? seen.memory : createFileMemory();
      const parsed = parseLine(line.text, context);
      if (!note(perFile, seen, line, parsed !== undefined, context.memory)) onLimit('files_judged');
      if (parsed === undefined) continue;
      if (parsed.flags !== undefined) tellLimits(parsed.flags, onLimit);
      events.push(
        toDocument(parsed, {
          eventId: line.eventId,
          ingestedAt: stamp(line.arrivalMs),
          file: line.file,
          offset: line.offset,
          flags: line.flags,
        }),
      );
    }
    counts.lines += lines.length;
    counts.notUnderstood += lines.length - events.length;
    return events;
  };

  const readOwn = (own: OwnFiles, lines: readonly TailedLine[]): readonly SocEvent[] =>
    lines.flatMap((line) => {
      own.noteLine?.(line.text);
      context.arrivalMs = line.arrivalMs;
      context.previousLine = undefined;
      delete context.memory;
      const parsed = parseLine(line.text, context);
      if (parsed !== undefined) own.note?.('parse', parsed.source_ip);
      const kept =
        parsed ?? (own.keepsUnread === true ? unreadLine(line.text, line.arrivalMs) : undefined);
      if (kept === undefined) return [];
      return toDocument(kept, {
        eventId: line.eventId,
        ingestedAt: stamp(line.arrivalMs),
        file: line.file,
        offset: line.offset,
        flags: [...line.flags, 'self_test'],
      });
    });

  return {
    read(lines) {
      const [first] = lines;
      return first !== undefined && selfTest?.owns(first.file) === true
        ? { events: readOwn(selfTest, lines), isOwn: true }
        : { events: readLog(lines), isOwn: false };
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

/** ISO 8601 of milliseconds, which are mostly those of the line before. */
function createStamp(): (ms: number) => string {
  let stampedMs = Number.NaN;
  let text = '';
  return (ms) => {
    if (ms !== stampedMs) {
      stampedMs = ms;
      text = new Date(ms).toISOString();
    }
    return text;
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

/** What is remembered of one file. */
interface FileView {
  lines: number;
  events: number;
  /** The line read last, as far as a repetition of it can be understood. */
  lastText: string;
  lastOffset: number;
  memory: FileMemory;
}

/** False when there are too many files to judge this one. */
function note(
  perFile: Map<string, FileView>,
  known: FileView | undefined,
  line: TailedLine,
  understood: boolean,
  memory: FileMemory,
): boolean {
  let seen = known;
  if (seen === undefined) {
    if (perFile.size >= FILES_TRACKED) return false;
    seen = { lines: 0, events: 0, lastText: '', lastOffset: -1, memory };
    perFile.set(line.file, seen);
  }
  seen.lines += 1;
  if (understood) seen.events += 1;
  seen.lastText = rememberedText(line.text);
  seen.lastOffset = line.offset;
  seen.memory = memory;
  return true;
}
