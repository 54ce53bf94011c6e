/**
 * What the format parsers write into: an event under construction. They set only fields that they
 * read by position; what is not known stays absent. This package is bundled to ES5 for Filebeat: no
 * lookbehind, no named groups, no newer methods of String or Array.
 */
import { readIpAddress, type ParsedIpAddress } from '@mini-soc/model/ip-address';
import { LIMITS } from '@mini-soc/model/limits';
import type { ParsedEvent } from '@mini-soc/model';

export type Draft = { -readonly [Field in keyof ParsedEvent]: ParsedEvent[Field] };
export type EventFlag = NonNullable<ParsedEvent['flags']>[number];

/** Longest text kept of one field, in UTF-16 units; the whole line stays in `message`. */
export const MAX_FIELD = LIMITS.field_characters.value;

export function addFlag(draft: Draft, flag: EventFlag): void {
  const flags = draft.flags === undefined ? [] : draft.flags.slice();
  if (flags.indexOf(flag) < 0) flags.push(flag);
  draft.flags = flags;
}

/** The text, cut and marked when it is longer than a field may be. */
export function bounded(draft: Draft, text: string): string {
  if (text.length <= MAX_FIELD) return text;
  addFlag(draft, 'cut');
  return text.slice(0, MAX_FIELD);
}

/** True when the text is an address or could be a host name. */
export function isPeerText(text: string): boolean {
  return text.length > 0 && text.length <= 255 && /^[A-Za-z0-9_.:%-]+$/.test(text);
}

/**
 * Sets source_ip (with source_zone), or source_host when the text is a host name. Texts such as
 * UNKNOWN or - are neither.
 */
export function setSource(draft: Draft, text: string): boolean {
  const parsed = readIpAddress(text);
  if (parsed !== undefined) {
    setAddress(draft, parsed);
    return true;
  }
  if (
    text === '-' ||
    text === 'UNKNOWN' ||
    text === '?' ||
    !isPeerText(text) ||
    text.indexOf(':') >= 0
  )
    return false;
  draft.source_host = text;
  return true;
}

export function setAddress(draft: Draft, parsed: ParsedIpAddress): void {
  draft.source_ip = parsed.address;
  if (parsed.zone !== undefined) draft.source_zone = parsed.zone;
}

export function setPort(draft: Draft, port: number): void {
  draft.source_port = port;
  draft.port = port;
}

/** A port from exact digits; -1 when it is none. */
export function readPort(text: string): number {
  if (text.length === 0 || text.length > 5) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= 65535 ? value : -1;
}

export function startsWith(text: string, start: string): boolean {
  return isAt(text, 0, start);
}

export function endsWith(text: string, end: string): boolean {
  return isAt(text, text.length - end.length, end);
}

export function withoutBlanksBehind(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** True when `part`, which is not empty, stands at `at`; most comparisons end at their first character. */
export function isAt(text: string, at: number, part: string): boolean {
  return (
    text.charCodeAt(at) === part.charCodeAt(0) && at >= 0 && text.substr(at, part.length) === part
  );
}
