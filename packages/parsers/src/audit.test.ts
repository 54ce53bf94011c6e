import { describe, expect, it } from 'vitest';
import { ATTACKER, expectFields, parse, type Wish } from '../test/hostile-line.ts';
import { createFileMemory } from './file-memory.ts';

const AT = '2026-11-21T03:40:00.123Z';
const stamp = (serial: number): string => `audit(1795232400.123:${serial})`;
const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase();
const call = (serial: number, more = 'success=yes exit=0', who = 'auid=1000 uid=1000 euid=0') =>
  `type=SYSCALL msg=${stamp(serial)}: arch=c000003e syscall=59 ${more} ppid=1 pid=77 ${who} tty=pts0 ses=4 comm="id" exe="/usr/bin/id" key="exec"\u001dARCH=x86_64 SYSCALL=execve AUID="alice" UID="alice" EUID="root"`;
const read = (...lines: readonly string[]) => {
  const memory = createFileMemory();
  return lines.map((line) => parse(line, { memory })).filter((event) => event !== undefined);
};

describe('parseLine() of the records of auditd', () => {
  it('joins the records of a command and tells it once, with its user', () => {
    const events = read(
      call(1),
      `type=EXECVE msg=${stamp(1)}: argc=3 a0="sh" a1="-c" a2=${hex('id; echo "x y"')}`,
      `type=CWD msg=${stamp(1)}: cwd="/root"`,
      `type=PATH msg=${stamp(1)}: item=0 name="/bin/sh" inode=1`,
      `type=PROCTITLE msg=${stamp(1)}: proctitle=${hex('sh\u0000-c\u0000id')}`,
    );
    expect(events).toHaveLength(1);
    expectFields(events[0], {
      '@timestamp': AT,
      log_type: 'command',
      action: 'command_execution',
      status: 'executed',
      command: `sh -c 'id; echo "x y"'`,
      username: 'alice',
      target_user: 'root',
      executable: '/usr/bin/id',
      tty: 'pts0',
      pid: 77,
      program: 'auditd',
      extra: { audit: 'true', serial: '1', key: 'exec' },
    });
  });

  it('keeps events that are mixed apart, by host as well', () => {
    const events = read(
      call(1),
      call(2, 'success=yes exit=0', 'auid=4294967295 uid=33 euid=33').replace(/\u001d.*/, ''),
      `node=other type=EXECVE msg=${stamp(1)}: argc=1 a0="other"`,
      `type=EXECVE msg=${stamp(2)}: argc=1 a0="two"`,
      `type=EXECVE msg=${stamp(1)}: argc=1 a0="one"`,
    );
    expect(events.map(({ command, username, hostname }) => [command, username, hostname])).toEqual([
      ['other', undefined, 'other'],
      ['two', '33', undefined],
      ['one', 'alice', undefined],
    ]);
  });

  it('joins arguments that come in several records and parts', () => {
    const [event, ...more] = read(
      call(1),
      `type=EXECVE msg=${stamp(1)}: argc=3 a0="echo" a1="x"`,
      `type=EXECVE msg=${stamp(1)}: a2_len=8 a2[0]=${hex('ab')}`,
      `type=EXECVE msg=${stamp(1)}: a2_len=8 a2[1]=${hex('cd')}`,
    );
    expect(more).toEqual([]);
    expect(event?.command).toBe('echo x abcd');
  });

  it('tells no command that was not found, and a title where there are no arguments', () => {
    expect(
      read(
        call(1, 'success=no exit=-2'),
        `type=EXECVE msg=${stamp(1)}: argc=1 a0="nothere"`,
        `type=PROCTITLE msg=${stamp(1)}: proctitle="nothere"`,
        call(2),
        `type=PROCTITLE msg=${stamp(2)}: proctitle=${hex('id\u0000-u')}`,
        `type=PROCTITLE msg=${stamp(3)}: proctitle="unknown"`,
      ).map(({ command }) => command),
    ).toEqual(['id -u']);
  });

  it('does not let a process write the records of another: its texts are hexadecimal', () => {
    const [event] = read(
      call(1),
      `type=EXECVE msg=${stamp(1)}: argc=2 a0="echo" a1=${hex(`x" AUID="bob" type=USER_LOGIN addr=${ATTACKER}`)}`,
    );
    expectFields(event, {
      username: 'alice',
      source_ip: undefined,
      command: `echo 'x" AUID="bob" type=USER_LOGIN addr=${ATTACKER}'`,
    });
  });

  it.each<[string, string, Wish]>([
    [
      'a login that failed',
      `type=USER_LOGIN msg=${stamp(4)}: pid=9 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct=${hex('(unknown user)')} exe="/usr/sbin/sshd" hostname=? addr=${ATTACKER} terminal=ssh res=failed'`,
      { action: 'host_login', status: 'failure', username: '(unknown user)', source_ip: ATTACKER },
    ],
    [
      'a login that succeeded, with names',
      `type=USER_LOGIN msg=${stamp(4)}: pid=9 uid=0 auid=1000 ses=3 msg='op=login id=1000 exe="/usr/sbin/sshd" hostname=${ATTACKER} addr=${ATTACKER} terminal=ssh res=success'\u001dUID="root" AUID="alice" ID="alice"`,
      { action: 'host_login', status: 'success', username: 'alice', source_ip: ATTACKER },
    ],
    [
      'sudo, which says it itself as well',
      `type=USER_CMD msg=${stamp(4)}: pid=9 uid=1000 auid=1000 ses=3 msg='cwd="/root" cmd=${hex('id -u')} exe="/usr/bin/sudo" terminal=pts/0 res=success'\u001dUID="alice" AUID="alice"`,
      { action: 'sudo_event', command: 'id -u', username: 'alice', working_directory: '/root' },
    ],
    [
      'a new account',
      `type=ADD_USER msg=${stamp(4)}: pid=9 uid=0 auid=1000 ses=3 msg='op=adding user id=1001 exe="/usr/sbin/useradd" hostname=web01 addr=? terminal=pts/0 res=success'\u001dUID="root" AUID="alice" ID="mallory"`,
      { action: 'account_created', target_user: 'mallory', username: 'alice', status: 'success' },
    ],
    [
      'a crash',
      `type=ANOM_ABEND msg=${stamp(4)}: auid=1000 uid=1000 gid=1000 ses=3 pid=77 comm="su" exe="/usr/bin/su" sig=11 res=1`,
      { action: 'process_crashed', executable: '/usr/bin/su', reason: 'signal_11', pid: 77 },
    ],
    [
      'an interface that sniffs',
      `type=ANOM_PROMISCUOUS msg=${stamp(4)}: dev=eth0 prom=256 old_prom=0 auid=1000 uid=0 gid=0 ses=3`,
      { action: 'promiscuous_on', interface_in: 'eth0' },
    ],
    [
      'rules that are taken away',
      `type=CONFIG_CHANGE msg=${stamp(4)}: auid=1000 ses=3 op=remove_rule key="exec" list=4 res=1`,
      { action: 'audit_changed' },
    ],
    [
      'by syslog, with numbers for types',
      `Nov 21 03:40:00 web01 audispd: type=1701 msg=${stamp(4)}: auid=1000 uid=1000 pid=77 comm="su" exe="/usr/bin/su" sig=6 res=1`,
      { action: 'process_crashed', hostname: 'web01', reason: 'signal_6' },
    ],
  ])('%s', (_title, line, wish) => expectFields(read(line)[0], { '@timestamp': AT, ...wish }));

  it.each<[string, Wish]>([
    [
      'Nov 21 03:40:00 web01 audit[5]: type=USER_AUTH msg=audit(1795232400.123:4): pid=9 uid=0 msg=\'op=PAM:authentication acct="bob" exe="/usr/bin/su" hostname=? addr=? terminal=pts/0 res=failed\'',
      { log_type: 'auth', action: 'audit_auth', username: 'bob', source_ip: undefined },
    ],
    [
      'Nov 21 03:40:00 web01 audit[5]: type=EXECVE msg=audit(1795232400.123:5): argc=2 a0="id" a1="-u"',
      { log_type: 'command', command: 'id -u', hostname: 'web01' },
    ],
    [
      'Nov 21 03:40:00 web01 audit[5]: type=DAEMON_END msg=audit(1795232400.123:6): op=terminate auid=0 pid=1 res=success',
      { log_type: 'system', action: 'audit_stopped' },
    ],
  ])('by syslog: %s', (line, wish) => expectFields(read(line)[0], { '@timestamp': AT, ...wish }));

  it.each([
    `type=CRED_ACQ msg=${stamp(4)}: pid=9 uid=0 msg='op=PAM:setcred acct="root" exe="/usr/sbin/cron" res=success'`,
    `type=PATH msg=${stamp(4)}: item=0 name="/etc/shadow"`,
    'type=SYSCALL msg=audit(1.2:3): syscall=59',
    'type= and nothing else',
  ])('leaves what has no meaning of its own: %s', (line) => expect(read(line)).toEqual([]));

  it('without a memory arguments are told, without their user', () => {
    expectFields(parse(`type=EXECVE msg=${stamp(1)}: argc=2 a0="id" a1="-u"`), {
      command: 'id -u',
      username: undefined,
    });
  });
});
