/**
 * Logins that applications log as objects: MongoDB, Authelia and authentik. Each value is whole, what a client sent is
 * escaped. Authelia and authentik stand behind a proxy and believe what it forwards: that proves nothing.
 */
import { setAddressPort } from './address-port.ts';
import { addFlag, bounded, setSource, startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import type { JsonObject } from './json-event.ts';
import { login } from './login.ts';
import { readLogfmt } from './logfmt.ts';
import { readIsoTime } from './timestamp.ts';

type Values = { readonly [key: string]: unknown };

/** Undefined when the object is no login at MongoDB. */
export function parseMongodbObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const told = object['attr'];
  if (object['c'] !== 'ACCESS' || !isObject(told)) return undefined;
  const said = text(object['msg']);
  const isFailure = said === 'Authentication failed' || said === 'Failed to authenticate';
  if (!isFailure && said !== 'Authentication succeeded' && said !== 'Successfully authenticated')
    return undefined;
  login(draft, 'database_login', !isFailure, undefined);
  setAddressPort(draft, text(told['client']) || text(told['remote']), true);
  takeUser(text(told['principalName']) || text(told['user']), draft);
  if (/\bUserNotFound\b/.test(text(told['error']) + text(told['result'])))
    draft.reason = 'invalid_user';
  draft.protocol = 'mongodb';
  draft.program = 'mongod';
  const time = object['t'];
  return timeOf(isObject(time) ? time['$date'] : undefined, context);
}

const REFUSED = /^Unsuccessful [A-Za-z0-9 -]{2,24} authentication attempt by user '/;
const ACCEPTED = /^Successful [A-Za-z0-9 -]{2,24} authentication attempt made by user '/;

/** Undefined when the object is no login at Authelia. */
export function parseAutheliaObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  return takeAuthelia(object, draft) ? timeOf(object['time'], context) : undefined;
}

/** `time="…" level=error msg="Unsuccessful 1FA authentication attempt by user 'U'" … remote_ip=ADDR`. */
export function looksLikeAuthelia(line: string): boolean {
  return startsWith(line, 'time=') && line.indexOf(' authentication attempt ') > 0;
}

/** The time that the message names, NaN when it names none; false when it is no login. */
export function parseAuthelia(message: string, draft: Draft, context: ReadContext): number | false {
  const fields = looksLikeAuthelia(message) ? readLogfmt(message) : undefined;
  return fields !== undefined && takeAuthelia(fields, draft)
    ? timeOf(fields['time'], context)
    : false;
}

function takeAuthelia(values: Values, draft: Draft): boolean {
  const said = text(values['msg']);
  const peer = text(values['remote_ip']);
  if (peer === '') return false;
  const refused = REFUSED.exec(said.slice(0, 100));
  const start = refused === null ? ACCEPTED.exec(said.slice(0, 100)) : refused;
  if (start === null) return false;
  login(draft, 'web_login', refused === null, peer);
  takeUser(said.slice(start[0].length, said.lastIndexOf("'")), draft);
  draft.protocol = 'http';
  draft.program = 'authelia';
  addFlag(draft, 'untrusted');
  return true;
}

/** An object of authentik, whose `action` is no word of ours. */
export function isAuthentik(object: JsonObject): boolean {
  return startsWith(text(object['logger']), 'authentik.');
}

/** Undefined when the object is no login at authentik. */
export function parseAuthentikObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const action = text(object['action']);
  if (!isAuthentik(object) || (action !== 'login_failed' && action !== 'login')) return undefined;
  login(draft, 'web_login', action === 'login', undefined);
  setSource(draft, text(object['client_ip']));
  const told = object['context'];
  const user = object['user'];
  if (isObject(told)) takeUser(text(told['username']), draft);
  if (draft.username === undefined && isObject(user)) takeUser(text(user['username']), draft);
  draft.protocol = 'http';
  draft.program = 'authentik';
  addFlag(draft, 'untrusted');
  return timeOf(object['timestamp'], context);
}

function takeUser(user: string, draft: Draft): void {
  if (user !== '') draft.username = bounded(draft, user);
}

function timeOf(value: unknown, context: ReadContext): number {
  const time = typeof value === 'string' ? readIsoTime(value, 0, context) : undefined;
  return time === undefined ? NaN : time.ms;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
