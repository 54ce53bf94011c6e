/**
 * Objects under the names of the Elastic Common Schema, nested or flat: what Elastic's shippers and others make of a log.
 * An event that says what was done is taken over under our names. One that only carries a line is read as that line.
 */
import { startsWith, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import { parseJsonEvent, type JsonObject } from './json-event.ts';

/** Ours of theirs, as far as a shipper can know it. */
const NAMES: readonly (readonly [ecs: string, field: string])[] = [
  ['source.ip', 'source_ip'],
  ['source.port', 'source_port'],
  ['destination.ip', 'destination_ip'],
  ['destination.port', 'destination_port'],
  ['network.transport', 'protocol'],
  ['user.name', 'username'],
  ['user.effective.name', 'target_user'],
  ['host.name', 'hostname'],
  ['host.hostname', 'hostname'],
  ['process.name', 'program'],
  ['process.pid', 'pid'],
  ['process.command_line', 'command'],
  ['process.executable', 'executable'],
  ['process.working_directory', 'working_directory'],
  ['event.reason', 'reason'],
  ['http.request.method', 'http_method'],
  ['http.version', 'http_version'],
  ['http.response.status_code', 'http_status'],
  ['http.response.body.bytes', 'bytes'],
  ['http.request.referrer', 'referrer'],
  ['url.original', 'url_original'],
  ['url.domain', 'http_host'],
  ['user_agent.original', 'user_agent'],
  ['dns.question.name', 'dns_question_name'],
  ['dns.question.type', 'dns_question_type'],
];

/** What an object carries: a line, with what its shipper knows of it. */
export interface CarriedLine {
  readonly text: string;
  readonly hostname: string | undefined;
  readonly program: string;
  /** `@timestamp`, which is when it was read where the line has a time of its own. */
  readonly stamp: unknown;
}

/** Undefined when the object says by itself what was done, or is of no shipper. */
export function readCarriedLine(object: JsonObject): CarriedLine | undefined {
  const text = valueOf(object, 'event.original') || object['message'];
  if (typeof text !== 'string' || object['@timestamp'] === undefined) return undefined;
  const isShipped =
    isObject(object['agent']) ||
    isObject(object['ecs']) ||
    isObject(object['log']) ||
    valueOf(object, 'log.file.path') !== undefined ||
    valueOf(object, 'event.original') !== undefined;
  if (!isShipped) return undefined;
  return {
    text: text,
    hostname: textOf(valueOf(object, 'host.name')) || textOf(valueOf(object, 'host.hostname')),
    program:
      textOf(valueOf(object, 'process.name')) ||
      textOf(valueOf(object, 'log.syslog.appname')) ||
      '',
    stamp: object['@timestamp'],
  };
}

/** Fills the draft of an event that says what was done; undefined when it does not. */
export function parseEcsObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  const flat: { [name: string]: unknown } = { '@timestamp': object['@timestamp'] };
  let known = 0;
  for (let i = 0; i < NAMES.length; i++) {
    const [ecs, field] = NAMES[i] as (typeof NAMES)[number];
    const value = flat[field] === undefined ? valueOf(object, ecs) : undefined;
    if (value === undefined) continue;
    flat[field] = value;
    known++;
  }
  const action = textOf(valueOf(object, 'event.action')) || '';
  const categories = wordsOf(valueOf(object, 'event.category'));
  const outcome = textOf(valueOf(object, 'event.outcome'));
  if (known === 0 || (action === '' && categories.length === 0)) return undefined;
  if (!classify(flat, action, categories, wordsOf(valueOf(object, 'event.type')), outcome))
    return undefined;
  return parseJsonEvent(flat, draft, context);
}

/** Sets kind, action and outcome; false for what has no meaning here. */
function classify(
  flat: { [name: string]: unknown },
  action: string,
  categories: readonly string[],
  types: readonly string[],
  outcome: string | undefined,
): boolean {
  const has = (word: string): boolean => categories.indexOf(word) >= 0;
  flat['status'] = outcome === 'success' || outcome === 'failure' ? outcome : 'info';
  if (has('authentication')) {
    const program = textOf(flat['program']) || '';
    flat['log_type'] = 'auth';
    flat['action'] =
      startsWith(action, 'ssh') || startsWith(program, 'sshd') ? 'ssh_login' : 'web_login';
    // A logout is no login.
    return types.indexOf('end') < 0;
  }
  if (has('web') || flat['http_method'] !== undefined) {
    const code = flat['http_status'];
    flat['log_type'] = 'web';
    flat['action'] = 'http_request';
    if (typeof code === 'number') flat['status'] = code >= 400 ? 'failure' : 'success';
    return flat['source_ip'] !== undefined;
  }
  if (has('network') && flat['source_ip'] !== undefined) {
    const isDenied = types.indexOf('denied') >= 0 || /^(?:drop|den|reject|block)/i.test(action);
    const isAllowed = types.indexOf('allowed') >= 0 || /^(?:allow|accept|pass)/i.test(action);
    flat['log_type'] = isDenied || isAllowed ? 'firewall' : 'network';
    flat['action'] = isDenied
      ? 'firewall_drop'
      : isAllowed
        ? 'firewall_allow'
        : action || 'connection';
    flat['status'] = isDenied ? 'blocked' : isAllowed ? 'allowed' : flat['status'];
    return true;
  }
  if (has('process') && flat['command'] !== undefined) {
    flat['log_type'] = 'command';
    flat['action'] = 'command_execution';
    flat['status'] = 'executed';
    return true;
  }
  flat['log_type'] = has('session') || has('iam') ? 'auth' : 'system';
  flat['action'] = action.slice(0, 64);
  return action !== '';
}

/** `a.b.c` as one name or nested; only own names, no list. */
function valueOf(object: JsonObject, path: string): unknown {
  if (Object.prototype.hasOwnProperty.call(object, path)) return object[path];
  let at: unknown = object;
  const names = path.split('.');
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (!isObject(at) || !Object.prototype.hasOwnProperty.call(at, name)) return undefined;
    at = at[name];
  }
  return isObject(at) ? undefined : at;
}

function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  const words: string[] = [];
  for (let i = 0; i < value.length && i < 16; i++)
    if (typeof value[i] === 'string') words.push(value[i] as string);
  return words;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
