/**
 * Sigma's log sources → which of our events they are. A rule asks only events of its log source: one for
 * Windows never sees a Linux event, and the other way round. Everything known of log sources stands in
 * this file; rules/README.md shows it. Source: Sigma's taxonomy of log sources, its names only.
 *
 * A log source that is in none of these tables is one we read no logs of: its rule is loaded and says
 * that it cannot fire.
 */
import type { Filter } from '@mini-soc/query';
import { join } from './compile-values.ts';
import { showValue } from './rule-error.ts';

export interface LogSource {
  readonly product?: string | undefined;
  readonly category?: string | undefined;
  readonly service?: string | undefined;
}

export type LogSourceFilter =
  | { readonly kind: 'filter'; readonly filter: Filter | undefined }
  /** No event we read can be of this log source. */
  | { readonly kind: 'unknown'; readonly reason: string };

const is = (field: string, ...values: readonly string[]): Filter =>
  join(
    'any',
    values.map((value): Filter => ({ kind: 'equals', field, value, cased: false })),
  );
const begins = (field: string, text: string): Filter => ({
  kind: 'wildcard',
  field,
  pattern: [{ kind: 'text', text }, { kind: 'many' }],
  cased: false,
});
const any = (...of: readonly Filter[]): Filter => join('any', of);

const WINDOWS = is('log_type', 'windows');
const NOT_WINDOWS: Filter = { kind: 'not', of: WINDOWS };
// Written out where many events are asked: a store that compares whole values is exact and quick.
const WEB = any(
  is('log_type', 'web'),
  is('action', 'http_request', 'http_auth', 'http_denied', 'http_error'),
);
const FIREWALL = any(is('log_type', 'firewall'), is('action', 'firewall_drop', 'firewall_allow'));
const COMMANDS = is('action', 'command_execution', 'cron_command');
const eventCode = (...codes: readonly string[]): Filter =>
  any(is('extra.event_code', ...codes), is('extra.EventID', ...codes));
const channel = (...names: readonly string[]): Filter =>
  any(is('extra.channel', ...names), is('extra.Channel', ...names));

/** `undefined` takes every event. */
type Table = Readonly<Record<string, Filter | undefined>>;

const PRODUCTS: Table = {
  linux: NOT_WINDOWS,
  unix: NOT_WINDOWS,
  windows: WINDOWS,
  apache: WEB,
  nginx: WEB,
  modsecurity: WEB,
  dropbear: is('program', 'dropbear'),
};

const CATEGORIES: Table = {
  process_creation: any(COMMANDS, eventCode('1', '4688')),
  webserver: WEB,
  firewall: FIREWALL,
  dns: is('action', 'dns_query'),
  dns_query: any(is('action', 'dns_query'), eventCode('22')),
  network_connection: any(is('action', 'connection'), eventCode('3')),
  authentication: any(is('log_type', 'auth'), is('action', 'windows_logon')),
  // Only Windows tells of these: by the numbers of Sysmon and of PowerShell.
  process_termination: eventCode('5'),
  driver_load: eventCode('6'),
  image_load: eventCode('7'),
  create_remote_thread: eventCode('8'),
  raw_access_thread: eventCode('9'),
  process_access: eventCode('10'),
  file_event: eventCode('11'),
  registry_add: eventCode('12'),
  registry_delete: eventCode('12'),
  registry_set: eventCode('13'),
  registry_rename: eventCode('14'),
  registry_event: eventCode('12', '13', '14'),
  create_stream_hash: eventCode('15'),
  pipe_created: eventCode('17', '18'),
  wmi_event: eventCode('19', '20', '21'),
  file_delete: eventCode('23', '26'),
  process_tampering: eventCode('25'),
  ps_script: eventCode('4104'),
  ps_module: eventCode('4103'),
};

/** Of programs that are read under their own name, and words for several of them. */
const SERVICES: Table = {
  syslog: undefined,
  auth: is('log_type', 'auth', 'command'),
  sshd: any(
    is('action', 'ssh_login', 'ssh_event'),
    is('program', 'sshd', 'sshd-session', 'sshd-auth'),
  ),
  sudo: any(is('action', 'command_execution'), is('program', 'sudo')),
  doas: is('program', 'doas'),
  su: is('program', 'su'),
  pkexec: is('program', 'pkexec'),
  pam: any(is('action', 'pam_auth', 'session'), begins('message', 'pam_')),
  cron: any(begins('action', 'cron'), is('program', 'cron', 'crond', 'crontab', 'anacron')),
  auditd: any(is('program', 'auditd', 'audit'), is('extra.audit', 'true')),
  iptables: FIREWALL,
  ufw: FIREWALL,
  firewalld: FIREWALL,
  kernel: any(is('program', 'kernel'), FIREWALL),
  accounts: any(
    begins('action', 'account_'),
    begins('action', 'group_'),
    is('action', 'password_changed'),
  ),
  apache: WEB,
  nginx: WEB,
  modsecurity: WEB,
  clamav: is('program', 'clamd', 'clamav', 'freshclam', 'clamscan'),
  systemd: any(begins('program', 'systemd'), is('program', 'init')),
  postfix: any(is('program', 'smtpd', 'postscreen'), begins('program', 'postfix')),
  mysql: is('program', 'mysqld', 'mysql', 'mariadbd', 'mariadb'),
  postgresql: is('program', 'postgres', 'postgresql'),
  openvpn: any(begins('program', 'openvpn'), begins('program', 'ovpn')),
  samba: any(is('program', 'smbd', 'nmbd', 'winbindd', 'samba'), begins('program', 'smbd')),
};

