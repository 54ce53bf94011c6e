import { describe, expect, it } from 'vitest';
import { expectFields, parse, type Wish } from '../test/hostile-line.ts';
import { createFileMemory, createRecordMemory } from './file-memory.ts';
import type { LogFormat } from './formats.ts';

const PEER = '203.0.113.7';
const VICTIM = '198.51.100.1';
const HEAD = 'Nov 21 11:00:00 web01';
const FAILED = { log_type: 'auth', status: 'failure', source_ip: PEER };

describe('parseLine() of logins at applications', () => {
  const vault = '[2026-11-21 11:00:00.129][vaultwarden::api::';
  it.each<[string, Wish]>([
    [
      `${vault}identity][ERROR] Username or password is incorrect. Try again. IP: ${PEER}. Username: bob@example.net.`,
      { action: 'web_login', username: 'bob@example.net', flags: ['untrusted'] },
    ],
    [
      `${vault}identity][ERROR] Username or password is incorrect. Try again. IP: ${PEER}. Username: x. IP: ${VICTIM}. Username: y.`,
      { action: 'web_login', username: `x. IP: ${VICTIM}. Username: y` },
    ],
    [`${vault}admin][ERROR] Invalid admin token. IP: ${PEER}`, { auth_method: 'token' }],
    [
      `[2026-11-21 19:00:00.000+0800][vaultwarden::api::core::two_factor::authenticator][ERROR] Invalid TOTP code! Server time: 2026-11-21 11:00:00 UTC IP: ${PEER}`,
      { auth_method: 'totp', '@timestamp': '2026-11-21T11:00:00.000Z' },
    ],
    [
      `${HEAD} vaultwarden[9]: [vaultwarden::api::identity][ERROR] Username or password is incorrect. Try again. IP: ${PEER}. Username: bob.`,
      { action: 'web_login', username: 'bob', hostname: 'web01' },
    ],
    [
      `2026-11-21 12:00:00.500 +01:00 [WRN] Failed login attempt, 2FA invalid. ${PEER}`,
      { action: 'web_login', auth_method: 'otp', '@timestamp': '2026-11-21T11:00:00.500Z' },
    ],
    [
      'Nov 21 11:00:00 web01 Bitwarden-Identity[4]: [Bit.Core.IdentityServer.Validator] Failed login attempt. 203.0.113.7',
      { action: 'web_login', auth_method: 'password' },
    ],
    [
      `2026/11/21 11:00:00 ...ers/web/auth/auth.go:217:SignInPost() [W] [64aa] Failed authentication attempt for bob from ${PEER}:39522: user does not exist [uid: 0, name: bob]`,
      { action: 'web_login', username: 'bob', source_port: 39522, reason: 'invalid_user' },
    ],
    [
      `${HEAD} gitea[9]: 2026/11/21 11:00:00 ...ers/web/auth/auth.go:217:SignInPost() [I] Failed authentication attempt for bob from [2001:db8::7]:1: user's password is invalid [uid: 4, name: bob, keyid: 0]`,
      { username: 'bob', source_ip: '2001:db8::7', program: 'gitea' },
    ],
    [
      `2026/11/21 11:00:00 ...ers/web/auth/auth.go:217:SignInPost() [I] Failed authentication attempt for x from ${VICTIM}:1: user does not exist [uid: 0, name: x] from ${PEER}:2: user does not exist [uid: 0, name: x from ${VICTIM}:1: user does not exist [uid: 0, name: x]]`,
      { username: `x from ${VICTIM}:1: user does not exist [uid: 0, name: x]` },
    ],
    [
      `2026/11/21 11:00:00 ...ers/web/auth/auth.go:217:SignInPost() [I] Failed authentication attempt for x from ${VICTIM}:1: y from ${PEER}:2: Email address does not exist`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      `2026-11-21T11:00:00.667Z: Failed Login: username=x ip=${VICTIM} ip=${PEER}`,
      { action: 'web_login', username: `x ip=${VICTIM}`, program: 'gitlab' },
    ],
    [
      `t=2026-11-21T12:00:00+0100 lvl=eror msg="Invalid username or password" logger=context uname= error="User not found" remote_addr=${PEER}`,
      { action: 'web_login', reason: 'invalid_user', '@timestamp': '2026-11-21T11:00:00.000Z' },
    ],
    [
      `logger=context userId=0 orgId=0 uname= t=2026-11-21T11:00:00Z level=info msg="Request Completed" method=POST path=/login status=401 remote_addr=${PEER} referer="https://x/ remote_addr=${VICTIM}" errorMessageID=password-auth.failed error="no"`,
      { action: 'web_login', flags: ['untrusted'] },
    ],
    [
      `{"error":"[password-auth.failed] no","level":"info","logger":"context","msg":"Unauthorized","remote_addr":"${PEER}","t":"2026-11-21T11:00:00Z","uname":""}`,
      { action: 'web_login', program: 'grafana' },
    ],
    [
      `{"reqId":"abc","level":2,"time":"2026-11-21T11:00:00+00:00","remoteAddr":"${PEER}","user":"--","app":"core","method":"POST","url":"/login","message":"Login failed: 'x' (Remote IP: '${VICTIM}')","userAgent":"curl/8","version":"31.0.0"}`,
      { action: 'web_login', username: 'x', user_agent: 'curl/8', program: 'nextcloud' },
    ],
    [
      `${HEAD} Nextcloud[9]: {core} Login failed: x (Remote IP: ${VICTIM}) (Remote IP: ${PEER})`,
      { action: 'web_login', username: `x (Remote IP: ${VICTIM})` },
    ],
    [
      `${HEAD} pvedaemon[9]: authentication failure; rhost=::ffff:${PEER} user=root@pam rhost=${VICTIM} msg=Authentication failure`,
      { action: 'web_login', username: `root@pam rhost=${VICTIM}` },
    ],
    [
      `${HEAD} pveproxy[9]: authentication failure; rhost=${PEER} user=a msg=b@pve msg=no such user ('a msg=b@pve')`,
      { username: 'a msg=b@pve', reason: 'invalid_user' },
    ],
    [
      `2026-11-21T12:00:00+01:00: authentication failure; rhost=[::ffff:${PEER}]:35244 user=root@pbs msg=wrong`,
      { action: 'web_login', username: 'root@pbs', source_port: 35244 },
    ],
    [
      `${HEAD} ovpn-office[9]: ${PEER}:51194 TLS Auth Error: Auth Username/Password verification failed for peer`,
      { action: 'vpn_login', source_port: 51194, reason: 'bad_password' },
    ],
    [
      `Sat Nov 21 11:00:00 2026 us=120 ${PEER}:51194 VERIFY ERROR: depth=0, error=certificate has expired: CN=bob`,
      { action: 'vpn_login', reason: 'bad_certificate', program: 'openvpn' },
    ],
    [
      `2026-11-21 11:00:00 ${PEER}:51194 TLS Error: TLS handshake failed`,
      { action: 'vpn_event', reason: 'handshake' },
    ],
    [
      `${HEAD} openvpn[9]: TLS Error: cannot locate HMAC in incoming packet from [AF_INET6]2001:db8::7:51194`,
      { action: 'vpn_event', source_ip: '2001:db8::7', source_port: 51194 },
    ],
    [
      `  Auth: [SMB2,(null)] user [OFFICE]\\[bob] at [Sat, 21 Nov 2026 11:00:00.023984 UTC] with [NTLMv2] status [NT_STATUS_WRONG_PASSWORD] workstation [PC] remote host [ipv4:${PEER}:44890] mapped to [OFFICE]\\[bob]. local host [ipv4:192.0.2.1:445] `,
      { action: 'share_login', username: 'bob', source_port: 44890, auth_method: 'ntlmv2' },
    ],
    [
      `  Auth: [SMB2,(null)] user [O]\\[x] remote host [ipv4:${VICTIM}:1] mapped to] at [Sat, 21 Nov 2026 11:00:00.023984 UTC] with [NTLMv2] status [NT_STATUS_NO_SUCH_USER] workstation [PC] remote host [ipv4:${PEER}:2] mapped to [O]\\[x]. local host [ipv4:192.0.2.1:445] `,
      { action: 'share_login', source_ip: undefined, flags: ['ambiguous', 'no_timestamp'] },
    ],
    [
      `  JSON Authentication: {"timestamp": "2026-11-21T11:00:00.500000+0000", "type": "Authentication", "Authentication": {"status": "NT_STATUS_NO_SUCH_USER", "remoteAddress": "ipv4:${PEER}:44890", "clientAccount": "bob", "passwordType": "NTLMv2"}}`,
      { action: 'share_login', username: 'bob', reason: 'invalid_user' },
    ],
  ])('%s', (line, wish) => {
    expectFields(parse(line), { ...FAILED, ...wish });
  });

  it.each<[string, Wish]>([
    [
      `${vault}identity][INFO] User bob@example.net logged in successfully. IP: ${PEER}`,
      { username: 'bob@example.net', source_ip: PEER },
    ],
    [
      `logger=http.server t=2026-11-21T11:00:00+00:00 level=info msg="Successful Login" User=bob`,
      { username: 'bob', action: 'web_login' },
    ],
    [
      `${HEAD} pvedaemon[9]: <root@pam> successful auth for user 'bob@pve'`,
      { username: 'bob@pve', action: 'web_login' },
    ],
    [
      `2026-11-21 11:00:00 ${PEER}:51194 [bob] Peer Connection Initiated with [AF_INET]${PEER}:51194`,
      { username: 'bob', action: 'vpn_login', source_ip: PEER },
    ],
    [
      `Auth: [SMB2,(null)] user [O]\\[bob] at [Sat, 21 Nov 2026 11:00:00.023984 UTC] with [NTLMv2] status [NT_STATUS_OK] workstation [PC] remote host [ipv4:${PEER}:4] became [O]\\[bob] [S-1-5]. local host [ipv4:192.0.2.1:445] `,
      { username: 'bob', action: 'share_login', source_ip: PEER },
    ],
    [
      `{"reqId":"a","remoteAddr":"${PEER}","time":"2026-11-21T11:00:00+00:00","app":"admin_audit","message":"Login successful: \\"bob\\""}`,
      { username: 'bob', action: 'web_login', source_ip: PEER },
    ],
  ])('%s is a success', (line, wish) => {
    expect(parse(line)).toMatchObject({ log_type: 'auth', status: 'success', ...wish });
  });

  it.each([
    `[2026-11-21 11:00:00.129][vaultwarden::api::core][ERROR] Attachment is too large. IP: ${PEER}`,
    `2026/11/21 11:00:00 ...routers/web/repo.go:1:Get() [I] Failed authentication attempt`,
    `logger=context t=2026-11-21T11:00:00Z level=info msg="Request Completed" path=/x status=404 remote_addr=${PEER}`,
    `2026-11-21 11:00:00 ${PEER}:51194 [UNDEF] Peer Connection Initiated with [AF_INET]${PEER}:51194`,
    `{"reqId":"a","remoteAddr":"${PEER}","message":"Bruteforce attempt from \\"${PEER}\\" detected for action \\"login\\"."}`,
    `${HEAD} pvedaemon[9]: starting task UPID:node:1:2:3:vncshell::root@pam:`,
    `logger=context msg="Invalid username or password" error="not closed remote_addr=${PEER}`,
  ])('leaves what is no login: %s', (line) => {
    expect(parse(line)).toBeUndefined();
  });
});

