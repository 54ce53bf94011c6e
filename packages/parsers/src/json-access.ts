/**
 * Requests that web servers log as objects: nginx and Apache under the names that people give their fields, Caddy and
 * Traefik under their own. Servers escape what a client sends, so each value is whole. Forwarded addresses that the client
 * could write are not read; Caddy's `client_ip` is one, where it is told to trust a proxy.
 */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { readAddressPort, setAddressPort } from './address-port.ts';
import { takeRequest, takeTarget } from './access-log.ts';
import { addFlag, bounded, readPort, setAddress, setPort, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import type { JsonObject } from './json-event.ts';
import { readAccessTime, readIsoTime } from './timestamp.ts';

const CLIENT = [
  'remote_addr',
  'remote_ip',
  'client_ip',
  'clientip',
  'remoteIP',
  'remote_host',
  'ClientAddr',
  'ClientHost',
  'client',
];
const STATUS = [
  'status',
  'status_code',
  'response_status',
  'http_status',
  'DownstreamStatus',
  'response',
  'code',
];
const METHOD = ['request_method', 'method', 'http_method', 'verb', 'RequestMethod'];
const TARGET = ['request_uri', 'uri', 'url', 'request_path', 'path', 'RequestPath'];
const BYTES = ['body_bytes_sent', 'bytes_sent', 'bytes', 'size', 'DownstreamContentSize'];
const AGENT = ['http_user_agent', 'user_agent', 'userAgent', 'agent', 'request_User-Agent'];
const REFERRER = ['http_referer', 'http_referrer', 'referer', 'referrer', 'request_Referer'];
const HOST = ['http_host', 'host', 'vhost', 'server_name', 'RequestHost'];
const USER = ['remote_user', 'user', 'user_id', 'ClientUsername'];
const PORT = ['remote_port', 'ClientPort'];
const VERSION = ['server_protocol', 'protocol', 'proto', 'RequestProtocol'];
const TIME = [
  'time_iso8601',
  'time_local',
  '@timestamp',
  'timestamp',
  'time',
  'msec',
  'ts',
  'StartUTC',
  'StartLocal',
];

/** Undefined when the object is no request. */
export function parseAccessObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const status = wholeOf(first(object, STATUS));
  if (status < 0 || status > 999) return undefined;
  const request = object['request'];
  const told = isObject(request) ? request : object;
  const client = textOf(first(told, CLIENT));
  const line = textOf(object['request']);
  const method = textOf(first(told, METHOD));
  const target = textOf(first(told, TARGET));
  if (readAddressPort(client, true) === undefined && readIpAddress(client) === undefined)
    return undefined;
  if (line === '' && (!/^[A-Za-z_-]{1,32}$/.test(method) || target === '')) return undefined;
  const address = readIpAddress(client);
  if (address === undefined) setAddressPort(draft, client, true);
  else setAddress(draft, address);
  const port = readPort(String(wholeOf(first(told, PORT))));
  if (port > 0) setPort(draft, port);
  draft.log_type = 'web';
  draft.action = 'http_request';
  draft.status = status >= 400 ? 'failure' : status === 0 ? 'info' : 'success';
  if (status > 0) draft.http_status = status;
  if (isObject(request)) takeCaddy(request, draft);
  else takeText('user_agent', textOf(first(object, AGENT)), draft);
  if (!isObject(request)) takeText('referrer', textOf(first(object, REFERRER)), draft);
  takeText('http_host', textOf(first(told, HOST)), draft);
  takeText('username', textOf(first(object, USER)), draft);
  const bytes = wholeOf(first(object, BYTES));
  if (bytes >= 0) draft.bytes = bytes;
  if (line !== '' && target === '') takeRequest(line, draft);
  else {
    draft.http_method = method;
    const version = /^HTTP\/([0-9.]{1,4})$/.exec(textOf(first(told, VERSION)));
    if (version !== null) draft.http_version = version[1] as string;
    takeTarget(target, draft);
  }
  return timeOf(first(object, TIME), context);
}

/** Caddy keeps headers as lists, and whom a trusted proxy names beside its peer. */
function takeCaddy(request: JsonObject, draft: Draft): void {
  const named = readIpAddress(textOf(request['client_ip']));
  if (named !== undefined && named.address !== draft.source_ip) {
    setAddress(draft, named);
    delete draft.source_port;
    delete draft.port;
    addFlag(draft, 'untrusted');
  }
  const headers = request['headers'];
  if (!isObject(headers)) return;
  takeText('user_agent', firstOf(headers['User-Agent']), draft);
  takeText('referrer', firstOf(headers['Referer']), draft);
}

function takeText(
  field: 'user_agent' | 'referrer' | 'http_host' | 'username',
  text: string,
  draft: Draft,
): void {
  if (text !== '' && text !== '-') draft[field] = bounded(draft, text);
}

function timeOf(value: unknown, context: ReadContext): number {
  if (
    typeof value === 'number' ||
    (typeof value === 'string' && /^\d{9,13}(?:\.\d{1,9})?$/.test(value))
  ) {
    const number = Number(value);
    return Math.floor(number > 100000000000 ? number : number * 1000);
  }
  if (typeof value !== 'string') return NaN;
  if (/^\d{1,2}\//.test(value)) return readAccessTime(value);
  const time = readIsoTime(value, 0, context);
  return time === undefined ? NaN : time.ms;
}

function first(object: JsonObject, names: readonly string[]): unknown {
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = object[name];
    if ((typeof value === 'string' || typeof value === 'number') && value !== '') return value;
  }
  return undefined;
}

function firstOf(value: unknown): string {
  return Array.isArray(value) ? textOf(value[0]) : '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** -1 when it is no whole number. */
function wholeOf(value: unknown): number {
  if (typeof value === 'string') return /^\d{1,15}$/.test(value) ? Number(value) : -1;
  return typeof value === 'number' && value >= 0 && Math.floor(value) === value ? value : -1;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
