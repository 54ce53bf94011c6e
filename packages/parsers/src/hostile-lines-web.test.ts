import { describe, expect, it } from 'vitest';
import { ATTACKER, expectFields, failure, parse, VICTIM, type Wish } from '../test/hostile-line.ts';

const REQUEST = '[21/Nov/2026:03:40:24 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"';
const APACHE = '[Sat Nov 21 03:40:00.123456 2026] [auth_basic:error] [pid 4:tid 140] ';
const NGINX = '2026/11/21 03:40:00 [error] 7#7: *1 ';
const TAIL = `client: ${ATTACKER}, server: h, request: "GET /a?b=c HTTP/1.1", host: "h:8080"`;

describe('parseLine() of access logs behind proxies', () => {
  it.each<[string, string, Wish]>([
    ['B16', `${VICTIM}, ${ATTACKER} - -`, { source_ip: ATTACKER, username: undefined }],
    ['B16 without a blank', `${VICTIM},${ATTACKER} - -`, { source_ip: ATTACKER }],
    ['B17 loopback', `127.0.0.1, ${ATTACKER} - -`, { source_ip: ATTACKER }],
    ['B17 unknown', `unknown, ${ATTACKER} - -`, { source_ip: ATTACKER, http_host: undefined }],
    ['B17 obfuscated', `_x, ${ATTACKER} - -`, { source_ip: ATTACKER }],
    ['B17 quoted', `"[2001:db8::1]:4711", ${ATTACKER} - -`, { source_ip: ATTACKER }],
    ['B17 bracket', `[2001:db8::1]:4711, ${ATTACKER} - -`, { source_ip: ATTACKER }],
    ['B17 100 hops', `${`${VICTIM}, `.repeat(100)}${ATTACKER} - alice`, { username: 'alice' }],
    ['B17 100 hops, peer', `${`${VICTIM}, `.repeat(100)}${ATTACKER} - -`, { source_ip: ATTACKER }],
    ['B17 5,000 hops', `${`${VICTIM}, `.repeat(5000)}${ATTACKER} - -`, { source_ip: undefined }],
    [
      'B16 a hop like a user',
      `${VICTIM} - x, ${ATTACKER} - -`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    ['B18 a proxy is a peer like others', '10.0.0.2 - -', { source_ip: '10.0.0.2' }],
  ])('%s', (_id, client, wish) => {
    const event = parse(`${client} ${REQUEST}`);
    expectFields(event, { http_status: 200, url_path: '/', ...wish });
  });

  it.each([
    '/..%2f..%2fetc%2fpasswd',
    '/%252e%252e/',
    '/..;/',
    '/%c0%ae%c0%ae/',
    '/%u002e',
    '/images/missing-1.png',
  ])('B15, B31: %s is kept as sent, rules decode and judge', (path) => {
    expect(parse(`${ATTACKER} - - ${REQUEST.replace('GET / ', `GET ${path} `)}`)).toMatchObject({
      url_path: path,
      url_original: path,
      source_ip: ATTACKER,
    });
  });
});

describe("parseLine() of Apache's error log", () => {
  it.each<[string, string, Wish]>([
    [
      'B19',
      `${APACHE}[client ${ATTACKER}:4711] AH01618: user [client ${VICTIM}] user root not found: /`,
      failure(`[client ${VICTIM}] user root`, {
        action: 'http_auth',
        reason: 'invalid_user',
        source_port: 4711,
        url_path: '/',
        pid: 4,
        '@timestamp': '2026-11-21T03:40:00.123Z',
      }),
    ],
    [
      'B19 in a path',
      `[Sat Nov 21 03:40:00 2026] [error] [client ${ATTACKER}] File does not exist: /srv/[client ${VICTIM}] user root not found`,
      { source_ip: ATTACKER, status: 'info', action: 'http_error' },
    ],
    [
      'B19 two wordings in a name',
      `${APACHE}[client ${ATTACKER}:1] AH01618: user a: password mismatch: /x not found: /`,
      { source_ip: ATTACKER, status: 'failure', username: undefined, flags: ['ambiguous'] },
    ],
    [
      'authorization',
      `${APACHE}[client ${ATTACKER}:1] AH01631: user bob: authorization failure for "/x":`,
      failure('bob', { reason: 'not_allowed', url_path: '/x' }),
    ],
    [
      'out of the root',
      `${APACHE}[client ${ATTACKER}:1] AH00126: Invalid URI in request GET /cgi-bin/.%2E/%2E%2E/etc/hosts HTTP/1.1`,
      {
        status: 'blocked',
        action: 'http_denied',
        reason: 'invalid_uri',
        http_method: 'GET',
        url_decoded: '/../etc/hosts',
      },
    ],
    [
      'digest',
      `${APACHE}[client ${ATTACKER}:1] AH01790: user \`bob' in realm \`private area' not found: /x`,
      failure('bob', { reason: 'invalid_user', url_path: '/x' }),
    ],
    [
      'D05 IPv6 with a port, 2.4',
      `${APACHE}[client 2001:db8::7:4711] AH01617: user bob: authentication failure for "/x": Password Mismatch`,
      { source_ip: '2001:db8::7', source_port: 4711, username: 'bob', reason: 'bad_password' },
    ],
    [
      'D05 IPv6 without a port, 2.2',
      '[Sat Nov 21 03:40:00 2026] [error] [client 2001:db8::7:4711] Digest: user bob: password mismatch: /x',
      { source_ip: '2001:db8::7:4711', source_port: undefined, username: 'bob' },
    ],
    [
      'D05 brackets',
      `${APACHE}[remote [2001:db8::7]:4711] AH01618: user bob not found: /`,
      { source_ip: '2001:db8::7', source_port: 4711 },
    ],
    [
      'an error of the system in front',
      `${APACHE}(70014)End of file found: [client ${ATTACKER}:4711] AH02006: SSL handshake stopped`,
      { source_ip: ATTACKER, status: 'info' },
    ],
    [
      'denied',
      `${APACHE}[client ${ATTACKER}:4711] AH01630: client denied by server configuration: /x, referer: http://e.example/`,
      { status: 'blocked', action: 'http_denied', referrer: 'http://e.example/' },
    ],
    [
      'mod_security',
      `${APACHE}[client ${ATTACKER}:4711] [client ${ATTACKER}] ModSecurity: Access denied with code 403 (phase 2). Pattern match "x" at ARGS. [id "950119"] [data "y [uri \\x22/z"] [hostname "h"] [uri "/wp-login.php"] [unique_id "u"], referer: [uri "/fake"]`,
      {
        status: 'blocked',
        url_path: '/wp-login.php',
        http_host: 'h',
        extra: { rule_id: '950119' },
      },
    ],
    [
      'by syslog',
      `Nov 21 03:40:00 web01 httpd[4]: [error] [client ${ATTACKER}] user bob not found: /x`,
      failure('bob', { hostname: 'web01', '@timestamp': '2026-11-21T03:40:00.000Z' }),
    ],
  ])('%s', (_id, line, wish) => expectFields(parse(line), wish));
});

describe("parseLine() of nginx's error log", () => {
  it.each<[string, string, Wish]>([
    [
      'unknown user',
      `${NGINX}user "bob" was not found in "/etc/x", ${TAIL}, referrer: "http://e.example/"`,
      failure('bob', {
        action: 'http_auth',
        reason: 'invalid_user',
        url_path: '/a',
        url_query: 'b=c',
        http_host: 'h:8080',
        referrer: 'http://e.example/',
        pid: 7,
        '@timestamp': '2026-11-21T03:40:00.000Z',
      }),
    ],
    ['wrong password', `${NGINX}user "bob": password mismatch, ${TAIL}`, failure('bob')],
    [
      'a client in the referrer',
      `${NGINX}user "bob": password mismatch, ${TAIL}, referrer: "x, client: ${VICTIM}, server: h"`,
      failure('bob'),
    ],
    [
      'a client in the request, fixed message',
      `${NGINX}access forbidden by rule, client: ${ATTACKER}, server: h, request: "GET /", client: ${VICTIM}, server: h, request: "GET / HTTP/1.1", host: "h"`,
      { source_ip: ATTACKER, status: 'blocked', action: 'http_denied' },
    ],
    [
      'a client in a name: two readings',
      `${NGINX}user "x": password mismatch, client: ${VICTIM}, server: h, request: "GET / HTTP/1.1", host: "h"": was not found in "/etc/x", ${TAIL}`,
      { source_ip: undefined, username: undefined, flags: ['ambiguous'], status: 'failure' },
    ],
    [
      'a wording in the path',
      `${NGINX}user "bob" was not found in "/etc/x", client: ${ATTACKER}, server: h, request: "GET /": password mismatch HTTP/1.1", host: "h"`,
      failure('bob', { action: 'http_auth' }),
    ],
    [
      'a client in the path: two readings',
      `${NGINX}open() "/var/www/a", client: ${VICTIM}, server: h, request: "GET / HTTP/1.1" failed (2: No such file or directory), ${TAIL}`,
      { source_ip: undefined, flags: ['ambiguous'], status: 'info' },
    ],
    [
      'missing file',
      `${NGINX}open() "/var/www/a" failed (2: No such file or directory), ${TAIL}`,
      { source_ip: ATTACKER, status: 'info', action: 'http_error', http_method: 'GET' },
    ],
    [
      'limit',
      `${NGINX}limiting requests, excess: 1.495 by zone "one", ${TAIL}`,
      { status: 'blocked', reason: 'rate_limit' },
    ],
    [
      'limit, dry run',
      `${NGINX}limiting requests, dry run, excess: 1.495 by zone "one", ${TAIL}`,
      { status: 'info' },
    ],
    [
      'directory index',
      `${NGINX}directory index of "/var/www/" is forbidden, ${TAIL}`,
      { status: 'blocked', reason: 'forbidden', source_ip: ATTACKER },
    ],
    [
      'mail',
      `${NGINX}client login failed: "no" while in http auth state, client: ${ATTACKER}, server: 0.0.0.0:110, login: "bob"`,
      { status: 'failure', action: 'mail_login', source_ip: ATTACKER },
    ],
    [
      'no request yet',
      `${NGINX}client closed connection while waiting for request, client: ${ATTACKER}, server: 0.0.0.0:80`,
      { source_ip: ATTACKER, http_method: undefined },
    ],
    [
      'from a journal',
      `web01 nginx[7]: web01 nginx: ${NGINX}PAM: user 'bob' - not authenticated: Authentication failure, ${TAIL}`,
      failure('bob', { hostname: 'web01', program: 'nginx' }),
    ],
  ])('%s', (_id, line, wish) => expectFields(parse(line), wish));

  it('does not read an error log where another format is asked for', () => {
    expect(
      parse(`${NGINX}access forbidden by rule, ${TAIL}`, { format: 'access' }),
    ).toBeUndefined();
    expect(
      parse(`[error] [client ${ATTACKER}] user bob not found: /`, { format: 'web-error' }),
    ).toMatchObject({ status: 'failure', source_ip: ATTACKER, flags: ['no_timestamp'] });
  });
});
