/** The formats of services that people log in to, a part of the list in `formats.ts`. */
import { looksLikeAsterisk, parseAsterisk } from './asterisk.ts';
import { looksLikeAuthelia, parseAuthelia } from './app-objects.ts';
import { parseAnyLogin } from './any-program.ts';
import { looksLikeNamed, parseNamed, parseNamedLine } from './named.ts';
import { looksLikeBitwarden, parseBitwarden, parseBitwardenLine } from './bitwarden.ts';
import { looksLikeDovecot, parseDovecot, parseDovecotLine } from './dovecot.ts';
import { looksLikeExim, parseExim } from './exim.ts';
import { looksLikeGitea, parseGitea } from './gitea.ts';
import { looksLikeGitlab, parseGitlabLine } from './gitlab.ts';
import { looksLikeGrafana, parseGrafana } from './grafana.ts';
import { looksLikeLighttpd, parseLighttpdLine } from './lighttpd.ts';
import { looksLikeMysql, parseMysql, parseMysqlLine } from './mysql.ts';
import { parseNextcloud } from './nextcloud.ts';
import { looksLikeOpenvpn, parseOpenvpn, parseOpenvpnLine } from './openvpn.ts';
import { parseProftpd, parsePureFtpd } from './other-logins.ts';
import { parsePostfix } from './postfix.ts';
import { looksLikePostgresql, parsePostgresql } from './postgresql.ts';
import { looksLikeProxmoxBackup, parseProxmox, parseProxmoxBackupLine } from './proxmox.ts';
import { looksLikeSamba, parseSamba } from './samba.ts';
import { looksLikeSquid, parseSquid, parseSquidLine } from './squid.ts';
import { looksLikeVaultwarden, parseVaultwarden } from './vaultwarden.ts';
import { linesOf, type Format } from './format.ts';

const MAIL_LOGS = ['/var/log/mail.log', '/var/log/maillog'] as const;

