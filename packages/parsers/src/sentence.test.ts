import { describe, expect, it } from 'vitest';
import { expectFields, parse, type Wish } from '../test/hostile-line.ts';
import { SENTENCE_FORMATS } from './sentence-formats.ts';

const PEER = '203.0.113.7';
const VICTIM = '198.51.100.1';
const HEAD = 'Nov 21 11:00:00 web01';
const FAILED = { log_type: 'auth', status: 'failure', source_ip: PEER };

describe('parseLine() of services that say it in a sentence', () => {
  it.each<[string, Wish]>([
    [
      `${HEAD} imapd: LOGIN FAILED, user=bob@example.org, ip=[::ffff:${PEER}], port=[4]`,
      { action: 'mail_login', username: 'bob@example.org' },
    ],
    [
      `${HEAD} imapd: LOGIN FAILED, user=x, ip=[${VICTIM}], ip=[${PEER}]`,
      { username: `x, ip=[${VICTIM}]` },
    ],
    [
      `${HEAD} courieresmtpd: error,relay=::ffff:${PEER},port=4,msg="535 Authentication failed.",cmd: AUTH LOGIN bob`,
      { action: 'mail_login', username: 'bob' },
    ],
    [
      `${HEAD} cyrus/imaps[5]: badlogin: h.example.org [${PEER}] plaintext bob SASL(-13): authentication failure: checkpass failed`,
      { action: 'mail_login', username: 'bob' },
    ],
    [
      `${HEAD} ipop3d[5]: Login failed user=bob auth=bob host=h.example.org [${PEER}]`,
      { action: 'mail_login', username: 'bob' },
    ],
    [
      `${HEAD} sm-mta[5]: 06I02CNi016764: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): authentication failure: checkpass failed, user=x, relay=[${VICTIM}], relay=[${PEER}] (may be forged)`,
      { action: 'mail_login', username: `x, relay=[${VICTIM}]` },
    ],
    [
      `${HEAD} sm-mta[5]: 06I02CNi016764: ruleset=check_rcpt, arg1=<a@b.example>, relay=h.example.org [${PEER}], reject=550 5.7.1 <a@b.example>... Relaying denied`,
      { action: 'mail_event', reason: 'rejected' },
    ],
    [
      `${HEAD} sm-mta[5]: 06I02CNi016764: ruleset=check_rcpt, arg1=<a>, relay=[${VICTIM}], reject=x>, relay=[${PEER}], reject=550 no`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      `[21-Nov-2026 12:00:00 +0100]: <abc> Failed login for bob from ${PEER} in session abc (error: 0)`,
      {
        action: 'web_login',
        username: 'bob',
        '@timestamp': '2026-11-21T11:00:00.000Z',
        program: 'roundcube',
      },
    ],
    [
      `${HEAD} roundcube: IMAP Error: Login failed for x from ${VICTIM}. from ${PEER}. AUTHENTICATE PLAIN: no. in /usr/x.php on line 2`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      `${HEAD} roundcube: IMAP Error: Login failed for x from ${VICTIM}. from ${PEER}. AUTHENTICATE PLAIN: no user=x from ${VICTIM}. in /usr/x.php on line 2`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      `${HEAD} roundcube: Login failed for x from ${PEER}. NO user=x from ${VICTIM}`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      `${HEAD} webmin[5]: Non-existent login as bob from ${PEER} `,
      { reason: 'invalid_user', username: 'bob' },
    ],
    [`${HEAD} phpMyAdmin[5]: user denied: root (mysql-denied) from ${PEER}`, { username: 'root' }],
    [
      `${HEAD} wordpress(blog.example.org)[5]: Authentication attempt for unknown user bob from ${PEER}`,
      { reason: 'invalid_user', username: 'bob' },
    ],
    [
      `${HEAD} sogod [5]: SOGoRootPage Login from '${PEER}, 10.0.0.1' for user 'bob' might not have worked - password policy: 1`,
      { username: 'bob', flags: ['untrusted'] },
    ],
    [
      `${HEAD} php-fpm[5]: /index.php: webConfigurator authentication error for user 'x' from: ${VICTIM}' from: ${PEER}`,
      { username: `x' from: ${VICTIM}` },
    ],
    [
      `${HEAD} synoscgi_SYNO.API.Auth_7_login[5]: User [bob] from [${PEER}] failed to log in via [DSM] due to authorization failure.`,
      { username: 'bob' },
    ],
    [
      `${HEAD} system,error,critical login failure for user bob b from ${PEER} via ssh`,
      { username: 'bob b', program: 'routeros' },
    ],
    [
      `[CET Nov 21 11:00:00] error    : HttpRequest: access denied -- client [${PEER}]: wrong password for user 'bob'`,
      { username: 'bob', '@timestamp': '2026-11-21T11:00:00.000Z' },
    ],
    [
      `11:00:00.907 [http-nio-8080-exec-1] WARN  o.a.g.r.auth.AuthenticationService - Authentication attempt from ${PEER} for user "bob" failed.`,
      { username: 'bob' },
    ],
    [
      `[2026-11-21 12:00:00.123 +01:00] [ERR] [23] Jellyfin.Server.Users.UserManager: Authentication request for "bob" has been denied (IP: "${PEER}").`,
      { username: 'bob', '@timestamp': '2026-11-21T11:00:00.123Z', program: 'jellyfin' },
    ],
    [
      `2026-11-21 11:00:00.123 WARNING (MainThread) [homeassistant.components.http.ban] Login attempt or request with invalid authentication from h.example.org (${PEER}). Requested URL: '/a'. (from x (${VICTIM}). )`,
      { username: undefined, program: 'homeassistant' },
    ],
    [
      `2026-11-21 11:00:00,123 WARN  [org.keycloak.events] (executor-thread-1) type="LOGIN_ERROR", clientId="c", ipAddress="${PEER}", error="user_not_found", username="bob"`,
      { flags: ['untrusted'] },
    ],
    [
      `[2026-11-21 11:00:00,123] [INFO] [paperless.auth] Login failed for user \`bob\` from IP \`${PEER}\`.`,
      { username: 'bob' },
    ],
    [
      `2026-11-21T11:00:00+00:00 [AUTH] WARN: Incorrect username or password for user bob. IP=${PEER}`,
      { username: 'bob' },
    ],
    [
      `(W) 2026-11-21T11:00:00 - WebAPI login failure. Reason: invalid credentials, attempt count: 1, IP: ::ffff:${PEER}, username: bob`,
      { username: 'bob', '@timestamp': '2026-11-21T11:00:00.000Z' },
    ],
    [`2026-11-21 11:00:00.1|Warn|Auth|Auth-Failure ip ${PEER} username 'bob'`, { username: 'bob' }],
    [
      `2026/11/21 11:00:00.123456 [info] auth: user "bob" failed to login from ip ${PEER}`,
      { username: 'bob' },
    ],
    [
      `[Nest] 7  - 11/21/2026, 11:00:00 AM    WARN [Api:AuthService~a] Failed login attempt for user bob@example.net from ip address ${PEER}`,
      { username: 'bob@example.net' },
    ],
    [
      `2026-11-21 11:00:00.50 Logon       Login failed for user 'O'Leary'. Reason: Could not find a login. [CLIENT: ${PEER}]`,
      { action: 'database_login', username: "O'Leary" },
    ],
    [
      `[20261121-11:00:00] [INFO ] AUTHFAIL: user=x ip=${VICTIM} time=1 ip=${PEER} time=1649351466`,
      {
        action: 'desktop_login',
        username: `x ip=${VICTIM} time=1`,
        '@timestamp': '2026-11-21T11:00:00.000Z',
      },
    ],
    [
      `11-21 11:00:00.026 [WARN] [SOFIA] [sofia_reg.c:4130] Can't find user [101@192.0.2.9] from ${PEER}`,
      { action: 'phone_login', '@timestamp': '2026-11-21T11:00:00.000Z' },
    ],
    [
      `<W>2026-11-21 11:00:00.818 1 => <4:bob(-1)> Rejected connection from ${PEER}:29530: Invalid server password`,
      { username: 'bob', source_port: 29530 },
    ],
    [
      `2026-11-21 11:00:00.805 [info] <0.5.0>@ejabberd_c2s:wait:965 ({socket_state,tls}) Failed authentication for bob@example.org from ${PEER}`,
      { username: 'bob@example.org', protocol: 'xmpp' },
    ],
    [
      `[2026-11-21 11:00:00] [bob] failed to login from ${PEER}:65001`,
      { username: 'bob', source_port: 65001 },
    ],
    [
      `2026-11-21 11:00:00.781 Connection "CID-72": User authentication failed. The user name that has been provided was "bob", from ${PEER}.`,
      { action: 'vpn_login', username: 'bob' },
    ],
    [
      `${HEAD} site.example.org: https://site.example.org|1430068525|user|${PEER}|https://site.example.org/?q=|x|0||Login attempt failed for ${VICTIM}.`,
      { action: 'web_login' },
    ],
    [
      `time="2026-11-21T11:00:00Z" level=error msg="Unsuccessful 1FA authentication attempt by user 'bob'" path=/api/firstfactor remote_ip=${PEER}`,
      { username: 'bob', program: 'authelia', flags: ['untrusted'] },
    ],
    [
      `{"level":"error","msg":"Unsuccessful TOTP authentication attempt by user 'bob'","remote_ip":"${PEER}","time":"2026-11-21T11:00:00Z"}`,
      { username: 'bob' },
    ],
    [
      `{"t":{"$date":"2026-11-21T11:00:00.000+00:00"},"s":"I","c":"ACCESS","msg":"Authentication failed","attr":{"principalName":"bob","client":"${PEER}:5","result":"UserNotFound: x"}}`,
      { action: 'database_login', reason: 'invalid_user', source_port: 5 },
    ],
    [
      `{"action":"login_failed","client_ip":"${PEER}","context":{"username":"bob"},"event":"Created Event","logger":"authentik.events.models","timestamp":"2026-11-21T11:00:00.5"}`,
      { action: 'web_login', username: 'bob' },
    ],
    [
      `@400000006a7c7e3507000000 imap-login: Info: Aborted login (auth failed, 1 attempts): user=<bob>, method=PLAIN, rip=${PEER}, lip=192.0.2.1`,
      { action: 'mail_login', username: 'bob' },
    ],
    [
      `${HEAD} ovpn-office[5]: ${PEER}:1 SIGUSR1[soft,connection-reset] received, client-instance restarting`,
      { action: 'vpn_event' },
    ],
    [
      `[2026-11-21 11:00:00] NOTICE[1638] chan_iax2.c: No registration for peer 'bob' (from ${PEER})`,
      { action: 'phone_login', reason: 'invalid_user' },
    ],
  ])('%s', (line, wish) => {
    expectFields(parse(line), { ...FAILED, ...wish });
  });

  it.each<[string, Wish]>([
    [
      `${HEAD} imapd: LOGIN, user=bob, ip=[${PEER}], port=[4], protocol=IMAP`,
      { action: 'mail_login' },
    ],
    [
      `${HEAD} sm-mta[5]: 06I02CNi016764: AUTH=server, relay=[${PEER}], authid=bob, mech=PLAIN, bits=0`,
      { action: 'mail_login' },
    ],
    [
      `[21-Nov-2026 12:00:00 +0100]: <abc> Successful login for bob (ID: 2) from ${PEER} in session abc`,
      { action: 'web_login' },
    ],
    [`${HEAD} webmin[5]: Successful login as bob from ${PEER}`, { action: 'web_login' }],
    [
      `${HEAD} wordpress(blog.example.org)[5]: Accepted password for bob from ${PEER}`,
      { action: 'web_login' },
    ],
    [
      `${HEAD} system,info,account user bob logged in from ${PEER} via ssh`,
      { action: 'web_login' },
    ],
    [
      `${HEAD} php-fpm[5]: /index.php: Successful login for user 'bob' from: ${PEER} (Local Database)`,
      { action: 'web_login' },
    ],
  ])('%s is a success', (line, wish) => {
    expect(parse(line)).toMatchObject({
      status: 'success',
      username: 'bob',
      source_ip: PEER,
      ...wish,
    });
  });

  it.each([
    `${HEAD} monit[5]: HttpRequest: access denied -- client ${PEER}: unknown user ''`,
    `${HEAD} xrdp[5]: [INFO ] xrdp_wm_log_msg: login failed for user x ip=${VICTIM} time=1`,
    `2026-11-21 11:00:00.02 Wrong data received: Logon       Login failed for user 'x'. Reason: y. [CLIENT: ${VICTIM}]`,
    `[2026-11-21 11:00:00] [bob] connected to ZNC from ${PEER}`,
    `${HEAD} ovpn-office[5]: bob/${PEER}:1 SIGUSR1[soft,connection-reset] received, client-instance restarting`,
    `${HEAD} site: https://site.example.org|1430068525|user|${PEER}|a|b|0||Login attempt failed for x|2||Session revisited for bob.`,
    `1386543323.000      4 ${PEER} TCP_MISS/200 4099 GET http://www.example.org/ - HIER_DIRECT/192.0.2.1 text/html`,
    `{"t":{"$date":"2026-11-21T11:00:00Z"},"c":"NETWORK","msg":"Connection ended","attr":{"remote":"${PEER}:5"}}`,
  ])('leaves what is no login: %s', (line) => {
    expect(parse(line)).toBeUndefined();
  });

  it('counts no text of a client as the end of a sentence, however often it stands there', () => {
    const many = ` from ${VICTIM}. x`.repeat(300);
    const started = `${HEAD} roundcube: IMAP Error: Login failed for x${many} from ${PEER}. AUTHENTICATE PLAIN: no`;
    expect(parse(started)).toMatchObject({ flags: ['ambiguous'], action: 'web_login' });
    expect(parse(started)?.source_ip).toBeUndefined();
  });

  it('has for each format a sentence whose patterns begin where it begins', () => {
    expect(SENTENCE_FORMATS.length).toBeGreaterThan(30);
    for (const { name, parse: message, line } of SENTENCE_FORMATS)
      expect([name, message !== undefined || line !== undefined]).toEqual([name, true]);
  });
});

