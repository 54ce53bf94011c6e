import { describe, expect, it } from 'vitest';
import { parseLine } from './parse-line.ts';

const CONTEXT = { arrivalMs: Date.UTC(2026, 10, 21, 12), zoneOffsetMinutes: () => 0 };
const parse = (text: string) => parseLine(`Nov 21 11:00:00 web01 ${text}`, CONTEXT);
const PEER = '203.0.113.7';
const VICTIM = '198.51.100.1';

describe('parseLine() of logins at ftp, mail and databases', () => {
  it.each<[string, object]>([
    [
      `proftpd[7]: web01.example (client.example[${PEER}]) - USER bob (Login failed): Incorrect password`,
      { action: 'ftp_login', status: 'failure', username: 'bob', reason: 'bad_password' },
    ],
    [
      `proftpd[7]: 192.0.2.1 (client.example[::ffff:${PEER}]) - USER bob: no such user found from client.example [${PEER}] to 192.0.2.1:21`,
      { action: 'ftp_login', status: 'failure', username: 'bob', reason: 'invalid_user' },
    ],
    [
      `proftpd[7]: web01.example (client.example[${PEER}]) - USER bob: Login successful.`,
      { action: 'ftp_login', status: 'success', username: 'bob' },
    ],
    [
      `proftpd[7]: web01.example (client.example[${PEER}]) - USER x[${VICTIM}]) - USER y (Login failed): a (Login failed): Incorrect password`,
      { status: 'failure', username: `x[${VICTIM}]) - USER y (Login failed): a` },
    ],
    [
      `pure-ftpd: (?@${PEER}) [WARNING] Authentication failed for user [bob]`,
      { action: 'ftp_login', status: 'failure', username: 'bob' },
    ],
    [
      `pure-ftpd: (?@${PEER}) [WARNING] Authentication failed for user [x] (?@${VICTIM}) [INFO] y]`,
      { action: 'ftp_login', status: 'failure', username: `x] (?@${VICTIM}) [INFO] y` },
    ],
    [
      `pure-ftpd: (?@${PEER}) [INFO] bob is now logged in`,
      { action: 'ftp_login', status: 'success', username: 'bob' },
    ],
    [
      `dovecot: imap-login: Disconnected: Connection closed (auth failed, 3 attempts in 14 secs): user=<bob>, method=PLAIN, rip=${PEER}, lip=192.0.2.1, TLS, session=<abc>`,
      {
        action: 'mail_login',
        status: 'failure',
        username: 'bob',
        repeat_count: 3,
        protocol: 'imap',
      },
    ],
    [
      `dovecot: pop3-login: Aborted login (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=${VICTIM}, lip=1.1.1.1>, method=PLAIN, rip=${PEER}, lip=192.0.2.1, session=<abc>`,
      { status: 'failure', username: `x>, method=PLAIN, rip=${VICTIM}, lip=1.1.1.1` },
    ],
    [
      `dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip=${PEER}, lip=192.0.2.1, mpid=9, TLS, session=<abc>`,
      { action: 'mail_login', status: 'success', username: 'bob' },
    ],
    [
      `postfix/smtpd[7]: warning: unknown[${PEER}]: SASL LOGIN authentication failed: (reason unavailable), sasl_username=bob`,
      { action: 'mail_login', status: 'failure', username: 'bob', auth_method: 'login' },
    ],
    [
      `postfix/smtps/smtpd[7]: warning: client.example[${PEER}]: SASL PLAIN authentication failed: authentication failure`,
      { action: 'mail_login', status: 'failure' },
    ],
    [
      `postfix/smtpd[7]: 4XyZ12abcd: client=client.example[${PEER}], sasl_method=PLAIN, sasl_username=bob`,
      { action: 'mail_login', status: 'success', username: 'bob' },
    ],
    [
      `mysqld[7]: 2026-11-21 11:00:00 9 [Note] Access denied for user 'root'@'${PEER}' (using password: YES)`,
      { action: 'database_login', status: 'failure', username: 'root' },
    ],
    [
      `mysqld[7]: Access denied for user 'x'@'${VICTIM}' (using password: NO)'@'${PEER}' (using password: YES)`,
      { status: 'failure', username: `x'@'${VICTIM}' (using password: NO)` },
    ],
  ])('%s', (text, wish) => {
    expect(parse(text)).toMatchObject({ log_type: 'auth', source_ip: PEER, ...wish });
  });

  it.each([
    'dovecot: imap(bob): Logged out in=50 out=700',
    `dovecot: imap-login: Disconnected (no auth attempts in 0 secs): user=<>, rip=${PEER}, lip=192.0.2.1`,
    `postfix/smtpd[7]: connect from unknown[${PEER}]`,
    'mysqld[7]: ready for connections',
    `proftpd[7]: web01.example (client.example[${PEER}]) - FTP session opened.`,
    `pure-ftpd: (?@${PEER}) [INFO] New connection from ${PEER}`,
  ])('leaves what is no login: %s', (text) => {
    expect(parse(text)).toBeUndefined();
  });
});
