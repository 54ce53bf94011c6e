/** Lines of log files → events, and which files are understood. */
import {
  LIMITS,
  type EventFlagName,
  type IpRange,
  type LimitListener,
  type ParsedEvent,
  type SocEvent,
} from '@mini-soc/model';
import {
  createFileMemory,
  parseLine,
  rememberedText,
  toDocument,
  unreadLine,
  type FileMemory,
  type ParseContext,
} from '@mini-soc/parsers';
import type { TailedLine } from '@mini-soc/tailer';
import { createEventConfirmer, type ConfirmCounts, type ConfirmOptions } from './confirm-event.ts';
import { createFormatFinder, type FileFormat, type LogSource } from './log-sources.ts';

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
  /** The files there are, as far as something is known of their formats. */
  readonly sources?: readonly LogSource[];
  /** Proxies in front of the web server. */
  readonly trustedProxies?: readonly IpRange[];
  /** How lines are confirmed that any account could write; absent where this machine is not the one that they are about. */
  readonly confirm?: ConfirmOptions;
}

export interface LineCounts {
  lines: number;
  notUnderstood: number;
  /** Those of them that another format than that of their file has a meaning for. */
  otherFormat: number;
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
  /** What each file is taken for, and how many of its lines are of another format. */
  readonly files: () => ReadonlyMap<string, FileFacts>;
  /** Events that a connection confirmed, and those that none did. */
  readonly confirmed: () => Readonly<ConfirmCounts>;
}

export interface FileFacts extends Pick<FileFormat, 'saidBy' | 'isOurs'> {
  readonly format: FileFormat['format'];
  readonly otherFormat: number;
}

/** Most files whose understanding is tracked one by one. */
const FILES_TRACKED = LIMITS.files_judged.value;
const OTHER_FORMAT_LINES = LIMITS.lines_of_other_format.value;

export function createLinesToEvents(options: LinesToEventsOptions): LinesToEvents {
  const { selfTest, onLimit } = options;
  const counts: LineCounts = { lines: 0, notUnderstood: 0, otherFormat: 0 };
  const findFormat = createFormatFinder(options.sources ?? []);
  const confirmer =
    options.confirm === undefined ? undefined : createEventConfirmer(options.confirm);
  const perFile = new Map<string, FileView>();
  const context: { -readonly [Name in keyof ParseContext]: ParseContext[Name] } = {
    arrivalMs: 0,
    zoneOffsetMinutes: options.zoneOffsetMinutes,
    ...(options.trustedProxies === undefined ? {} : { trustedProxies: options.trustedProxies }),
  };
  const stamp = createStamp();

  /** The format of the file of these lines, kept once it is known. */
  const formatOf = (lines: readonly TailedLine[]): FileFormat | undefined => {
    const [first] = lines;
    if (first === undefined) return undefined;
    context.arrivalMs = first.arrivalMs;
    return (
      perFile.get(first.file)?.format ??
      findFormat(
        first.file,
        lines.map((line) => line.text),
        context,
      )
    );
  };
  const readLog = (lines: readonly TailedLine[]): readonly SocEvent[] => {
    const events: SocEvent[] = [];
    const file = formatOf(lines);
    context.format = file?.format ?? 'auto';
    context.isJsonTrusted = file?.isOurs === true || file?.saidBy === 'settings';
    const confirms = file?.isOurs === true ? undefined : confirmer;
    if (lines.length > 0) confirms?.look();
    for (const line of lines) {
      const seen = perFile.get(line.file);
      context.arrivalMs = line.arrivalMs;
      // After a batch that comes again, the line before is not the one that was read last.
      const isNext = seen !== undefined && seen.lastOffset < line.offset;
      context.previousLine = isNext ? seen.lastText : undefined;
      context.memory = isNext ? seen.memory : createFileMemory();
      const parsed = parseLine(line.text, context);
      const view = note(perFile, seen, line, parsed !== undefined, context.memory);
      if (view === undefined) onLimit('files_judged');
      else view.format ??= file;
      if (parsed === undefined) {
        if (view !== undefined && isOfOtherFormat(view, line)) counts.otherFormat += 1;
        continue;
      }
      if (parsed.flags !== undefined) tellLimits(parsed.flags, onLimit);
      const against = isOfRecord(line.text, parsed) ? undefined : confirms?.flagOf(parsed);
      events.push(
        toDocument(parsed, {
          eventId: line.eventId,
          ingestedAt: stamp(line.arrivalMs),
          file: line.file,
          offset: line.offset,
          flags: against === undefined ? flagsOfLine(line) : [...flagsOfLine(line), against],
        }),
      );
    }
    counts.lines += lines.length;
    counts.notUnderstood += lines.length - events.length;
    return events;
  };
  /** Whether a line that was not understood would be one of another file; asked of so many lines of each. */
  const isOfOtherFormat = (view: FileView, line: TailedLine): boolean => {
    if (view.format === undefined || view.asked >= OTHER_FORMAT_LINES) return false;
    view.asked += 1;
    const { arrivalMs, zoneOffsetMinutes } = context;
    if (parseLine(line.text, { arrivalMs, zoneOffsetMinutes }) === undefined) return false;
    view.otherFormat += 1;
    return true;
  };
  const readOwn = (own: OwnFiles, lines: readonly TailedLine[]): readonly SocEvent[] =>
    lines.flatMap((line) => {
      own.noteLine?.(line.text);
      context.arrivalMs = line.arrivalMs;
      context.previousLine = undefined;
      delete context.memory;
      context.format = 'auto';
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
    files: () =>
      new Map(
        [...perFile].flatMap(([file, { format, otherFormat }]) =>
          format === undefined ? [] : [[file, { ...format, otherFormat }] as const],
        ),
      ),
    confirmed: () => confirmer?.counts() ?? { seen: 0, unseen: 0 },
  };
}

/** A record says itself who wrote it, or that nobody knows; what a container wrote, or a server of its clients, does not. */
function isOfRecord(text: string, event: ParsedEvent): boolean {
  const first = text.charCodeAt(0);
  if (first !== 123 && !(first === 0xfeff && text.charCodeAt(1) === 123)) return false;
  if (text.startsWith('{"log":')) return false;
  return event.log_type !== 'web' || text.includes('"__REALTIME_TIMESTAMP"');
}

/** Of a line that was cut nobody knows what stood behind: its last words are not those that the program wrote. */
function flagsOfLine({ flags }: TailedLine): readonly EventFlagName[] {
  return flags.includes('cut') ? [...flags, 'ambiguous'] : flags;
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
  format: FileFormat | undefined;
  /** Lines that were tried in other formats, and those that one of them has a meaning for. */
  asked: number;
  otherFormat: number;
}

/** What is remembered of the line's file; undefined when there are too many files to judge this one. */
function note(
  perFile: Map<string, FileView>,
  known: FileView | undefined,
  line: TailedLine,
  understood: boolean,
  memory: FileMemory,
): FileView | undefined {
  let seen = known;
  if (seen === undefined) {
    if (perFile.size >= FILES_TRACKED) return undefined;
    seen = {
      lines: 0,
      events: 0,
      lastText: '',
      lastOffset: -1,
      memory,
      format: undefined,
      asked: 0,
      otherFormat: 0,
    };
    perFile.set(line.file, seen);
  }
  seen.lines += 1;
  if (understood) seen.events += 1;
  seen.lastText = rememberedText(line.text);
  seen.lastOffset = line.offset;
  seen.memory = memory;
  return seen;
}
