import { describe, expect, it } from 'vitest';
import { ATTACKER, P, expectFields, failure, parse, type Wish } from '../test/hostile-line.ts';

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
    [
      'a second blank, as rsyslog writes it',
      `<38>1 2026-11-21T03:40:00Z web01 sshd 411 - [x@1 a="b"]  ${message}`,
      { hostname: 'web01', pid: 411 },
    ],
    [
      'a second blank without a priority',
      `2026-11-21T03:40:00Z web01 sshd 411 - -  ${message}`,
      { hostname: 'web01', pid: 411 },
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
    expectFields(event, wish);
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
