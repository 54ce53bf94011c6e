/**
 * The parsers inside Filebeat: the two functions of its `script` processor. `npm run build:filebeat`
 * makes one ES5 file of this. What the shipper read becomes the document the tailer makes of the same line.
 *
 * A session of the script belongs to one file that is read, so that the line before is known. The id is made before
 * the script runs (`fingerprint` processor, under `@metadata._id`).
 */
import type { ParsedEvent, SocEvent } from '@mini-soc/model';
import { parseIpRange, type IpRange } from '@mini-soc/model/ip-address';
import type { EventFlag } from './draft.ts';
import { parseLine, type ParseContext } from './parse-line.ts';
import { rememberedText } from './previous-line.ts';
import { createFileMemory } from './file-memory.ts';
import { formatTime } from './timestamp.ts';
import { toDocument, unreadLine } from './to-document.ts';
import { createWallClockOffset } from './zone-offset.ts';

/** A value as Filebeat hands it over: objects are live views of its own. */
type Fields = { [name: string]: unknown };

/** What the script processor passes to `process`. */
export interface ShippedEvent {
  readonly fields: Fields;
  Get(name: string): unknown;
  Put(name: string, value: unknown): void;
  Cancel(): void;
}

/** A time of Filebeat's own (time.Time of Go) with the methods used here; durations are nanoseconds. */
export interface ShippedTime {
  UTC(): ShippedTime;
  UnixMicro(): number;
  Add(duration: number): ShippedTime;
  AddDate(years: number, months: number, days: number): ShippedTime;
}

export interface ScriptParameters {
  /** LOG_TIME_ZONE: empty for the zone of this process. */
  readonly zone?: unknown;
  /** TZ of this process, which is all that the engine knows of zones. */
  readonly process_zone?: unknown;
  /** Host of lines that name none; empty for none. */
  readonly hostname?: unknown;
  /** Proxies in front of the web server, addresses and ranges; a text with commas, which Filebeat may have made a list. */
  readonly trusted_proxies?: unknown;
  /** `true` for the files of the self-test alone: their events are marked, and none is let go. */
  readonly self_test?: unknown;
}

const DAY_MS = 86400000;
const HALF_YEAR_MS = 182 * DAY_MS;
/** In a millisecond. */
const NANOSECONDS = 1000000;

type Context = { -readonly [Name in keyof ParseContext]: ParseContext[Name] };

const context: Context = {
  arrivalMs: 0,
  zoneOffsetMinutes: createWallClockOffset(offsetOfProcess),
};
let isSelfTest = false;
let previousFile = '';
let previousOffset = -1;
let previousText = '';

/**
 * Takes the parameters. Throws when lines would be read in another zone than was asked for: Filebeat then
 * reads no file, and its log says why.
 */
export function register(parameters: ScriptParameters): void {
  const zone = textOf(parameters.zone);
  if (zone === 'UTC' || zone === 'Etc/UTC') context.zoneOffsetMinutes = () => 0;
  else if (zone !== '') {
    const own = textOf(parameters.process_zone);
    if (own !== zone)
      throw new Error(
        'LOG_TIME_ZONE  Expected the same zone in TZ, because Filebeat knows no other: LOG_TIME_ZONE is "' +
          zone +
          '", TZ is "' +
          own +
          '"',
      );
    const nowMs = new Date().getTime();
    // An unknown zone is UTC to Filebeat, without a word.
    if (offsetOfProcess(nowMs) === 0 && offsetOfProcess(nowMs - HALF_YEAR_MS) === 0)
      throw new Error(
        'LOG_TIME_ZONE  Expected a zone that this machine has data for, or UTC: current value is "' +
          zone +
          '"',
      );
  }
  const hostname = textOf(parameters.hostname);
  if (hostname !== '') context.defaultHostname = hostname;
  const proxies = rangesOf(parameters.trusted_proxies);
  if (proxies.length > 0) context.trustedProxies = proxies;
  isSelfTest = textOf(parameters.self_test) === 'true';
}

/** Makes the document of what was read in place; a line that says nothing to us is let go. */
export function processEvent(event: ShippedEvent): void {
  const fields = event.fields;
  const arrivalMs = Date.now();
  context.arrivalMs = arrivalMs;
  const log = fields['log'] as Fields | undefined;
  const input = fields['input'] as Fields | undefined;
  const kind = input === undefined ? '' : input['type'];
  let line: string;
  let file: string | undefined;
  let offset: number | undefined;
  const flags: EventFlag[] = [];
  if (kind === 'journald') line = journalLine(event, fields);
  else if (kind === 'winlog') line = windowsLine(event, fields);
  else {
    line = String(fields['message']);
    if (log !== undefined) {
      offset = Number(log['offset']);
      file = String((log['file'] as Fields)['path']);
      if (log['flags'] !== undefined && log['flags'] !== null) flags.push('cut', 'ambiguous');
    }
    line = withoutMarks(line, offset);
    // The bytes are not at hand: a line in which U+FFFD was written is flagged as well.
    if (line.indexOf('\ufffd') >= 0) flags.push('invalid_utf8');
  }
  let parsed = parseNext(line, file, offset);
  if (isSelfTest) {
    flags.push('self_test');
    if (parsed === undefined) parsed = unreadLine(line, arrivalMs);
  }
  if (parsed === undefined) {
    event.Cancel();
    return;
  }
  const document = toDocument(parsed, {
    eventId: String(event.Get('@metadata._id')),
    ingestedAt: formatTime(arrivalMs),
    file: file,
    offset: offset,
    flags: flags,
  });
  write(event, fields, document);
}

