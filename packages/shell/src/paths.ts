/**
 * What a file is for, by where it lies. Known names are facts of Linux systems (hier(7), the manual pages of
 * shadow, cron, sudo, systemd, pam); a name counts however it is spelled: `//etc/./shadow`, `/etc/sha*`.
 */

export type PathKind =
  | 'hashes'
  | 'accounts'
  | 'sudoers'
  | 'timetable'
  | 'service'
  | 'start'
  | 'login_keys'
  | 'private_key'
  | 'credential'
  | 'memory'
  | 'preload'
  | 'pam'
  | 'log'
  | 'history'
  | 'logging'
  | 'protection'
  | 'trust'
  | 'kernel'
  | 'hidden'
  | 'temporary'
  | 'backup';

/** Exact names or, with a slash behind, folders with all that is in them. */
const PLACES: readonly (readonly [PathKind, string])[] = [
  [
    'hashes',
    '/etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- /etc/master.passwd /etc/security/opasswd /etc/spwd.db',
  ],
  ['accounts', '/etc/passwd /etc/group'],
  [
    'sudoers',
    '/etc/sudoers /etc/sudoers.d/ /usr/local/etc/sudoers /usr/local/etc/sudoers.d/ /etc/doas.conf /etc/polkit-1/rules.d/',
  ],
  [
    'timetable',
    '/etc/crontab /etc/anacrontab /etc/cron.d/ /etc/cron.daily/ /etc/cron.hourly/ /etc/cron.weekly/ /etc/cron.monthly/ /var/spool/cron/ /var/spool/at/ /var/cron/tabs/',
  ],
  [
    'service',
    '/etc/systemd/system/ /etc/systemd/user/ /usr/lib/systemd/system/ /lib/systemd/system/ /run/systemd/system/ /etc/init.d/ /usr/local/etc/rc.d/ /etc/init/',
  ],
  [
    'start',
    '/etc/profile /etc/profile.d/ /etc/bash.bashrc /etc/bashrc /etc/zsh/ /etc/zshrc /etc/rc.local /etc/rc.common /etc/rc.d/ /etc/environment /etc/update-motd.d/ /etc/xdg/autostart/ /etc/udev/rules.d/ /etc/x11/xsession.d/ /etc/networkmanager/dispatcher.d/ /etc/apt/apt.conf.d/ /etc/emond.d/',
  ],
  ['preload', '/etc/ld.so.preload'],
  [
    'pam',
    '/etc/pam.d/ /lib/security/ /usr/lib/security/ /lib64/security/ /lib/x86_64-linux-gnu/security/ /usr/lib/x86_64-linux-gnu/security/',
  ],
  [
    'log',
    '/var/log/ /var/audit/ /run/log/ /var/run/utmp /run/utmp /var/spool/mail/ /var/mail/ /var/lib/docker/containers/',
  ],
  [
    'logging',
    '/etc/audit/ /etc/audisp/ /etc/auditd.conf /etc/rsyslog.conf /etc/rsyslog.d/ /etc/syslog.conf /etc/syslog-ng/ /etc/systemd/journald.conf /etc/security/audit_event /etc/security/audit_control',
  ],
  [
    'protection',
    '/etc/ufw/ /etc/default/ufw /etc/selinux/config /etc/fail2ban/ /etc/apparmor.d/ /etc/hosts.deny /etc/hosts.allow',
  ],
  [
    'trust',
    '/usr/local/share/ca-certificates/ /etc/pki/ca-trust/source/anchors/ /etc/ca-certificates/trust-source/anchors/',
  ],
  ['kernel', '/proc/sysrq-trigger /proc/sys/kernel/ /sys/kernel/ /sys/fs/cgroup/'],
  [
    'private_key',
    '/etc/ssh/ssh_host_rsa_key /etc/ssh/ssh_host_ed25519_key /etc/ssh/ssh_host_ecdsa_key /etc/krb5.keytab',
  ],
  [
    'credential',
    '/var/run/secrets/kubernetes.io/ /run/secrets/kubernetes.io/ /etc/kubernetes/admin.conf /etc/rancher/k3s/k3s.yaml /var/lib/sss/secrets/ /var/lib/sss/db/',
  ],
  ['memory', '/dev/mem /dev/kmem /proc/kcore'],
  ['temporary', '/tmp/ /var/tmp/ /dev/shm/'],
  ['backup', '/var/backups/ /backup/ /backups/ /srv/backup/ /srv/backups/ /mnt/backup/'],
];

/** Names in the folder of a user, by their last parts. */
const IN_HOME: readonly (readonly [PathKind, RegExp])[] = [
  ['login_keys', /\.ssh\/(?:authorized_keys2?|rc)$/],
  ['private_key', /\.ssh\/id_[a-z0-9_]{1,20}$/],
  [
    'credential',
    /(?:\.aws\/credentials|\.kube\/config|\.docker\/config\.json|\.netrc|\.git-credentials|\.pgpass|\.my\.cnf|\.vault-token|\.azure\/[a-z_]{1,40}\.json|\.config\/gcloud\/[a-z_]{1,40}\.db|logins\.json|key[34]\.db|login data|\.gnupg\/[^/]{0,60}|\.gnupg)$/,
  ],
  [
    'start',
    /(?:^|\/)\.(?:bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zprofile|zshenv|zlogin|kshrc|cshrc|xinitrc|xprofile)$|\.config\/autostart\/[^/]{1,80}$/,
  ],
  ['service', /\.config\/systemd\/user\/[^/]{1,120}$/],
  ['history', /(?:^|\/)\.(?:bash_|zsh_|sh_|mysql_|psql_|python_|ash_)?history$|\$\{?histfile\}?$/],
  ['memory', /^\/proc\/[^/]{1,60}\/(?:mem|environ|maps|map)$/],
];

