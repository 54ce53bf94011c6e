/**
 * The formats of logs that are read, once: a new one is a file of its own and its entry here. Everything else
 * follows from the list: which parser gets a message, the names that `soc parse --format` takes, the logs that
 * `soc up` watches unasked, the paths that the configurations of Filebeat must read, and docs/formats.md.
 */
import { LOG_TYPES } from '@mini-soc/model/json-fields';
import { parseAccountChange } from './account-change.ts';
import { looksLikeFortigate, parseFortigateLine } from './appliance-firewall.ts';
import { parseCron } from './cron.ts';
import { parseDoas } from './doas.ts';
import { parseDropbear } from './dropbear.ts';
import { parseFilterlog } from './filterlog.ts';
import { linesOf, type Format } from './format.ts';
import { parseKernelMessage } from './kernel-event.ts';
import { parseAuditMessage } from './audit.ts';
import { looksLikeAudit } from './audit-record.ts';
import { parseSystemd } from './systemd.ts';
import { LOGIN_FORMATS } from './login-formats.ts';
import { SENTENCE_FORMATS, type SentenceFormatName } from './sentence-formats.ts';
import { parseLogind } from './logind.ts';
import { parseAnyProgram } from './any-program.ts';
import { parsePkexec } from './pkexec.ts';
import { parseScanlogd } from './scanlogd.ts';
import { parseSshd } from './sshd.ts';
import { parseSu } from './su.ts';
import { parseSudo } from './sudo.ts';
import { looksLikeVsftpd, parseVsftpd, parseVsftpdFile } from './vsftpd.ts';
import {
  looksLikeWebError,
  parseWebErrorFile,
  parseWebMessage,
  WEB_PROGRAMS,
} from './web-message.ts';

export type { Format, LineFormat, LineParser, MessageParser } from './format.ts';

const AUTH_LOGS = ['/var/log/auth.log', '/var/log/secure'] as const;

