/**
 * The names that Sigma's rules, ECS and Elastic's shippers give to fields → where our events have them.
 * Everything known of foreign names stands in this file. Our own names and the ECS names of the model
 * (`source.ip`) come first; a name that is nowhere here is looked up under `extra`, flat or nested.
 *
 * A name may stand for several fields: it matches when one of them does. The first one groups.
 */
import { eventFieldName } from '@mini-soc/model';
import type { LogSource } from './log-sources.ts';

type Table = Readonly<Record<string, readonly string[]>>;

/** Of every log source. */
const ANYWHERE: Table = {
  'client.ip': ['source_ip'],
  'source.address': ['source_ip'],
  'destination.address': ['destination_ip'],
  'host.hostname': ['hostname'],
  'url.full': ['url_original'],
  'network.protocol': ['protocol'],
  'user.target.name': ['target_user'],
  'process.command': ['command'],
  ComputerName: ['hostname'],
  Computer: ['hostname'],
  src_ip: ['source_ip'],
  srcip: ['source_ip'],
  src_port: ['source_port'],
  dst_ip: ['destination_ip'],
  dstip: ['destination_ip'],
  dst_port: ['destination_port'],
  SourceIp: ['source_ip'],
  SourcePort: ['source_port'],
  DestinationIp: ['destination_ip'],
  DestinationPort: ['destination_port'],
};

const PROCESSES: Table = {
  Image: ['executable'],
  CommandLine: ['command'],
  CurrentDirectory: ['working_directory'],
  ProcessId: ['pid'],
  User: ['username'],
};

/** W3C's names in access logs. Rules mean the whole request target by cs-uri-query. */
const REQUESTS: Table = {
  'cs-method': ['http_method'],
  'c-uri': ['url_original'],
  'cs-uri': ['url_original'],
  'cs-uri-query': ['url_original'],
  'c-uri-query': ['url_query'],
  'cs-uri-stem': ['url_path'],
  'c-uri-stem': ['url_path'],
  'c-uri-path': ['url_path'],
  'c-uri-extension': ['url_path'],
  'sc-status': ['http_status'],
  'c-useragent': ['user_agent'],
  'cs-user-agent': ['user_agent'],
  'c-user-agent': ['user_agent'],
  'cs-referer': ['referrer'],
  'cs-referrer': ['referrer'],
  'cs-host': ['http_host'],
  'cs-username': ['username'],
  'cs-version': ['http_version'],
  'sc-bytes': ['bytes'],
  'c-ip': ['source_ip'],
  's-ip': ['destination_ip'],
  's-port': ['destination_port'],
};

const NAMES: Table = {
  query: ['dns_question_name'],
  QueryName: ['dns_question_name'],
  record_type: ['dns_question_type'],
};

/**
 * Records of Windows keep all of their values under `extra`, by Windows' names. Sysmon and the audit of
 * processes (4688) name the same things differently; JSON of other shippers has either.
 */
const WINDOWS: Table = {
  Image: ['executable', 'extra.Image', 'extra.NewProcessName'],
  NewProcessName: ['extra.NewProcessName', 'executable'],
  CommandLine: ['command', 'extra.CommandLine'],
  ParentImage: ['extra.ParentImage', 'extra.ParentProcessName'],
  ParentProcessName: ['extra.ParentProcessName', 'extra.ParentImage'],
  User: ['username', 'extra.User'],
  SubjectUserName: ['extra.SubjectUserName'],
  TargetUserName: ['extra.TargetUserName'],
  IpAddress: ['source_ip', 'extra.IpAddress'],
  IpPort: ['source_port', 'extra.IpPort'],
  WorkstationName: ['extra.WorkstationName', 'source_host'],
  EventID: ['extra.event_code', 'extra.EventID'],
  EventId: ['extra.event_code', 'extra.EventID'],
  'event.code': ['extra.event_code', 'extra.EventID'],
  'winlog.event_id': ['extra.event_code', 'extra.EventID'],
  Channel: ['extra.channel', 'extra.Channel'],
  'winlog.channel': ['extra.channel', 'extra.Channel'],
  Provider_Name: ['extra.provider_name', 'extra.Provider_Name'],
  'winlog.provider_name': ['extra.provider_name', 'extra.Provider_Name'],
  'winlog.computer_name': ['hostname'],
  'process.parent.executable': ['extra.ParentImage', 'extra.ParentProcessName'],
  'process.parent.command_line': ['extra.ParentCommandLine'],
};
const EVENT_DATA = 'winlog.event_data.';

/** Names of fields, each a field of an event or `extra.NAME`; at least one. */
export function eventFieldsOf(name: string, source: LogSource): readonly string[] {
  const own = eventFieldName(name);
  if (own !== undefined) return [own];
  const plain = name.startsWith(EVENT_DATA) ? name.slice(EVENT_DATA.length) : name;
  const found = tablesFor(source).flatMap((tables) => {
    const table = tables.find((one) => Object.hasOwn(one, plain));
    return table === undefined ? [] : (table[plain] as readonly string[]);
  });
  if (found.length > 0) return [...new Set(found)];
  return [plain.startsWith('extra.') ? plain : `extra.${plain}`];
}

/** Groups of tables: of each group the first that has the name counts. */
function tablesFor({ product, category, service }: LogSource): readonly (readonly Table[])[] {
  const isOf = (...names: readonly string[]): boolean =>
    [product, category, service].some((one) => names.includes(one?.toLowerCase() ?? ''));
  if (isOf('windows')) return [[WINDOWS, PROCESSES, NAMES, ANYWHERE]];
  if (isOf('webserver', 'apache', 'nginx', 'modsecurity')) return [[REQUESTS, ANYWHERE]];
  if (isOf('dns', 'dns_query')) return [[NAMES, ANYWHERE]];
  if (isOf('firewall', 'iptables', 'ufw', 'firewalld')) return [[ANYWHERE]];
  if (isOf('linux', 'unix')) return [[PROCESSES, NAMES, ANYWHERE]];
  // Nothing is said of the source: whatever the name means somewhere.
  return [[PROCESSES, REQUESTS, NAMES], [WINDOWS], [ANYWHERE]];
}

/** For documents: the tables by what they are about. */
export const SIGMA_FIELDS = { ANYWHERE, PROCESSES, REQUESTS, NAMES, WINDOWS } as const;
