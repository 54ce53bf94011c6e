import { describe, expect, it } from 'vitest';
import { ATTACKER, expectFields, failure, parse, VICTIM, type Wish } from '../test/hostile-line.ts';

const AT = 'Nov 21 03:40:00 web01 ';
const login = (username: string, more: Wish = {}): Wish =>
  failure(username, { action: 'ssh_login', source_port: 4711, ...more });

describe('parseLine() of dropbear', () => {
  it.each<[string, string, Wish]>([
    ['password', `Bad password attempt for 'root' from ${ATTACKER}:4711`, login('root')],
    ['old wording', `bad password attempt for 'root' from ::ffff:${ATTACKER}:4711`, login('root')],
    ['PAM', `Bad PAM password attempt for 'root' from ${ATTACKER}:4711`, login('root')],
    [
      'A01 for dropbear',
      `Bad password attempt for 'root' from ${VICTIM}:22' from ${ATTACKER}:4711`,
      login(`root' from ${VICTIM}:22`),
    ],
    [
      'no such user',
      `Login attempt for nonexistent user from ${ATTACKER}:4711`,
      { action: 'ssh_login', status: 'failure', source_ip: ATTACKER, reason: 'invalid_user' },
    ],
    [
      'no such user, IPv6',
      'login attempt for nonexistent user from 2001:db8::7:4711',
      { source_ip: '2001:db8::7', source_port: 4711 },
    ],
    [
      'bad signature',
      `Pubkey auth bad signature for 'root' with key SHA256:x from ${ATTACKER}:4711`,
      failure('root', { action: 'ssh_event', reason: 'key_refused' }),
    ],
    [
      'success',
      `Password auth succeeded for 'root' from ${ATTACKER}:4711`,
      { action: 'ssh_login', status: 'success', username: 'root', source_ip: ATTACKER },
    ],
    [
      'success with a key',
      `Pubkey auth succeeded for 'root' with ssh-ed25519 key SHA256:x from ${ATTACKER}:4711`,
      { action: 'ssh_login', status: 'success', username: 'root', auth_method: 'publickey' },
    ],
    [
      'a first factor is no login',
      `Password auth succeeded for 'root' from ${ATTACKER}:4711, extra auth required`,
      { action: 'ssh_event', status: 'info', source_ip: ATTACKER },
    ],
    [
      'exit before login',
      `Exit before auth from <${ATTACKER}:4711>: (user 'root', 10 fails): Max auth tries reached - user 'root'`,
      failure('root', { action: 'ssh_event', reason: 'max_attempts' }),
    ],
    [
      'exit with tracing',
      `[411] Nov 21 03:40:00 Exit before auth from <${ATTACKER}:4711>: Bad buf_getptr`,
      { status: 'failure', source_ip: ATTACKER, reason: 'preauth_close' },
    ],
    [
      'exit of a session',
      `Exit (alice) from <${ATTACKER}:4711>: Disconnect received`,
      { action: 'session', status: 'info', username: 'alice', source_ip: ATTACKER },
    ],
    ['child', 'Child connection from [2001:db8::7]:4711', { source_ip: '2001:db8::7' }],
    ['locked', "User account 'bob' is locked", { status: 'failure', username: 'bob' }],
    [
      'command',
      "User alice executing 'ls -l'",
      { action: 'command_execution', command: 'ls -l', username: 'alice' },
    ],
  ])('%s', (_id, message, wish) => {
    expectFields(parse(`${AT}dropbear[411]: ${message}`), { program: 'dropbear', ...wish });
    expectFields(parse(message, { format: 'dropbear' }), wish);
  });
});

describe('parseLine() of vsftpd', () => {
  const file = 'Sat Nov 21 03:40:00 2026 [pid 4] ';
  it.each<[string, string, Wish]>([
    [
      'B21',
      `[root from ${VICTIM}] FAIL LOGIN: Client "::ffff:${ATTACKER}"`,
      failure(`root from ${VICTIM}`, { action: 'ftp_login', reason: 'bad_password' }),
    ],
    [
      'B21 a client in the name',
      `[x] FAIL LOGIN: Client "${VICTIM}"] FAIL LOGIN: Client "${ATTACKER}"`,
      failure(`x] FAIL LOGIN: Client "${VICTIM}"`),
    ],
    [
      'B21 a client in the password of an anonymous login',
      `[ftp] OK LOGIN: Client "${ATTACKER}", anon password "x] OK LOGIN: Client "${VICTIM}"`,
      { source_ip: undefined, flags: ['ambiguous'], status: 'info' },
    ],
    ['connect', `CONNECT: Client "${ATTACKER}"`, { source_ip: ATTACKER, action: 'ftp_event' }],
    [
      'login',
      `[alice] OK LOGIN: Client "${ATTACKER}"`,
      { action: 'ftp_login', status: 'success', username: 'alice' },
    ],
    [
      'transfer',
      `[alice] OK UPLOAD: Client "${ATTACKER}", "/x y", 12 bytes, 3.4Kbyte/sec`,
      { action: 'ftp_transfer', extra: { operation: 'upload', file: '/x y' } },
    ],
  ])('%s', (_id, message, wish) => {
    for (const line of [`${AT}vsftpd[4]: ${message}`, file + message])
      expectFields(parse(line), {
        program: 'vsftpd',
        pid: 4,
        '@timestamp': '2026-11-21T03:40:00.000Z',
        ...wish,
      });
  });
});