/** Programs whose name is the service's. */
const PROGRAMS: readonly string[] = [
  ...['dropbear', 'vsftpd', 'proftpd', 'pure-ftpd', 'dovecot', 'exim', 'sendmail', 'named'],
  ...['systemd-logind', 'useradd', 'usermod', 'userdel', 'groupadd', 'passwd', 'gpasswd'],
  ...['scanlogd', 'fail2ban', 'dockerd', 'containerd', 'vaultwarden', 'nextcloud', 'gitea'],
  ...[
    'grafana',
    'pveproxy',
    'pvedaemon',
    'gitlab',
    'bitwarden',
    'haproxy',
    'caddy',
    'traefik',
    'squid',
    'tomcat',
  ],
  ...['roundcube', 'webmin', 'wordpress', 'phpmyadmin', 'keycloak', 'authelia', 'authentik'],
  ...['freeswitch', 'ejabberd', 'mongod', 'xrdp-sesman', 'homeassistant', 'lighttpd'],
  ...['jellyfin', 'slapd', 'snmpd', 'rsyslogd', 'NetworkManager', 'unbound', 'dnsmasq'],
];

const WINDOWS_SERVICES: Table = {
  security: any(channel('Security'), {
    kind: 'not',
    of: { kind: 'exists', field: 'extra.channel' },
  }),
  system: channel('System'),
  application: channel('Application'),
  sysmon: channel('Microsoft-Windows-Sysmon/Operational'),
  powershell: channel('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'),
  'powershell-classic': channel('Windows PowerShell'),
  windefend: channel('Microsoft-Windows-Windows Defender/Operational'),
  taskscheduler: channel('Microsoft-Windows-TaskScheduler/Operational'),
  wmi: channel('Microsoft-Windows-WMI-Activity/Operational'),
  'terminalservices-localsessionmanager': channel(
    'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational',
  ),
  'firewall-as': channel('Microsoft-Windows-Windows Firewall With Advanced Security/Firewall'),
};

/** Which events a log source means; without any part of it, all. */
export function logSourceFilter(source: LogSource): LogSourceFilter {
  const product = source.product?.toLowerCase();
  const asked: readonly (readonly [part: string, value: string | undefined, table: Table])[] = [
    ['product', source.product, PRODUCTS],
    ['category', source.category, CATEGORIES],
    ['service', source.service, product === 'windows' ? WINDOWS_SERVICES : SERVICES],
  ];
  const filters: Filter[] = [];
  for (const [part, value, table] of asked) {
    if (value === undefined) continue;
    const name = value.toLowerCase();
    if (Object.hasOwn(table, name)) {
      const filter = table[name];
      if (filter !== undefined) filters.push(filter);
    } else if (table === SERVICES && PROGRAMS.some((program) => program.toLowerCase() === name))
      filters.push(is('program', name));
    else
      return {
        kind: 'unknown',
        reason: `no log that we read is of ${part} ${showValue(value)} (known: ${Object.keys(table).join(', ')})`,
      };
  }
  if (filters.length === 0) return { kind: 'filter', filter: undefined };
  return { kind: 'filter', filter: join('all', filters) };
}

/**
 * The events of a log source that match the detection. The detection stands first: what a rule says itself
 * has the last word in examples. A part of the log source that the detection implies, as an action does that
 * is one of its alternatives, is left out: nothing is asked twice.
 */
export function withLogSource(detection: Filter, source: LogSourceFilter): Filter {
  if (source.kind === 'unknown') return { kind: 'any', of: [] };
  if (source.filter === undefined) return detection;
  const said = new Set(conjuncts(detection).map((part) => JSON.stringify(part)));
  const asked = conjuncts(source.filter).filter(
    (part) => !alternatives(part).some((one) => said.has(JSON.stringify(one))),
  );
  return join('all', [detection, ...asked]);
}

function conjuncts(filter: Filter): readonly Filter[] {
  return filter.kind === 'all' ? filter.of.flatMap(conjuncts) : [filter];
}

function alternatives(filter: Filter): readonly Filter[] {
  return filter.kind === 'any' ? filter.of.flatMap(alternatives) : [filter];
}

/** The tables as they are documented: name → the filter in words is in rules/README.md. */
export const LOG_SOURCE_NAMES = {
  product: Object.keys(PRODUCTS),
  category: Object.keys(CATEGORIES),
  service: [...Object.keys(SERVICES), ...PROGRAMS],
  'service of windows': Object.keys(WINDOWS_SERVICES),
} as const;
