import { describe, expect, it } from 'vitest';
import {
  ATTACKER,
  P,
  VICTIM,
  expectFields,
  failure,
  parse,
  type Wish,
} from '../test/hostile-line.ts';

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
    expectFields(event, wish);
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

  it('A28: a repeat of a known line is that line, counted', () => {
    const previousLine = `Nov 21 03:39:00 web01 sshd[411]: Failed password for root from ${ATTACKER} port 4 ssh2`;
    for (const line of [
      'Nov 21 03:40:00 web01 last message repeated 3 times',
      `${P}last message repeated 3 times`,
      `${P}--- last message repeated 3 times ---`,
    ])
      expect(parse(line, { previousLine })).toMatchObject(
        failure('root', {
          repeat_count: 3,
          message: line,
          '@timestamp': '2026-11-21T03:40:00.000Z',
        }),
      );
    expect(
      parse('Nov 21 03:40:00 web01 sudo: last message repeated 3 times', { previousLine }),
    ).toBeUndefined();
    expect(
      parse('Nov 21 03:40:00 db01 last message repeated 3 times', { previousLine }),
    ).toBeUndefined();
    expect(parse(`${P}last message repeated 99999999 times`, { previousLine })).toMatchObject({
      repeat_count: 10_000,
      flags: ['repeat_capped'],
    });
    expect(
      parse(`${P}last message repeated 2 times`, {
        previousLine: `${P}last message repeated 2 times`,
      }),
    ).toBeUndefined();
  });

  it('A29: one attempt is one failed login, whatever else is said of it', () => {
    const actions = [
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${ATTACKER}  user=root`,
      `Failed password for root from ${ATTACKER} port 4 ssh2`,
      `Connection closed by authenticating user root ${ATTACKER} port 4 [preauth]`,
    ].map((message) => parse(P + message)?.action);
    expect(actions).toEqual(['pam_auth', 'ssh_login', 'ssh_event']);
  });

  it.each([
    ['C08', '\u001b[2J\u001b]0;x\u0007'],
    ['C08', '\u202e\u200bnimda'],
    ['C20', '#033[31m#012'],
    ['C05', 'a\u0000b'],
    ['C06', 'a\u000b\u2028\u0085b'],
  ])('%s: %j in a name is kept as it is', (_id, name) => {
    expect(
      parse(`${P}Failed password for invalid user ${name} from ${ATTACKER} port 4 ssh2`),
    ).toMatchObject(failure(name));
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

  /** A journal's entry that accuses the victim, as journald itself would describe its writer. */
  const accusation = (writer: object) =>
    parse(
      JSON.stringify({
        __REALTIME_TIMESTAMP: '1795232400000000',
        SYSLOG_IDENTIFIER: 'sshd',
        MESSAGE: `Failed password for root from ${VICTIM} port 22 ssh2`,
        ...writer,
      }),
    );

  it.each([
    ['sshd', { _UID: '0', _COMM: 'sshd', _EXE: '/usr/sbin/sshd', _SYSTEMD_UNIT: 'ssh.service' }],
    ['its later parts', { _UID: '0', _COMM: 'sshd-session', _EXE: '/usr/lib/ssh/sshd-session' }],
    [
      'one that was replaced meanwhile',
      { _UID: '0', _COMM: 'sshd', _EXE: '/usr/sbin/sshd (deleted)' },
    ],
    ['the kernel', { _TRANSPORT: 'kernel' }],
  ])('A23: an entry that %s wrote is trusted', (_who, writer) => {
    expect(accusation(writer)).toMatchObject({ source_ip: VICTIM, status: 'failure' });
    expect(accusation(writer)?.flags).toBeUndefined();
  });

  it.each([
    ['an account', { _UID: '1000', _COMM: 'logger', _EXE: '/usr/bin/logger' }],
    ['an account by the name of sshd', { _UID: '1000', _COMM: 'sshd', _EXE: '/usr/sbin/sshd' }],
    [
      'a program of an account that calls itself so',
      { _UID: '1000', _COMM: 'sshd', _SYSTEMD_UNIT: 'user@1000.service' },
    ],
    ['root by hand', { _UID: '0', _COMM: 'logger', _EXE: '/usr/bin/logger' }],
    ['a setuid program under another name', { _UID: '0', _COMM: 'sshd', _EXE: '/usr/bin/sudo' }],
    ['a program elsewhere', { _UID: '0', _COMM: 'sshd', _EXE: '/tmp/x/sshd' }],
    ['a service that is another', { _UID: '33', _COMM: 'sshd', _SYSTEMD_UNIT: 'apache2.service' }],
    ['nobody knows who', {}],
  ])('N01: an entry that %s wrote is not', (_who, writer) => {
    expect(accusation(writer)?.flags).toEqual(['untrusted']);
  });

  it.each(['/tmp/sshd[1]:', '../x/sshd[1]:', '/usr/../tmp/sshd:', 'home/sshd[4]:', './sshd:'])(
    'N04: %s is not the program sshd',
    (tag) => {
      const line = `Nov 21 03:40:00 web01 ${tag} Failed password for root from ${VICTIM} port 22 ssh2`;
      expect(parse(line)?.source_ip).toBeUndefined();
    },
  );

  it('N04: a path of the system is', () => {
    const line = `Nov 21 03:40:00 web01 /usr/sbin/sshd[4]: Failed password for root from ${ATTACKER} port 22 ssh2`;
    expect(parse(line)).toMatchObject({ program: 'sshd', source_ip: ATTACKER });
  });

  it.each(['- - [x] "GET', '[preauth]', ': RSA SHA256:abc'])(
    'N12: with %j behind the protocol nobody is accused of a wrong password',
    (text) => {
      for (const method of ['password', 'keyboard-interactive/pam']) {
        const event = parse(`${P}Failed ${method} for root from ${VICTIM} port 22 ssh2 ${text}`);
        expect(event).toMatchObject({ status: 'failure', flags: ['ambiguous'] });
        expect(event?.source_ip).toBeUndefined();
      }
    },
  );
});
