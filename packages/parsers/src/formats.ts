/**
 * The formats of logs that are read, once: a new one is a file of its own and its entry here. Everything else
 * follows from the list: which parser gets a message, the names that `soc parse --format` takes, the logs that
 * `soc up` watches unasked, the paths that the configurations of Filebeat must read, and docs/formats.md.
 */
import type { ParsedEvent } from '@mini-soc/model';
import { LOG_TYPES } from '@mini-soc/model/json-fields';
import { parseAccountChange } from './account-change.ts';
import { looksLikeFortigate, parseFortigateLine } from './appliance-firewall.ts';
import { parseCron } from './cron.ts';
import { parseDoas } from './doas.ts';
import type { Draft } from './draft.ts';
import { parseDropbear } from './dropbear.ts';
import { parseFilterlog } from './filterlog.ts';
import { parseKernelMessage } from './firewall.ts';
import { parseLogind } from './logind.ts';
import { parseAnyProgram } from './any-program.ts';
import {
  parseDovecot,
  parseMysql,
  parsePostfix,
  parseProftpd,
  parsePureFtpd,
} from './other-logins.ts';
import { parsePkexec } from './pkexec.ts';
import { parseScanlogd } from './scanlogd.ts';
import { parseSshd } from './sshd.ts';
import { parseSu } from './su.ts';
import { parseSudo } from './sudo.ts';
import type { TimeContext } from './timestamp.ts';
import { looksLikeVsftpd, parseVsftpd, parseVsftpdFile } from './vsftpd.ts';
import {
  looksLikeWebError,
  parseWebErrorFile,
  parseWebMessage,
  WEB_PROGRAMS,
} from './web-message.ts';

/**
 * Fills the draft from what stands behind the header. `false` when the message says nothing to us; a number is the
 * time that the message itself names, in milliseconds (NaN: none that can be told); nothing: it is an event.
 */
export type MessageParser = (
  message: string,
  draft: Draft,
  context: TimeContext,
) => boolean | number | void;

/** Fills the draft from a whole line; its time in milliseconds, NaN when wrong, undefined for another's line. */
export type LineParser = (line: string, draft: Draft, context: TimeContext) => number | undefined;

/** Lines without the header of syslog. Every line is asked about, so what does not look like one costs nothing. */
export interface LineFormat {
  /** Characters that such a line can begin with. */
  readonly starts: string;
  /** Whether a line that begins so looks like one, at a few characters. */
  readonly looksLike: (line: string) => boolean;
  readonly parse: LineParser;
}

export interface Format {
  /** As `soc parse --format` takes it. */
  readonly name: string;
  /** What it is, for docs/formats.md. */
  readonly title: string;
  /** As headers name them, each in one format only; the first is meant where a file of this format has no header. */
  readonly programs: readonly string[];
  /** Reads the messages of these programs. */
  readonly parse?: MessageParser;
  /** For files without the header of syslog. */
  readonly line?: LineFormat;
  /** What `log_type` its events can have. */
  readonly logTypes: readonly ParsedEvent['log_type'][];
  /** Where distributions put it. What stands in two of their files is named once: it would count twice. */
  readonly paths: readonly string[];
}

const AUTH_LOGS = ['/var/log/auth.log', '/var/log/secure'] as const;

export const FORMATS = [
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
      starts: '[0123456789',
      looksLike: looksLikeWebError,
      parse: parseWebErrorFile,
    },
    logTypes: ['web'],
    paths: ['/var/log/nginx/error.log', '/var/log/apache2/error.log', '/var/log/httpd/error_log'],
  },
  {
    name: 'json',
    title: "objects with our fields, journald's entries, Windows' records",
    programs: [],
    logTypes: LOG_TYPES,
    paths: [],
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
    line: { starts: 'FMSTW', looksLike: looksLikeVsftpd, parse: parseVsftpdFile },
    logTypes: ['auth'],
    // Its own file tells of the logins that PAM tells of there.
    paths: AUTH_LOGS,
  },
  {
    name: 'proftpd',
    title: 'logins at ProFTPD',
    programs: ['proftpd'],
    parse: parseProftpd,
    logTypes: ['auth'],
    paths: [],
  },
  {
    name: 'pure-ftpd',
    title: 'logins at Pure-FTPd',
    programs: ['pure-ftpd'],
    parse: parsePureFtpd,
    logTypes: ['auth'],
    paths: [],
  },
  {
    name: 'dovecot',
    title: 'logins at Dovecot',
    programs: ['dovecot'],
    parse: parseDovecot,
    logTypes: ['auth'],
    paths: [],
  },
  {
    name: 'postfix',
    title: 'logins at Postfix',
    programs: ['smtpd'],
    parse: parsePostfix,
    logTypes: ['auth'],
    paths: [],
  },
  {
    name: 'mysql',
    title: 'refused logins of MySQL and MariaDB, by syslog',
    programs: ['mysqld', 'mariadbd'],
    parse: parseMysql,
    logTypes: ['auth'],
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
    title: 'packet lines of the kernel, in messages of any program',
    programs: ['kernel'],
    parse: parseKernelMessage,
    logTypes: ['firewall'],
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
    line: { starts: 'd', looksLike: looksLikeFortigate, parse: parseFortigateLine },
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

/**
 * `auto` finds out by itself. The name of a program's format (`sshd`, `sudo`, …) reads lines that have no
 * header as messages of that program; `syslog`, `access`, `web-error` and `json` read nothing but that.
 */
export type LogFormat = 'auto' | 'syslog' | (typeof FORMATS)[number]['name'];

/** What `soc parse --format` takes, in its order. */
export const LOG_FORMATS: readonly LogFormat[] = (['auto', 'syslog'] as LogFormat[]).concat(
  FORMATS.map((format) => format.name),
);