describe('parseLine() of logins at databases and mail', () => {
  const pg = '2026-11-21 11:00:00.536 UTC [147]';
  const refused = (user: string) => `FATAL:  password authentication failed for user "${user}"`;
  it.each<[string, Wish]>([
    [
      `${pg} ${PEER} bob@shop ${refused('bob')}`,
      { username: 'bob', pid: 147, '@timestamp': '2026-11-21T11:00:00.536Z' },
    ],
    [
      `2026-11-21 11:00:00.536 UTC:${PEER}(5432):bob@shop:[127]:${refused('bob')}`,
      { username: 'bob', source_port: 5432 },
    ],
    [
      `${pg} FATAL:  no pg_hba.conf entry for host "${PEER}", user "bob", database "shop", no encryption`,
      { username: 'bob', reason: 'not_allowed' },
    ],
    // Who calls himself like an address, or his database, where the prefix has none.
    [`${pg} ${VICTIM} x@shop ${refused(`${VICTIM} x`)}`, { source_ip: undefined }],
    [`${pg} bob@${VICTIM} ${refused('bob')}`, { source_ip: undefined, username: 'bob' }],
    [
      `${pg} x ${refused('y')} ${VICTIM}@shop ${refused(`x ${refused('y')} ${VICTIM}`)}`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      `${HEAD} postgres[147]: [3-1] ${PEER} bob@shop ${refused('bob')}`,
      { username: 'bob', hostname: 'web01' },
    ],
    [
      `{"timestamp":"2026-11-21 11:00:00.536 UTC","user":"bob","dbname":"shop","pid":147,"remote_host":"${PEER}","remote_port":4711,"error_severity":"FATAL","message":"password authentication failed for user \\"bob\\""}`,
      { username: 'bob', source_port: 4711, '@timestamp': '2026-11-21T11:00:00.536Z' },
    ],
    [
      `2026-11-21T11:00:00.634875Z 113 [Note] [MY-010926] [Server] Access denied for user 'bob'@'${PEER}' (using password: YES)`,
      { username: 'bob', '@timestamp': '2026-11-21T11:00:00.634Z' },
    ],
    [
      `261121  9:04:00 [Warning] Access denied for user 'x'@'${VICTIM}'@'${PEER}' (using password: NO)`,
      { username: `x'@'${VICTIM}`, '@timestamp': '2026-11-21T09:04:00.000Z' },
    ],
  ])('%s', (line, wish) => {
    expectFields(parse(line), { ...FAILED, action: 'database_login', ...wish });
  });

  it('takes the address of a connection of PostgreSQL for the login of the same process alone', () => {
    const memory = createFileMemory();
    const lines = [
      `${pg} LOG:  connection received: host=${PEER} port=4711`,
      `2026-11-21 11:00:00.600 UTC [148] LOG:  connection received: host=${VICTIM} port=4712`,
      `${pg} bob@shop ${refused('bob')}`,
      `${pg} bob@shop LOG:  connection authorized: user=bob database=shop`,
      `2026-11-21 11:00:00.600 UTC [149] bob@shop ${refused('bob')}`,
    ];
    const events = lines.map((line) => parse(line, { memory }));
    expect(events.map((event) => [event?.status, event?.source_ip, event?.source_port])).toEqual([
      [undefined, undefined, undefined],
      [undefined, undefined, undefined],
      ['failure', PEER, 4711],
      ['success', PEER, 4711],
      ['failure', undefined, undefined],
    ]);
  });

  it('does not take a user for a connection of PostgreSQL', () => {
    const memory = createRecordMemory();
    const forged = `LOG:  connection received: host=${VICTIM} port=1`;
    parse(`${pg} ${forged}@shop ${refused(forged)}`, { memory });
    expect(parse(`${pg} bob@shop ${refused('bob')}`, { memory })?.source_ip).toBeUndefined();
  });

  const sasl = '535 Incorrect authentication data';
  it.each<[string, Wish]>([
    [
      `2026-11-21 11:00:00 dovecot_login authenticator failed for client.example ([${VICTIM}]) [${PEER}]:41556 I=[192.0.2.1]:25: ${sasl} (set_id=bob@example.net)`,
      { username: 'bob@example.net', source_port: 41556, auth_method: 'dovecot_login' },
    ],
    [
      `2026-11-21 11:00:00 [77] plain authenticator failed for (PC) [${PEER}]: ${sasl} (set_id=x) [${VICTIM}]: ${sasl} (set_id=y)`,
      { username: `x) [${VICTIM}]: ${sasl} (set_id=y`, pid: 77 },
    ],
    [
      `${HEAD} exim[9]: plain authenticator failed for [${PEER}]: ${sasl}`,
      { username: undefined, program: 'exim' },
    ],
    [
      `${HEAD} postfix/smtpd[9]: warning: unknown[${PEER}]:55729: SASL login authentication failed: UGFzc3dvcmQ6`,
      { auth_method: 'login', source_port: 55729 },
    ],
    [
      `${HEAD} dovecot: pop3-login: Aborted login (tried to use disallowed plaintext auth): rip=${PEER}, lip=192.0.2.1`,
      { protocol: 'pop3' },
    ],
    [
      `Nov 21 11:00:00 imap-login: Info: Login aborted: Connection closed (auth failed, 3 attempts in 16 secs) (auth_failed): user=<bob>, method=PLAIN, rip=${PEER}, lip=192.0.2.1, TLS`,
      { username: 'bob', repeat_count: 3 },
    ],
  ])('%s', (line, wish) => {
    expectFields(parse(line), { ...FAILED, action: 'mail_login', ...wish });
  });

  it.each<[string, string]>([
    [
      `${HEAD} postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[${PEER}]: 554 5.7.1 <a@example.net>: Relay access denied; from=<x from unknown[${VICTIM}]: 554> to=<a@example.net> proto=ESMTP helo=<x>`,
      'refused',
    ],
    [
      `${HEAD} postfix/postscreen[9]: PREGREET 14 after 0.08 from [${PEER}]:59415: EHLO from [${VICTIM}]:1: x\\r\\n`,
      'protocol_error',
    ],
    [
      `${HEAD} postfix/smtpd[9]: disconnect from unknown[${PEER}] ehlo=1 auth=0/2 quit=1 commands=2/4`,
      'bad_password',
    ],
    [
      `${HEAD} postfix/smtpd[9]: warning: hostname bad.example does not resolve to address ${PEER}: Name or service not known`,
      'name_mismatch',
    ],
    [
      `${HEAD} dovecot: auth-worker(12): conn unix:auth-worker (pid=1,uid=2): auth-worker<6>: sql(bob,${PEER},<abc>): Password mismatch`,
      'bad_password',
    ],
    [`${HEAD} dovecot: auth: ldap(bob,${PEER}): unknown user`, 'invalid_user'],
    [
      `2026-11-21 11:00:00 H=(x) [${PEER}]:3755 F=<x@example.net> rejected RCPT <y@example.org>: relay not permitted [${VICTIM}]`,
      'refused',
    ],
    [
      `2026-11-21 11:00:00 SMTP protocol error in "AUTH x" H=(y) [${VICTIM}]" H=(z) [${PEER}] AUTH command used when not advertised`,
      'protocol_error',
    ],
  ])('%s is no guess', (line, reason) => {
    expect(parse(line)).toMatchObject({ ...FAILED, action: 'mail_event', reason });
  });

  it('takes no address of a command that could be two', () => {
    expect(
      parse(
        `2026-11-21 11:00:00 SMTP protocol synchronization error (next input sent too soon: pipelining was not advertised): rejected "X" H=[${VICTIM}]" H=[${PEER}] next input="Q"`,
      ),
    ).toMatchObject({ status: 'failure', flags: ['ambiguous'] });
  });

  it.each([
    `${pg} bob@shop LOG:  statement: select 'FATAL:  password'`,
    `${HEAD} postfix/smtpd[9]: warning: unknown[${PEER}]: SASL LOGIN authentication failed: Connection lost to authentication server`,
    `2026-11-21 11:00:00 1xAbcd-000001-AB => bob@example.net R=dnslookup T=remote_smtp H=mx.example [${PEER}] C="250 OK"`,
    `2026-11-21 11:00:00 SMTP connection from client.example [${PEER}]:1 lost`,
    `2026-11-21 11:00:00 plain authenticator failed for (x) [${PEER}]: 435 Unable to authenticate at present`,
    `${HEAD} dovecot: imap-login: Disconnected (no auth attempts in 0 secs): user=<>, rip=${PEER}, lip=192.0.2.1`,
  ])('leaves what is none: %s', (line) => {
    expect(parse(line)).toBeUndefined();
  });

  it('accepted mail says who logged in', () => {
    expect(
      parse(
        `2026-11-21 11:00:00 1xAbcd-000001-AB <= bob@example.net H=(pc) [${PEER}]:1234 P=esmtpsa X=TLS1.3 CV=no A=dovecot_plain:bob S=900`,
      ),
    ).toMatchObject({ action: 'mail_login', status: 'success', username: 'bob', source_ip: PEER });
  });
});

it.each<[LogFormat, string]>([
  ['vaultwarden', `[vaultwarden::api::admin][ERROR] Invalid admin token. IP: ${PEER}`],
  ['exim', `plain authenticator failed for [${PEER}]: 535 Incorrect authentication data`],
  ['mysql', `Access denied for user 'x'@'${PEER}' (using password: NO)`],
  ['openvpn', `${PEER}:1 TLS Auth Error: Auth Username/Password verification failed for peer`],
  ['proxmox', `authentication failure; rhost=${PEER} user=x@pam msg=no`],
])('a file of %s is read without a header', (format, line) => {
  expect(parse(line, { format })).toMatchObject(FAILED);
});
