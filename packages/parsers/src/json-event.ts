/**
 * Events that arrive as JSON, one object a line, with the fields of our model at the root (the
 * generator's output, other shippers). Each field is read by its type or left absent; what has no name
 * of ours goes to `extra`, bounded in count, depth and length. Ids and labels that the line brings are
 * kept as data, never believed.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { JSON_FIELDS, type JsonField } from '@mini-soc/model/json-fields';
import { LIMITS } from '@mini-soc/model/limits';
import { takeTarget } from './access-log.ts';
import { takeDecoded } from './decode-url.ts';
import { addFlag, bounded, MAX_FIELD, setSource, type Draft } from './draft.ts';
import { readIsoTime, type TimeContext } from './timestamp.ts';

/** Two lists: comparing a few dozen names is faster than a look into an object, and no name means more than it says. */
const NAMES = Object.keys(JSON_FIELDS);
const FIELDS = NAMES.map((name) => JSON_FIELDS[name] as JsonField);
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
  const object = objectOf(line);
  // nginx escapes as in any other log where it is not told that the line is JSON: no quote comes out of `\x22`.
  return object !== undefined || line.indexOf('\\x') < 0
    ? object
    : objectOf(line.replace(/\\x([0-9A-Fa-f]{2})/g, '\\u00$1'));
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
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
  decodeTarget(draft);
  return readObjectTime(object, context);
}

/** Of a request that was told by its fields, as of one that was read from its line. */
function decodeTarget(draft: Draft): void {
  if (draft.url_path !== undefined)
    takeDecoded(
      draft.url_query === undefined ? draft.url_path : draft.url_path + '?' + draft.url_query,
      draft,
    );
  else if (draft.url_original !== undefined) takeTarget(draft.url_original, draft);
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
  const at = NAMES.indexOf(name);
  if (at < 0) return false;
  if (name === 'source_ip') return typeof value === 'string' && setSource(draft, value);
  const taken = takeValue(FIELDS[at] as JsonField, value, draft);
  if (taken !== undefined) target[name] = taken;
  return taken !== undefined;
}

/** The value as the field takes it; undefined when it is not one of its values. */
function takeValue(
  field: JsonField,
  value: unknown,
  draft: Draft,
): string | number | boolean | undefined {
  switch (field.kind) {
    case 'text':
      if (typeof value !== 'string') return undefined;
      return field.max < MAX_FIELD ? value.slice(0, field.max) : bounded(draft, value);
    case 'whole':
      return typeof value === 'number' &&
        value >= field.min &&
        value <= field.max &&
        Math.floor(value) === value
        ? value
        : undefined;
    case 'one-of':
      return typeof value === 'string' && field.words.indexOf(value) >= 0 ? value : undefined;
    case 'address': {
      const address = typeof value === 'string' ? readIpAddress(value) : undefined;
      return address === undefined ? undefined : address.address;
    }
    case 'truth':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return field satisfies never;
  }
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
