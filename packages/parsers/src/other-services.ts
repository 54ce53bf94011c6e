/** Databases, desktops, telephones, chats and the rest: what they say of logins. */
import { accepted, refused, turnedAway } from './sentence.ts';
import type { Service } from './service.ts';

export const OTHER_SERVICES = [
  {
    name: 'mssql',
    title: 'logins at Microsoft SQL Server',
    action: 'database_login',
    event: 'database_event',
    protocol: 'mssql',
    programs: ['sqlservr', 'mssql', 'mssql-server'],
    paths: [],
    marks: [' Logon '],
    sentences: [
      refused(
        'bad_password',
        /^Logon {1,16}Login failed for user '/,
        ' [CLIENT: ',
        /^ \[CLIENT: ([0-9A-Fa-f.:]{2,45})\]$/,
        { userUntil: "'." },
      ),
      accepted(
        /^Logon {1,16}Login succeeded for user '/,
        ' [CLIENT: ',
        /^ \[CLIENT: ([0-9A-Fa-f.:]{2,45})\]$/,
        { userUntil: "'. Connection" },
      ),
    ],
  },
  {
    name: 'xrdp',
    title: 'logins at xrdp and at the shared screen of macOS',
    action: 'desktop_login',
    event: 'desktop_event',
    protocol: 'rdp',
    programs: ['xrdp-sesman', 'screensharingd'],
    paths: ['/var/log/xrdp-sesman.log'],
    marks: ['AUTHFAIL: user='],
    sentences: [
      refused(
        'bad_password',
        /^\[INFO ?\] AUTHFAIL: user=/,
        ' ip=',
        /^ ip=([0-9A-Fa-f.:]{2,45}) time=\d{1,12}$/,
      ),
      refused(
        'bad_password',
        /^Authentication: FAILED :: User Name: /,
        ' :: Viewer Address: ',
        /^ :: Viewer Address: ([0-9A-Fa-f.:]{2,45}) :: Type: [A-Z]{1,8}$/,
      ),
      accepted(
        /^Authentication: SUCCEEDED :: User Name: /,
        ' :: Viewer Address: ',
        /^ :: Viewer Address: ([0-9A-Fa-f.:]{2,45}) :: Type: [A-Z]{1,8}$/,
      ),
    ],
  },
  {
    name: 'freeswitch',
    title: 'registrations that FreeSWITCH refuses',
    action: 'phone_login',
    event: 'phone_event',
    protocol: 'sip',
    programs: ['freeswitch'],
    paths: ['/var/log/freeswitch/freeswitch.log'],
    marks: ['sofia_reg.c:'],
    sentences: [
      refused(
        'bad_password',
        /^(?:[0-9.]{4,7}% )?\[WARN(?:ING)?\] (?:\[SOFIA\] )?\[?sofia_reg\.c:\d{1,6}\]? SIP auth failure \([A-Z]{3,16}\) on sofia profile '[^'\s]{1,64}' for \[/,
        '] from ip ',
        /^\] from ip ([0-9A-Fa-f.:]{2,45})$/,
      ),
      turnedAway(
        'challenge',
        /^(?:[0-9.]{4,7}% )?\[WARN(?:ING)?\] (?:\[SOFIA\] )?\[?sofia_reg\.c:\d{1,6}\]? SIP auth challenge \([A-Z]{3,16}\) on sofia profile '[^'\s]{1,64}' for \[/,
        '] from ip ',
        /^\] from ip ([0-9A-Fa-f.:]{2,45})$/,
      ),
      refused(
        'invalid_user',
        /^(?:[0-9.]{4,7}% )?\[WARN(?:ING)?\] (?:\[SOFIA\] )?\[?sofia_reg\.c:\d{1,6}\]? Can't find user \[/,
        '] from ',
        /^\] from ([0-9A-Fa-f.:]{2,45})$/,
      ),
    ],
  },
  {
    name: 'murmur',
    title: 'logins at Mumble',
    action: 'phone_login',
    event: 'phone_event',
    protocol: 'mumble',
    programs: ['murmurd', 'mumble-server'],
    paths: ['/var/log/mumble-server/mumble-server.log'],
    marks: [' Rejected connection from '],
    sentences: [
      refused(
        'bad_password',
        /^\d{1,6} => <\d{1,9}:/,
        '> Rejected connection from ',
        /^> Rejected connection from ([0-9A-Fa-f.:[\]]{4,60}): (?:Invalid server password|Wrong certificate or password for existing user)$/,
        { userUntil: '(' },
      ),
    ],
  },
  {
    name: 'ejabberd',
    title: 'logins at ejabberd',
    action: 'phone_login',
    event: 'phone_event',
    protocol: 'xmpp',
    programs: ['ejabberd', 'ejabberdctl'],
    paths: ['/var/log/ejabberd/ejabberd.log'],
    marks: [' authentication for '],
    sentences: [
      refused(
        'bad_password',
        /^(?:\[(?:info|warning|notice)\] )?(?:<[0-9.]{3,24}>@|I\(<[0-9.]{3,24}>:)[a-z_0-9]{1,64}:[a-z_0-9/]{1,64}(?::\d{1,5})?(?:\) :)? \([^\s]{1,255}\) Failed (?:c2s [A-Z0-9-]{1,32} )?authentication for /,
        ' from ',
        /^ from (?:IP )?([0-9A-Fa-f.:]{2,45})(?:$|: | \()/,
      ),
    ],
  },
  {
    name: 'znc',
    title: 'logins at ZNC',
    action: 'phone_login',
    event: 'phone_event',
    protocol: 'irc',
    programs: ['znc'],
    paths: [],
    marks: ['] failed to login from '],
    sentences: [
      refused(
        'bad_password',
        /^\[/,
        '] failed to login from ',
        /^\] failed to login from ([0-9A-Fa-f.:[\]]{2,60})$/,
      ),
    ],
  },
  {
    name: 'softether',
    title: 'logins at SoftEther VPN',
    action: 'vpn_login',
    event: 'vpn_event',
    protocol: 'softether',
    programs: ['vpnserver'],
    paths: [],
    marks: ['Connection "CID-'],
    sentences: [
      refused(
        'bad_password',
        /^(?:[A-Za-z0-9._-]{1,255} {1,2})?(?:\[[^\]\s]{1,255}\] \([0-9 .:-]{19,27}\) <SECURITY_LOG>: )?Connection "CID-\d{1,12}": User authentication failed\. The user name that has been provided was "/,
        '", from ',
        /^", from ([0-9A-Fa-f.:]{2,45})\.$/,
      ),
      accepted(
        /^(?:[A-Za-z0-9._-]{1,255} {1,2})?(?:\[[^\]\s]{1,255}\] \([0-9 .:-]{19,27}\) <SECURITY_LOG>: )?Connection "CID-\d{1,12}": Successfully authenticated as user "/,
        '".',
        /^"\.$/,
      ),
    ],
  },
  {
    name: 'wu-ftpd',
    title: 'logins at WU-FTPD and the ftpd of Kerberos',
    action: 'ftp_login',
    event: 'ftp_event',
    protocol: 'ftp',
    programs: ['wu-ftpd', 'ftpd'],
    paths: [],
    sentences: [
      refused(
        'bad_password',
        /^(?:failed login|repeated login failures) from (?:[^\s[\],]{1,255} ?)?\[((?:IPv6:)?[0-9A-Fa-f.:]{2,45})\]$/,
      ),
      refused(
        'bad_password',
        /^(?:failed login|repeated login failures) from ([0-9A-Fa-f.:]{2,45}) \([^)\s]{1,255}\)$/,
      ),
    ],
  },
  {
    name: 'xinetd',
    title: 'hosts that xinetd and NRPE refuse',
    action: 'web_login',
    event: 'service_event',
    protocol: 'tcp',
    programs: ['xinetd', 'nrpe'],
    paths: [],
    sentences: [
      turnedAway(
        'refused',
        /^FAIL: [A-Za-z0-9_-]{1,64} (?:address|libwrap|per_source_limit) from=([0-9A-Fa-f.:]{2,45}|[0-9A-Za-z._-]{2,255})$/,
      ),
      turnedAway('refused', /^Host ([0-9A-Fa-f.:]{2,45}) is not allowed to talk to us!$/),
    ],
  },
] as const satisfies readonly Service[];