const exact = Object.create(null) as { [name: string]: PathKind };
const folders: { readonly kind: PathKind; readonly start: string }[] = [];
for (const [kind, names] of PLACES)
  for (const name of names.split(' '))
    if (name.charAt(name.length - 1) === '/') folders.push({ kind: kind, start: name });
    else exact[name] = kind;

/** What wildcards may stand for. */
const HIDDEN_BY_WILDCARDS = ['/etc/shadow', '/etc/gshadow', '/etc/shadow-', '/etc/sudoers'];

/** Hidden files that programs of the system keep there. */
const USUAL_HIDDEN =
  /^(?:\.x11-unix(?:\/x[^/]{1,8})?|\.ice-unix|\.xim-unix|\.font-unix|\.test-unix|\.x[0-9]{1,3}-lock|\.s\.pgsql\.[0-9]{1,5}|\.ansible(?:_[a-z0-9]{1,40})?(?:\/tmp)?\/ansible-tmp-[0-9.-]{1,60}\/[^/]{1,80}|\.ansible|\.\$\$)(?:\/?$|:)/;

/** The path within an argument: `if=/x`, `file=@/x`, `host:/x`, `-f/x`; '' when there is none. Lower case, dots resolved. */
export function pathIn(argument: string): string {
  let slash = argument.indexOf('/');
  if (slash < 0) return /^\.[a-z]|^\$\{?HISTFILE/.test(argument) ? argument.toLowerCase() : '';
  if (argument.charCodeAt(slash + 1) === 47 && argument.charCodeAt(slash - 1) === 58) {
    if (argument.substr(slash - 5, 5) !== 'file:') return '';
    slash += 2;
  }
  let start = slash;
  if (slash > 0) {
    const head = argument.slice(0, slash);
    const cut = Math.max(
      head.lastIndexOf('='),
      head.lastIndexOf('@'),
      head.lastIndexOf(':'),
      head.lastIndexOf('<'),
      head.lastIndexOf(','),
    );
    start = /^-[A-Za-z]$/.test(head) ? slash : cut + 1;
  }
  return resolve(argument.slice(start, start + 512).toLowerCase());
}

/** Without `//`, `/./` and `x/../`. */
function resolve(path: string): string {
  if (path.indexOf('/.') < 0 && path.indexOf('//') < 0) return path;
  const kept: string[] = [];
  const parts = path.split('/');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    if (part === '.' || (part === '' && i > 0 && i < parts.length - 1)) continue;
    if (part === '..' && kept.length > 1) kept.pop();
    else if (part !== '..' || kept.length === 0) kept.push(part);
  }
  return kept.join('/');
}

/** What the file is for; undefined for most. The path as `pathIn` gives it. */
export function kindOfPath(path: string): PathKind | undefined {
  if (path === '') return undefined;
  const known = exact[path];
  if (known !== undefined) return known;
  if (path.charCodeAt(0) === 47) {
    for (let i = 0; i < folders.length; i++) {
      const folder = folders[i] as { kind: PathKind; start: string };
      if (path.charCodeAt(2) !== folder.start.charCodeAt(2)) continue;
      if (path.lastIndexOf(folder.start, 0) !== 0) continue;
      if (folder.kind !== 'temporary') return folder.kind;
      const rest = path.slice(folder.start.length);
      return isHidden(rest) ? 'hidden' : 'temporary';
    }
    if (/[*?[]/.test(path) && standsForHidden(path)) return 'hashes';
  }
  if (
    path.indexOf('.') < 0 &&
    path.indexOf('hist') < 0 &&
    path.lastIndexOf('/proc/', 0) !== 0 &&
    path.indexOf('login') < 0
  )
    return undefined;
  const tail = path.slice(-200);
  for (let i = 0; i < IN_HOME.length; i++) {
    const entry = IN_HOME[i] as readonly [PathKind, RegExp];
    if (entry[1].test(tail)) return entry[0];
  }
  return undefined;
}

function isHidden(rest: string): boolean {
  return /(?:^|\/)\.[^./]/.test(rest) && !USUAL_HIDDEN.test(rest);
}

/** Whether `/etc/sh?d*` and the like stand for the file of the hashes. Whole folders (`/etc/*`) are none. */
function standsForHidden(path: string): boolean {
  if (!/^\/etc\/g?s[h?*[]/.test(path)) return false;
  return HIDDEN_BY_WILDCARDS.some((name) => matches(path, name));
}

/** `*`, `?` and `[…]` against one name; at most length times length. */
function matches(pattern: string, name: string): boolean {
  const units = pattern.replace(/\[[^\]]{1,40}\]/g, '?');
  let at = 0;
  let unit = 0;
  let star = -1;
  let back = 0;
  while (at < name.length) {
    const wanted = units.charAt(unit);
    if (wanted === '*') {
      star = unit++;
      back = at;
    } else if (unit < units.length && (wanted === '?' || wanted === name.charAt(at))) {
      unit++;
      at++;
    } else if (star >= 0) {
      unit = star + 1;
      at = ++back;
    } else return false;
  }
  while (units.charAt(unit) === '*') unit++;
  return unit === units.length;
}
