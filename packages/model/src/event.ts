/** An event: one thing that happened. Flat names; the contract of every sensor, rule and store. */
import { z } from 'zod';
import { commandPrograms, commandTraits } from './command-traits.ts';
import { EVENT_FLAGS } from './event-flags.ts';
import { EVENT_STATUSES, LOG_TYPES } from './event-kinds.ts';
import { describeFields, field } from './field.ts';

export { EVENT_FLAGS, EVENT_STATUSES, LOG_TYPES };

const keyword = () => z.string().max(65_536).optional();
const whole = (max: number) => z.int().min(0).max(max).optional();
const port = () => whole(65_535);
const instant = () => z.iso.datetime({ offset: true });

export const eventSchema = z.strictObject({
  '@timestamp': field(instant(), { description: 'When it happened, UTC', type: 'date' }),
  event_id: field(z.string().min(1).max(128), {
    ours: true,
    description: 'Stable id: the same input line always gets the same id',
    type: 'keyword',
    ecs: 'event.id',
  }),
  ingested_at: field(instant().optional(), {
    ours: true,
    description: 'When the line reached us, UTC',
    type: 'date',
    ecs: 'event.ingested',
  }),
  message: field(z.string(), {
    description: 'The raw line',
    type: 'text',
    ecs: 'event.original',
  }),
  log_type: field(z.enum(LOG_TYPES), {
    description: 'Kind of log',
    type: 'keyword',
    queried: true,
    ecs: 'event.dataset',
  }),
  action: field(z.string().max(64), {
    description: 'What was done: ssh_login, command_execution, http_request, firewall_drop, …',
    type: 'keyword',
    queried: true,
    ecs: 'event.action',
  }),
  status: field(z.enum(EVENT_STATUSES), {
    description: 'How it ended',
    type: 'keyword',
    queried: true,
    ecs: 'event.outcome',
  }),
  source_ip: field(keyword(), {
    description: 'Address of the peer, canonical text; absent when unknown',
    type: 'ip',
    queried: true,
    ecs: 'source.ip',
  }),
  source_network: field(keyword(), {
    ours: true,
    description: 'The /64 of an IPv6 peer: who has it has all its addresses; absent for IPv4',
    type: 'keyword',
    queried: true,
  }),
  source_port: field(port(), {
    description: 'Port of the peer',
    type: 'integer',
    ecs: 'source.port',
  }),
  source_host: field(keyword(), {
    ours: true,
    description: 'Host name written where an address should be; never looked up',
    type: 'keyword',
    queried: true,
    ecs: 'source.domain',
  }),
  source_zone: field(keyword(), {
    ours: true,
    description: 'Zone id of a scoped IPv6 address (fe80::1%eth0)',
    type: 'keyword',
  }),
  destination_ip: field(keyword(), {
    description: 'Address spoken to',
    type: 'ip',
    ecs: 'destination.ip',
  }),
  destination_port: field(port(), {
    description: 'Port spoken to',
    type: 'integer',
    queried: true,
    ecs: 'destination.port',
  }),
  protocol: field(keyword(), {
    description: 'Transport or application protocol, lower case',
    type: 'keyword',
    ecs: 'network.transport',
  }),
  port: field(port(), {
    description: 'The port a log line names, as in "port 54321"; for ssh the port of the peer',
    type: 'integer',
  }),
  username: field(keyword(), {
    description: 'Who acted, as written in the log; may be empty',
    type: 'keyword',
    queried: true,
    ecs: 'user.name',
  }),
  target_user: field(keyword(), {
    description: 'As whom (sudo, su) or the account that was changed',
    type: 'keyword',
    ecs: 'user.effective.name',
  }),
  hostname: field(keyword(), {
    description: 'Host that wrote the line',
    type: 'keyword',
    queried: true,
    ecs: 'host.name',
  }),
  program: field(keyword(), {
    description: 'Program that wrote the line, without path and pid',
    type: 'keyword',
    queried: true,
    ecs: 'process.name',
  }),
  pid: field(whole(4_294_967_295), {
    description: 'Process id',
    type: 'long',
    ecs: 'process.pid',
  }),
  command: field(keyword(), {
    description: 'Full command line',
    type: 'keyword',
    queried: true,
    ecs: 'process.command_line',
  }),
  executable: field(keyword(), {
    description: 'Path or name of the program in command',
    type: 'keyword',
    ecs: 'process.executable',
  }),
  command_programs: commandPrograms,
  command_traits: commandTraits,
  working_directory: field(keyword(), {
    description: 'Directory the command ran in',
    type: 'keyword',
    ecs: 'process.working_directory',
  }),
  tty: field(keyword(), { description: 'Terminal', type: 'keyword' }),
  auth_method: field(keyword(), {
    description: 'password, publickey, keyboard-interactive/pam, …',
    type: 'keyword',
    queried: true,
  }),
  key_fingerprint: field(keyword(), {
    description: 'Fingerprint of the key that was offered or accepted: SHA256:…',
    type: 'keyword',
    queried: true,
  }),
  reason: field(keyword(), {
    description: 'Why, in a fixed word: invalid_user, bad_password, preauth_close, max_attempts, …',
    type: 'keyword',
    queried: true,
    ecs: 'event.reason',
  }),
  http_method: field(keyword(), {
    description: 'Request method',
    type: 'keyword',
    ecs: 'http.request.method',
  }),
  url_original: field(keyword(), {
    description: 'Request target as sent',
    type: 'keyword',
    ecs: 'url.original',
  }),
  url_path: field(keyword(), {
    description: 'Path of the request target, not decoded',
    type: 'keyword',
    queried: true,
    ecs: 'url.path',
  }),
  url_query: field(keyword(), {
    description: 'Query of the request target, without the question mark, not decoded',
    type: 'keyword',
    ecs: 'url.query',
  }),
  url_decoded: field(keyword(), {
    ours: true,
    description:
      'Path and query as a server understands them: decoded, dot segments resolved; a ".." that leaves the root stays',
    type: 'keyword',
    queried: true,
  }),
  http_host: field(keyword(), {
    description: 'Host of an absolute request target or virtual host',
    type: 'keyword',
    ecs: 'url.domain',
  }),
  http_version: field(keyword(), {
    description: 'Version of HTTP, such as 1.1',
    type: 'keyword',
    ecs: 'http.version',
  }),
  http_status: field(whole(999), {
    description: 'Status code of the answer',
    type: 'integer',
    queried: true,
    ecs: 'http.response.status_code',
  }),
  user_agent: field(keyword(), {
    description: 'User agent as sent',
    type: 'keyword',
    queried: true,
    ecs: 'user_agent.original',
  }),
  referrer: field(keyword(), {
    description: 'Referrer as sent',
    type: 'keyword',
    ecs: 'http.request.referrer',
  }),
  bytes: field(whole(Number.MAX_SAFE_INTEGER), {
    description: 'Bytes of the answer or packet',
    type: 'long',
    ecs: 'http.response.body.bytes',
  }),
  dns_question_name: field(keyword(), {
    description: 'Name asked for, lower case',
    type: 'keyword',
    ecs: 'dns.question.name',
  }),
  dns_question_type: field(keyword(), {
    description: 'Record type asked for',
    type: 'keyword',
    ecs: 'dns.question.type',
  }),
  tcp_flags: field(keyword(), {
    description: 'TCP flags, such as "SYN" or "SYN FIN"',
    type: 'keyword',
  }),
  interface_in: field(keyword(), {
    description: 'Interface a packet came in by',
    type: 'keyword',
    ecs: 'observer.ingress.interface.name',
  }),
  interface_out: field(keyword(), {
    description: 'Interface a packet went out by',
    type: 'keyword',
    ecs: 'observer.egress.interface.name',
  }),
  repeat_count: field(z.int().min(1).max(10_000).optional(), {
    ours: true,
    description: 'How many times the line happened ("message repeated N times"); absent means once',
    type: 'integer',
    queried: true,
  }),
  log_file: field(keyword(), {
    ours: true,
    description: 'File the line was read from',
    type: 'keyword',
    ecs: 'log.file.path',
  }),
  log_offset: field(whole(Number.MAX_SAFE_INTEGER), {
    ours: true,
    description: 'Byte offset of the line in its file',
    type: 'long',
  }),
  sensor: field(keyword(), {
    ours: true,
    description: 'Sensor that sent it, by whom the store knew as signed in; nobody else writes it',
    type: 'keyword',
  }),
  flags: field(z.array(z.enum(EVENT_FLAGS)).max(16).optional(), {
    ours: true,
    description: 'What was odd about the line',
    type: 'keyword',
  }),
  extra: field(z.record(z.string(), z.unknown()).optional(), {
    ours: true,
    description: 'Fields we have no name for, within bounds of count, depth and length',
    type: 'object',
  }),
  scenario: field(keyword(), {
    description: 'Generator only: ground truth, never visible to a rule',
    type: 'keyword',
    groundTruth: true,
  }),
  is_off_hours: field(z.boolean().optional(), {
    description: 'Generator only: ground truth, never visible to a rule',
    type: 'boolean',
    groundTruth: true,
  }),
});

/** One event document, exactly as it is stored. */
export type SocEvent = Readonly<z.infer<typeof eventSchema>>;
export type EventField = keyof SocEvent;

/** What a parser makes of a line: an event before it has an id and an arrival time. */
export type ParsedEvent = Omit<SocEvent, 'event_id' | 'ingested_at' | 'log_file' | 'log_offset'>;

export const EVENT_FIELDS = describeFields(eventSchema);
export const GROUND_TRUTH_FIELDS: readonly string[] = EVENT_FIELDS.filter(
  (f) => f.groundTruth === true,
).map((f) => f.name);