export const LOGIN_FORMATS = [
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
    title: 'logins at Dovecot, also in a file of its own',
    programs: [
      'dovecot',
      'imap-login',
      'pop3-login',
      'submission-login',
      'managesieve-login',
      'dovecot-auth',
      'auth-worker',
      'auth',
    ],
    parse: parseDovecot,
    line: {
      turn: 'last',
      starts: '@2JFMASOND',
      looksLike: looksLikeDovecot,
      parse: parseDovecotLine,
    },
    logTypes: ['auth'],
    paths: MAIL_LOGS,
  },
  {
    name: 'postfix',
    title: 'logins at Postfix, and clients it turns away',
    programs: ['smtpd', 'postscreen'],
    parse: parsePostfix,
    logTypes: ['auth'],
    paths: MAIL_LOGS,
  },
  {
    name: 'exim',
    title: 'logins at Exim, and clients it turns away',
    programs: ['exim', 'exim4'],
    parse: parseExim,
    line: {
      turn: 'last',
      starts: '2',
      looksLike: looksLikeExim,
      parse: linesOf('exim', parseExim),
    },
    logTypes: ['auth'],
    paths: ['/var/log/exim4/mainlog', '/var/log/exim/main.log'],
  },
  {
    name: 'mysql',
    title: 'refused logins of MySQL and MariaDB',
    programs: ['mysqld', 'mariadbd'],
    parse: parseMysql,
    line: { turn: 'last', starts: '12', looksLike: looksLikeMysql, parse: parseMysqlLine },
    logTypes: ['auth'],
    paths: ['/var/log/mysql/error.log', '/var/log/mariadb/mariadb.log'],
  },
  {
    name: 'postgresql',
    title: 'logins at PostgreSQL; jsonlog as well',
    programs: ['postgres', 'postgresql'],
    parse: parsePostgresql,
    line: {
      turn: 'last',
      starts: '2',
      looksLike: looksLikePostgresql,
      parse: linesOf('postgres', parsePostgresql),
    },
    logTypes: ['auth'],
    paths: [],
  },
  {
    name: 'vaultwarden',
    title: 'logins at Vaultwarden',
    programs: ['vaultwarden'],
    parse: parseVaultwarden,
    line: {
      turn: 'last',
      starts: '[',
      looksLike: looksLikeVaultwarden,
      parse: linesOf('vaultwarden', parseVaultwarden),
    },
    logTypes: ['auth'],
    paths: ['/var/log/vaultwarden/vaultwarden.log'],
  },
  {
    name: 'bitwarden',
    title: "logins at Bitwarden's own server",
    programs: ['Bitwarden-Identity'],
    parse: parseBitwarden,
    line: { turn: 'last', starts: '2', looksLike: looksLikeBitwarden, parse: parseBitwardenLine },
    logTypes: ['auth'],
    paths: [],
  },
  {
    name: 'nextcloud',
    title: 'logins at Nextcloud, as JSON and by syslog',
    programs: ['nextcloud', 'Nextcloud', 'ownCloud'],
    parse: parseNextcloud,
    logTypes: ['auth'],
    paths: [],
  },
  {
    name: 'gitea',
    title: 'logins at Gitea and Forgejo',
    programs: ['gitea', 'forgejo'],
    parse: parseGitea,
    line: {
      turn: 'last',
      starts: '2',
      looksLike: looksLikeGitea,
      parse: linesOf('gitea', parseGitea),
    },
    logTypes: ['auth'],
    paths: ['/var/log/gitea/gitea.log'],
  },
  {
    name: 'gitlab',
    title: "refused logins of GitLab's application log",
    programs: [],
    line: { turn: 'last', starts: '2', looksLike: looksLikeGitlab, parse: parseGitlabLine },
    logTypes: ['auth'],
    paths: ['/var/log/gitlab/gitlab-rails/application.log'],
  },
  {
    name: 'grafana',
    title: 'logins at Grafana, as logfmt and as JSON',
    programs: ['grafana', 'grafana-server'],
    parse: parseGrafana,
    line: {
      turn: 'last',
      starts: 'lt',
      looksLike: looksLikeGrafana,
      parse: linesOf('grafana', parseGrafana),
    },
    logTypes: ['auth'],
    paths: ['/var/log/grafana/grafana.log'],
  },
  {
    name: 'proxmox',
    title: 'logins at Proxmox and its backup server',
    programs: ['pvedaemon', 'pveproxy', 'proxmox-backup-proxy', 'pmgdaemon'],
    parse: parseProxmox,
    line: {
      turn: 'last',
      starts: '2',
      looksLike: looksLikeProxmoxBackup,
      parse: parseProxmoxBackupLine,
    },
    logTypes: ['auth'],
    paths: ['/var/log/proxmox-backup/api/auth.log'],
  },
  {
    name: 'openvpn',
    title: 'logins at OpenVPN',
    programs: ['openvpn', 'openvpn-*', 'ovpn-*'],
    parse: parseOpenvpn,
    line: { turn: 'last', starts: '2FMSTW', looksLike: looksLikeOpenvpn, parse: parseOpenvpnLine },
    logTypes: ['auth'],
    paths: ['/var/log/openvpn/openvpn.log', '/var/log/openvpn.log'],
  },
  {
    name: 'samba',
    title: 'logins at Samba, by its audit of logins',
    programs: ['smbd', 'samba', 'smbd_audit'],
    parse: parseSamba,
    line: {
      turn: 'last',
      starts: ' AJ',
      looksLike: looksLikeSamba,
      parse: linesOf('smbd', parseSamba),
    },
    logTypes: ['auth'],
    paths: ['/var/log/samba/log.smbd'],
  },
  {
    name: 'asterisk',
    title: 'registrations, logins and calls that Asterisk refuses',
    programs: ['asterisk'],
    parse: parseAsterisk,
    line: {
      turn: 'last',
      starts: '[NSW',
      looksLike: looksLikeAsterisk,
      parse: linesOf('asterisk', parseAsterisk),
    },
    logTypes: ['auth'],
    paths: ['/var/log/asterisk/messages'],
  },
  {
    name: 'named',
    title: 'queries and transfers that BIND refuses',
    programs: ['named'],
    parse: parseNamed,
    line: {
      turn: 'last',
      starts: '0123JFMASOND',
      looksLike: looksLikeNamed,
      parse: parseNamedLine,
    },
    logTypes: ['network'],
    paths: [],
  },
  {
    name: 'lighttpd',
    title: 'logins by HTTP that lighttpd refuses, of its error log',
    programs: [],
    line: { turn: 'last', starts: '2', looksLike: looksLikeLighttpd, parse: parseLighttpdLine },
    logTypes: ['web'],
    paths: ['/var/log/lighttpd/error.log'],
  },
  {
    name: 'squid',
    title: 'requests that Squid refuses',
    programs: ['squid'],
    parse: parseSquid,
    line: { turn: 'last', starts: '1', looksLike: looksLikeSquid, parse: parseSquidLine },
    logTypes: ['network'],
    paths: ['/var/log/squid/access.log'],
  },
  {
    name: 'drupal',
    title: 'logins at Drupal, under the name of any site',
    programs: ['drupal'],
    parse: parseAnyLogin,
    logTypes: ['auth'],
    paths: [],
  },
  {
    name: 'authelia',
    title: 'logins at Authelia, as logfmt and as JSON',
    programs: ['authelia'],
    parse: parseAuthelia,
    line: {
      turn: 'last',
      starts: 't',
      looksLike: looksLikeAuthelia,
      parse: linesOf('authelia', parseAuthelia),
    },
    logTypes: ['auth'],
    paths: [],
  },
] as const satisfies readonly Format[];