const HOST_FORMATS = [
  {
    name: 'access',
    title: 'access logs of web servers',
    programs: WEB_PROGRAMS,
    parse: parseWebMessage,
    logTypes: ['web'],
    paths: [
      '/var/log/nginx/access.log',
      '/var/log/apache2/access.log',
      '/var/log/httpd/access_log',
    ],
  },
  {
    name: 'web-error',
    title: 'error logs of nginx and Apache',
    programs: [],
    line: {
      turn: 'first',
      starts: '[0123456789',
      looksLike: looksLikeWebError,
      parse: parseWebErrorFile,
    },
    logTypes: ['web'],
    paths: ['/var/log/nginx/error.log', '/var/log/apache2/error.log', '/var/log/httpd/error_log'],
  },
  {
    name: 'json',
    title:
      "objects: our fields, ECS (nested or flat), journald's entries, Windows' records, requests at nginx, Apache, Caddy and Traefik; lines of Docker and Kubernetes with what is inside",
    programs: [],
    logTypes: LOG_TYPES,
    paths: ['/var/log/caddy/access.log'],
  },
  {
    name: 'sshd',
    title: 'OpenSSH server',
    programs: ['sshd', 'sshd-session', 'sshd-auth'],
    parse: parseSshd,
    logTypes: ['auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'dropbear',
    title: 'dropbear, the small ssh server',
    programs: ['dropbear'],
    parse: parseDropbear,
    logTypes: ['auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'vsftpd',
    title: 'vsftpd, also in a file of its own',
    programs: ['vsftpd'],
    parse: parseVsftpd,
    line: { turn: 'first', starts: 'FMSTW', looksLike: looksLikeVsftpd, parse: parseVsftpdFile },
    logTypes: ['auth'],
    // Its own file tells of the logins that PAM tells of there.
    paths: AUTH_LOGS,
  },
  {
    name: 'auditd',
    title: 'records of auditd: commands, logins, accounts, crashes',
    programs: ['auditd', 'audit', 'audispd'],
    parse: parseAuditMessage,
    line: {
      turn: 'last',
      starts: 'tn',
      looksLike: looksLikeAudit,
      parse: linesOf('auditd', parseAuditMessage),
    },
    logTypes: ['command', 'auth', 'system'],
    paths: ['/var/log/audit/audit.log'],
  },
  {
    name: 'systemd',
    title: 'units of systemd that fail or are made on the spot',
    programs: ['systemd'],
    parse: parseSystemd,
    logTypes: ['system'],
    paths: [],
  },
  {
    name: 'sudo',
    title: 'sudo',
    programs: ['sudo'],
    parse: parseSudo,
    logTypes: ['command', 'auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'su',
    title: 'su',
    programs: ['su'],
    parse: parseSu,
    logTypes: ['auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'doas',
    title: 'doas',
    programs: ['doas'],
    parse: parseDoas,
    logTypes: ['command', 'auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'pkexec',
    title: 'pkexec of polkit',
    programs: ['pkexec'],
    parse: parsePkexec,
    logTypes: ['command', 'auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'pam',
    title: 'PAM modules, in messages of any program',
    programs: ['pam'],
    parse: parseAnyProgram,
    logTypes: ['auth', 'firewall'],
    paths: AUTH_LOGS,
  },
  {
    name: 'cron',
    title: 'cron and crontab',
    programs: ['cron', 'CRON', 'crond', 'crontab'],
    parse: parseCron,
    logTypes: ['system', 'auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'firewall',
    title:
      'packet lines of the kernel, in messages of any program; its crashes, refusals and devices',
    programs: ['kernel'],
    parse: parseKernelMessage,
    logTypes: ['firewall', 'system'],
    paths: ['/var/log/ufw.log'],
  },
  {
    name: 'filterlog',
    title: 'packets of pf, of pfSense and OPNsense',
    programs: ['filterlog'],
    parse: parseFilterlog,
    logTypes: ['firewall'],
    paths: [],
  },
  {
    name: 'fortigate',
    title: 'traffic of FortiGate without a header',
    programs: [],
    line: { turn: 'first', starts: 'd', looksLike: looksLikeFortigate, parse: parseFortigateLine },
    logTypes: ['firewall'],
    paths: [],
  },
  {
    name: 'account',
    title: 'changes of accounts and groups',
    programs: [
      'useradd',
      'usermod',
      'userdel',
      'groupadd',
      'groupmod',
      'groupdel',
      'passwd',
      'chpasswd',
      'chage',
      'adduser',
      'gpasswd',
      'newusers',
    ],
    parse: parseAccountChange,
    logTypes: ['auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'logind',
    title: 'sessions of systemd-logind',
    programs: ['systemd-logind'],
    parse: parseLogind,
    logTypes: ['auth'],
    paths: AUTH_LOGS,
  },
  {
    name: 'scanlogd',
    title: 'port scans seen by scanlogd',
    programs: ['scanlogd'],
    parse: parseScanlogd,
    logTypes: ['network'],
    paths: [],
  },
] as const satisfies readonly Format[];

/** In the order in which they are asked. */
export const FORMATS: readonly Format[] = (HOST_FORMATS as readonly Format[]).concat(
  LOGIN_FORMATS,
  SENTENCE_FORMATS,
);

/**
 * `auto` finds out by itself. The name of a program's format (`sshd`, `sudo`, …) reads lines that have no
 * header as messages of that program; `syslog`, `access`, `web-error` and `json` read nothing but that.
 */
export type LogFormat =
  | 'auto'
  | 'syslog'
  | (typeof HOST_FORMATS | typeof LOGIN_FORMATS)[number]['name']
  | SentenceFormatName;

/** What `soc parse --format` takes, in its order. */
export const LOG_FORMATS: readonly LogFormat[] = (['auto', 'syslog'] as LogFormat[]).concat(
  FORMATS.map((format) => format.name as LogFormat),
);