/** The event of a line, with the line before it where that is known. */
function parseNext(
  line: string,
  file: string | undefined,
  offset: number | undefined,
): ParsedEvent | undefined {
  if (file === undefined || offset === undefined) {
    context.previousLine = undefined;
    if (context.memory === undefined) context.memory = createFileMemory();
    return parseLine(line, context);
  }
  const isNext = file === previousFile && previousOffset >= 0 && previousOffset < offset;
  context.previousLine = isNext ? previousText : undefined;
  if (!isNext || context.memory === undefined) context.memory = createFileMemory();
  previousFile = file;
  previousOffset = offset;
  previousText = rememberedText(line);
  return parseLine(line, context);
}

/** Without the zero bytes that a crash leaves before a line, and the mark at the start of a file. */
function withoutMarks(line: string, offset: number | undefined): string {
  const first = line.charCodeAt(0);
  if (first !== 0 && first !== 0xfeff) return line;
  let from = 0;
  while (line.charCodeAt(from) === 0) from++;
  if (offset === 0 && line.charCodeAt(from) === 0xfeff) from++;
  return line.slice(from);
}

/** Everything that is not of the document goes, then the document comes. */
function write(event: ShippedEvent, fields: Fields, document: SocEvent): void {
  for (const name of Object.keys(fields)) delete fields[name];
  const values = document as Fields;
  // A plain object of ours; the engine is slow in listing its names first.
  for (const name in values) if (name !== '@timestamp') fields[name] = values[name];
  const stamp = document['@timestamp'];
  if (stamp !== lastStamp || lastTime === undefined) {
    lastTime = timeAt(event, Date.parse(stamp));
    lastStamp = stamp;
  }
  event.Put('@timestamp', lastTime);
}

/** Many lines in a row share their second. */
let lastStamp = '';
let lastTime: ShippedTime | undefined;

/**
 * A Date would become a time in the zone of the process, and Filebeat would name the index by the local
 * day. Days and the rest are added apart: in nanoseconds both are more than the engine hands over exactly.
 */
function timeAt(event: ShippedEvent, ms: number): ShippedTime {
  const before = timeOf(event).UTC();
  const differenceMs = ms - Math.floor(before.UnixMicro() / 1000);
  const days = Math.floor(differenceMs / DAY_MS);
  const restMs = differenceMs - days * DAY_MS;
  return before.AddDate(0, 0, days).Add(restMs * NANOSECONDS);
}

function timeOf(event: ShippedEvent): ShippedTime {
  return event.Get('@timestamp') as ShippedTime;
}

/** The entry as `journalctl -o json` writes it, as far as it has a meaning here. */
function journalLine(event: ShippedEvent, fields: Fields): string {
  const entry: Fields = {};
  const put = (name: string, value: unknown): void => {
    if (typeof value === 'string' || typeof value === 'number') entry[name] = String(value);
  };
  put('__REALTIME_TIMESTAMP', timeOf(event).UnixMicro());
  put('_HOSTNAME', event.Get('host.hostname'));
  put('SYSLOG_IDENTIFIER', event.Get('log.syslog.appname'));
  put('SYSLOG_PID', event.Get('log.syslog.procid'));
  put('_COMM', event.Get('journald.process.name'));
  put('_PID', event.Get('journald.pid'));
  put('_UID', event.Get('journald.uid'));
  put('_EXE', event.Get('journald.process.executable') || event.Get('process.executable'));
  put('_SYSTEMD_UNIT', event.Get('systemd.unit'));
  put('_TRANSPORT', event.Get('systemd.transport'));
  put('MESSAGE', fields['message']);
  return JSON.stringify(entry);
}

/** The record as Winlogbeat writes it, without the text for people. */
function windowsLine(event: ShippedEvent, fields: Fields): string {
  return JSON.stringify({
    '@timestamp': formatTime(Math.floor(timeOf(event).UnixMicro() / 1000)),
    winlog: plain(fields['winlog'], 8),
  });
}

/** A copy that JSON can be made of: Filebeat's own objects are views. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (let i = 0; i < value.length; i++) list.push(plain(value[i], depth - 1));
    return list;
  }
  const copy: Fields = {};
  for (const name of Object.keys(value)) copy[name] = plain((value as Fields)[name], depth - 1);
  return copy;
}

/** Minutes east of UTC at an instant, by the clock of this process. */
function offsetOfProcess(instantMs: number): number {
  return Math.round(-new Date(instantMs).getTimezoneOffset());
}

/** Throws for what is no address or range: the wrong client would be accused. */
function rangesOf(value: unknown): readonly IpRange[] {
  const words = (Array.isArray(value) ? value.map(textOf).join(',') : textOf(value)).split(/[,\s]/);
  const ranges: IpRange[] = [];
  for (const word of words) {
    if (word === '') continue;
    const range = parseIpRange(word);
    if (range === undefined)
      throw new Error(
        'TRUSTED_PROXIES  Expected addresses and CIDR ranges, separated by commas: "' +
          word.slice(0, 80) +
          '" is not one',
      );
    ranges.push(range);
  }
  return ranges;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
