/**
 * Events that arrive as JSON, one object a line, with the fields of our model at the root (the
 * generator's output, other shippers). Each field is read by its type or left absent; what has no name
 * of ours goes to `extra`, bounded in count, depth and length. Ids and labels that the line brings are
 * kept as data, never believed.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { LIMITS } from '@mini-soc/model/limits';
import { addFlag, bounded, setSource, type Draft } from './draft.ts';
import { readIsoTime, type TimeContext } from './timestamp.ts';

const TEXT_FIELDS = [
  'action',
  'username',
  'target_user',
  'hostname',
  'program',
  'command',
  'executable',
  'working_directory',
  'tty',
  'auth_method',
  'reason',
  'protocol',
  'http_method',
  'url_original',
  'url_path',
  'url_query',
  'http_host',
  'http_version',
  'user_agent',
  'referrer',
  'dns_question_name',
  'dns_question_type',
  'tcp_flags',
  'interface_in',
  'interface_out',
  'scenario',
];
const PORT_FIELDS = ['source_port', 'destination_port', 'port'];
const NUMBER_FIELDS: { readonly [name: string]: number } = {
  pid: 4294967295,
  http_status: 999,
  bytes: 9007199254740991,
};
const LOG_TYPES = ['auth', 'command', 'web', 'firewall', 'network', 'windows', 'system'];
const STATUSES = ['failure', 'success', 'executed', 'info', 'blocked', 'allowed'];
const MAX_EXTRA_FIELDS = LIMITS.extra_fields.value;
const MAX_DEPTH = LIMITS.extra_depth.value;
const MAX_TEXT = LIMITS.extra_characters.value;
const MAX_NAME = LIMITS.extra_name_characters.value;
/** A line that was not cut is no longer than this. */
const MAX_JSON = LIMITS.line_bytes.value;

export type JsonObject = { readonly [name: string]: unknown };

/** The object of a line; undefined when the line is not one object within the bounds. */
export function readJsonObject(line: string): JsonObject | undefined {
  if (line.length > MAX_JSON) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch (_error) {
    return undefined;
  }
}

/** Fills the draft; the time in milliseconds, NaN when wrong, undefined when absent. */
export function parseJsonEvent(
  object: JsonObject,
  draft: Draft,
  context: TimeContext,
): number | undefined {
  const target = draft as { [name: string]: unknown };
  const extra: { [name: string]: unknown } = {};
  let extras = 0;
  draft.log_type = 'system';
  draft.action = 'unknown';
  draft.status = 'info';
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (name === '@timestamp' || name === 'message' || value === null || value === undefined)
      continue;
    if (readKnown(name, value, draft, target)) continue;
    if (extras >= MAX_EXTRA_FIELDS || name.length > MAX_NAME || name === '__proto__') {
      addFlag(draft, 'extra_cut');
      continue;
    }
    const kept = bound(value, MAX_DEPTH, draft);
    if (kept === undefined) continue;
    extra[name === '' ? 'unnamed' : name] = kept;
    extras++;
  }
  if (extras > 0) draft.extra = extra;
  return readObjectTime(object, context);
}

/** The time under `@timestamp` in milliseconds, NaN when wrong, undefined when absent. */
export function readObjectTime(object: JsonObject, context: TimeContext): number | undefined {
  const stamp = object['@timestamp'];
  if (typeof stamp !== 'string') return stamp === undefined ? undefined : NaN;
  const time = readIsoTime(stamp, 0, context);
  return time === undefined || time.end !== stamp.length ? NaN : time.ms;
}

/** True when the value was taken under the name of our model. */
function readKnown(
  name: string,
  value: unknown,
  draft: Draft,
  target: { [name: string]: unknown },
): boolean {
  if (name === 'log_type') return pick(LOG_TYPES, name, value, target);
  if (name === 'status') return pick(STATUSES, name, value, target);
  if (name === 'source_ip') return typeof value === 'string' && setSource(draft, value);
  if (name === 'destination_ip') {
    const address = typeof value === 'string' ? readIpAddress(value) : undefined;
    if (address !== undefined) draft.destination_ip = address.address;
    return address !== undefined;
  }
  if (name === 'is_off_hours') {
    if (typeof value === 'boolean') draft.is_off_hours = value;
    return typeof value === 'boolean';
  }
  if (TEXT_FIELDS.indexOf(name) >= 0) {
    if (typeof value !== 'string') return false;
    target[name] = name === 'action' ? value.slice(0, 64) : bounded(draft, value);
    return true;
  }
  const max =
    PORT_FIELDS.indexOf(name) >= 0
      ? 65535
      : Object.prototype.hasOwnProperty.call(NUMBER_FIELDS, name)
        ? (NUMBER_FIELDS[name] as number)
        : -1;
  if (
    max < 0 ||
    typeof value !== 'number' ||
    !(value >= 0 && value <= max) ||
    Math.floor(value) !== value
  )
    return false;
  target[name] = value;
  return true;
}

function pick(
  list: readonly string[],
  name: string,
  value: unknown,
  target: { [name: string]: unknown },
): boolean {
  const isKnown = typeof value === 'string' && list.indexOf(value) >= 0;
  if (isKnown) target[name] = value;
  return isKnown;
}

/** A copy within the bounds of `extra`; undefined when nothing of the value can be kept. */
export function boundedValue(value: unknown, draft: Draft): unknown {
  return bound(value, MAX_DEPTH, draft);
}

/** A copy within the bounds; numbers that JavaScript cannot hold exactly become text. */
function bound(value: unknown, depth: number, draft: Draft): unknown {
  if (typeof value === 'string') {
    if (value.length <= MAX_TEXT) return value;
    addFlag(draft, 'extra_cut');
    return value.slice(0, MAX_TEXT);
  }
  if (typeof value === 'number')
    return isFinite(value)
      ? Math.abs(value) > 9007199254740991
        ? String(value)
        : value
      : undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const size = Array.isArray(value) ? value.length : Object.keys(value).length;
  if (depth === 0 || size > MAX_EXTRA_FIELDS) addFlag(draft, 'extra_cut');
  if (depth === 0) return undefined;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (let i = 0; i < value.length && i < MAX_EXTRA_FIELDS; i++) {
      const kept = bound(value[i], depth - 1, draft);
      if (kept !== undefined) list.push(kept);
    }
    return list;
  }
  const copy: { [name: string]: unknown } = {};
  const names = Object.keys(value);
  for (let i = 0; i < names.length && i < MAX_EXTRA_FIELDS; i++) {
    const name = names[i] as string;
    if (name === '__proto__' || name.length > MAX_NAME) {
      addFlag(draft, 'extra_cut');
      continue;
    }
    const kept = bound((value as JsonObject)[name], depth - 1, draft);
    if (kept !== undefined) copy[name === '' ? 'unnamed' : name] = kept;
  }
  return copy;
}