describe('parseLine() of what proxies refuse and log', () => {
  it('reads a request of HAProxy, with the time of the header', () => {
    expectFields(
      parse(
        `Nov 21 11:00:00 lb haproxy[760]: ${PEER}:58430 [21/Nov/2026:12:00:00.608] main main/<NOSRV> -1/-1/-1/-1/0 401 248 - - PR-- 0/0/0/0/0 0/0 {x|curl} "GET /admin?x=1 HTTP/1.1"`,
      ),
      {
        action: 'http_request',
        source_ip: PEER,
        source_port: 58430,
        http_status: 401,
        http_method: 'GET',
        url_original: '/admin?x=1',
        '@timestamp': '2026-11-21T11:00:00.000Z',
      },
    );
  });

  it('tells of a request that Squid refuses', () => {
    expectFields(
      parse(
        `1795258800.250      4 ${PEER} TCP_DENIED/403 4099 GET http://www.example.org/ - HIER_NONE/- text/html`,
      ),
      {
        log_type: 'network',
        action: 'proxy_refused',
        source_ip: PEER,
        '@timestamp': '2026-11-21T11:00:00.250Z',
      },
    );
  });

  it.each([
    [
      `2026-11-21 11:00:00: (mod_auth.c.525) password doesn't match for /x username: bob, IP: ${PEER}`,
      'bob',
    ],
    [
      `Nov 21 11:00:00 web lighttpd[764]: (mod_auth.c.853) password doesn't match for / username: x IP: ${VICTIM} IP: ${PEER}`,
      `x IP: ${VICTIM}`,
    ],
    [
      `2026-11-21 11:00:00: (mod_auth.c.791) digest: auth failed for  bob : wrong password, IP: ${PEER}`,
      'bob',
    ],
  ])('reads a refused login of lighttpd: %s', (line, username) => {
    expectFields(parse(line), {
      log_type: 'web',
      action: 'http_auth',
      status: 'failure',
      source_ip: PEER,
      username,
    });
  });

  it.each([
    [
      `11-Aug-2026 03:36:11.372 error: client ${PEER}#52115: zone transfer 'example.com/AXFR/IN' denied`,
      '2026-08-11T03:36:11.372Z',
    ],
    [
      `Nov 21 11:00:00 security: info: client @0x7f4e446fd6e8 ${PEER}#53 (example.io): query (cache) 'example.io/A/IN' denied`,
      '2026-11-21T11:00:00.000Z',
    ],
  ])('reads a channel of BIND of its own: %s', (line, time) => {
    expectFields(parse(line), { action: 'dns_refused', source_ip: PEER, '@timestamp': time });
  });

  it('reads a line of a program that we know without a time, as a journal is printed', () => {
    expectFields(parse(`web01 sshd[411]: Failed password for root from ${PEER} port 4 ssh2`), {
      action: 'ssh_login',
      source_ip: PEER,
      hostname: 'web01',
      flags: ['no_timestamp'],
    });
    expect(
      parse(`web01 unknown[411]: Failed password for root from ${PEER} port 4 ssh2`),
    ).toBeUndefined();
  });
});