describe('parseLine() of doas, pkexec, scanlogd and PAM', () => {
  it.each<[string, string, Wish]>([
    [
      'doas',
      'doas: alice ran command ls as root from /tmp as root from /home/alice',
      { username: 'alice', command: 'ls as root from /tmp', working_directory: '/home/alice' },
    ],
    [
      'doas, old',
      'doas: alice ran command as root: ls -l',
      { target_user: 'root', command: 'ls -l', status: 'executed' },
    ],
    [
      'doas refuses',
      'doas: command not permitted for alice: rm -rf /',
      { status: 'failure', username: 'alice', command: 'rm -rf /', executable: 'rm' },
    ],
    ['doas login', 'doas: failed auth for alice', { status: 'failure', action: 'doas_auth' }],
    [
      'pkexec',
      'pkexec[4]: alice: Executing command [USER=root] [TTY=unknown] [CWD=/x] [COMMAND=/usr/bin/id -u]',
      { status: 'executed', target_user: 'root', executable: '/usr/bin/id', tty: 'unknown' },
    ],
    [
      'pkexec, B01 for pkexec',
      'pkexec[4]: alice: Executing command [USER=root] [TTY=unknown] [CWD=/x] [COMMAND=/bin/a] [COMMAND=/bin/b]',
      { command: '/bin/a] [COMMAND=/bin/b', flags: ['ambiguous'] },
    ],
    [
      'pkexec refuses',
      'pkexec[4]: alice: Error executing command as another user: Not authorized [USER=root] [TTY=x] [CWD=/] [COMMAND=/bin/sh]',
      { status: 'failure', reason: 'not_authorized', username: 'alice' },
    ],
    [
      'scanlogd',
      `scanlogd: ${ATTACKER} to 10.0.0.1 ports 80, 81, 443, ..., fSrpauxy, TOS 00, TTL 239 @17:34:00`,
      { action: 'port_scan', source_ip: ATTACKER, destination_ip: '10.0.0.1' },
    ],
    [
      'PAM, no password',
      'sudo: pam_unix(sudo:auth): auth could not identify password for [alice]',
      { status: 'failure', username: 'alice', action: 'pam_auth' },
    ],
    [
      'PAM, access',
      `login[4]: pam_access(login:account): access denied for user \`bob' from \`${ATTACKER}'`,
      failure('bob', { reason: 'not_allowed' }),
    ],
    [
      'B20',
      `postfix/smtpd[4]: NOQUEUE: reject: RCPT from unknown[${ATTACKER}]: 554 5.7.1 <x@y.example>: Relay access denied; to=<"RCPT from unknown[${VICTIM}]: 554 5.7.1"@y.example>`,
      { source_ip: ATTACKER, action: 'mail_event' },
    ],
    [
      'B27',
      'audispd: type=PROCTITLE msg=audit(1.2:3): proctitle=6E63002D65',
      { action: undefined },
    ],
    [
      'B02, B03',
      "sudo:    alice : TTY=pts/0 ; PWD=/x ; USER=root ; COMMAND=/usr/bin/CURL cu''rl nc rsync",
      { command: "/usr/bin/CURL cu''rl nc rsync", executable: '/usr/bin/CURL' },
    ],
  ])('%s', (_id, line, wish) => expectFields(parse(AT + line), wish));

  it('B26: an address that Windows has no word for stays absent, the rest is kept', () => {
    for (const text of ['-', 'LOCAL', 'WEB01$'])
      expect(
        parse(JSON.stringify({ log_type: 'windows', source_ip: text, TargetUserName: 'WEB01$' }))
          ?.source_ip,
      ).toBeUndefined();
    expect(
      parse(JSON.stringify({ log_type: 'windows', source_ip: `::ffff:${ATTACKER}` }))?.source_ip,
    ).toBe(ATTACKER);
  });

  it('B26: a failed logon of Windows as Elastic ships it', () => {
    const record = (data: object, code: string | number = '4625') =>
      parse(
        JSON.stringify({
          '@timestamp': '2026-11-21T03:40:00.000Z',
          winlog: { event_id: code, computer_name: 'WS07', event_data: data },
        }),
      );
    for (const address of ['-', 'LOCAL', ''])
      expectFields(record({ IpAddress: address, IpPort: '0', WorkstationName: '-' }), {
        ...failure('x', { username: undefined }),
        source_ip: undefined,
        source_host: undefined,
        source_port: undefined,
      });
    expectFields(
      record({
        TargetUserName: 'WEB01$',
        IpAddress: `::ffff:${ATTACKER}`,
        IpPort: '4711',
        SubStatus: '0xC0000064',
      }),
      {
        ...failure('WEB01$'),
        source_port: 4711,
        reason: 'invalid_user',
        hostname: 'WS07',
        log_type: 'windows',
      },
    );
    expectFields(record({ Status: '0xc0000234', SubStatus: '0x0' }, 4625), {
      reason: 'account_locked',
    });
    expectFields(record({ NewProcessName: 'C:\\a\\nc.exe', NewProcessId: '0x10' }, 4688), {
      action: 'command_execution',
      command: 'C:\\a\\nc.exe',
      program: 'nc.exe',
      pid: 16,
    });
    expect(record({}, '1102')).toBeUndefined();
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, 'x']));
    expectFields(record({ ...many, ['__proto__']: { x: 1 } }), { flags: ['extra_cut'] });
  });
});
