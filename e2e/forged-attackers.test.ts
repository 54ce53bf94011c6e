/**
 * Twenty ways to have somebody accused who did nothing, in one run of `soc up` that asks for proof as enforcing does:
 * lines that any account writes, request headers, datagrams, pages that browsers follow, visitors of a proxy. Each makes an
 * alert, and a ticket where it is not low, none a block; an attacker of whom a trusted file tells is blocked beside them.
 */
import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, newFolder, startSoc, type SocProcess } from './soc-process.ts';

const WITHIN_MS = 120_000;
const REAL = '203.0.113.200';

let soc: SocProcess | undefined;
afterEach(async () => {
  await soc?.end('SIGKILL');
});

const webTime = (at: Date): string => {
  const [, day = '', month = '', year = ''] = /, (\d+) (\w+) (\d+)/.exec(at.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${at.toISOString().slice(11, 19)} +0000`;
};

type Forger = readonly [file: string, linesAbout: (victim: string, now: Date) => readonly string[]];

const times = (count: number, line: (n: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, n) => line(n));
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0';

/** What an account without rights writes with `logger`, under the name of this machine. */
const byLogger =
  (claim: (victim: string, n: number) => string, count = 12): Forger[1] =>
  (victim, now) =>
    times(count, (n) => `${now.toISOString()} ${hostname()} ${claim(victim, n)}`);
/** What a datagram brings that names another sender. */
const byDatagram =
  (sender: string): Forger[1] =>
  (victim, now) =>
    times(
      12,
      (n) =>
        `${now.toISOString()} ${sender} sshd[411]: Failed password for root from ${victim} port ${4000 + n} ssh2`,
    );
const requests =
  (count: number, rest: (n: number) => string): Forger[1] =>
  (victim, now) =>
    times(count, (n) => `${victim} - - [${webTime(now)}] ${rest(n)}`);

const FORGERS: readonly (readonly [what: string, ...Forger])[] = [
  [
    'logger as sshd, a password',
    'auth.log',
    byLogger((v, n) => `sshd[411]: Failed password for root from ${v} port ${4000 + n} ssh2`),
  ],
  [
    'logger as sshd, unknown users',
    'auth.log',
    byLogger((v, n) => `sshd[411]: Failed password for invalid user u${n} from ${v} port 22 ssh2`),
  ],
  [
    'logger as sshd-session',
    'auth.log',
    byLogger((v, n) => `sshd-session[9]: Failed password for root from ${v} port ${4000 + n} ssh2`),
  ],
  [
    'logger with the path of sshd',
    'auth.log',
    byLogger((v) => `/usr/sbin/sshd[1]: Failed password for root from ${v} port 22 ssh2`),
  ],
  [
    'logger as the mail server',
    'auth.log',
    byLogger(
      (v, n) =>
        `dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<root>, method=PLAIN, rip=${v}, lip=10.0.0.5, session=<${n}>`,
    ),
  ],
  [
    'logger as dropbear',
    'auth.log',
    byLogger((v) => `dropbear[7]: Bad password attempt for 'root' from ${v}:4000`),
  ],
  [
    'logger, lines and many repeats of them',
    'auth.log',
    byLogger((v, n) => {
      const claim = `Failed password for root from ${v} port ${22 + (n >> 1)} ssh2`;
      return `sshd[411]: ${n % 2 === 0 ? claim : `message repeated 5 times: [ ${claim}]`}`;
    }),
  ],
  [
    'logger, failures and then a success',
    'auth.log',
    byLogger((v, n) =>
      n < 11
        ? `sshd[411]: Failed password for alice from ${v} port 22 ssh2`
        : `sshd[411]: Accepted password for alice from ${v} port 22 ssh2`,
    ),
  ],
  ['a datagram of a bastion', 'auth.log', byDatagram('bastion')],
  ['a datagram of a router', 'auth.log', byDatagram('router.example.net')],
  ['a datagram with an address for its host', 'auth.log', byDatagram('192.0.2.77')],
  [
    'a journal that names the program of an account',
    'journal.json',
    (v, now) =>
      times(12, (n) =>
        JSON.stringify({
          __REALTIME_TIMESTAMP: `${now.getTime() * 1000 + n}`,
          _HOSTNAME: hostname(),
          SYSLOG_IDENTIFIER: 'sshd',
          _COMM: 'logger',
          _UID: '1000',
          _PID: '77',
          MESSAGE: `Failed password for root from ${v} port 22 ssh2`,
        }),
      ),
  ],
  [
    'a service that logs what its clients send',
    'journal.json',
    (v, now) =>
      times(12, () =>
        JSON.stringify({
          '@timestamp': now.toISOString(),
          action: 'ssh_login',
          status: 'failure',
          username: 'root',
          source_ip: v,
        }),
      ),
  ],
  [
    'a header that the log begins with, dead links',
    'header-access.log',
    requests(40, (n) => `"GET /p${n}.php HTTP/1.1" 404 153 "-" "curl/8"`),
  ],
  [
    'a header that the log begins with, a scanner',
    'header-access.log',
    requests(40, (n) => `"GET /q${n}.php HTTP/1.1" 404 153 "-" "Nikto/2.5"`),
  ],
  [
    'a header that the log begins with, an injection',
    'header-access.log',
    requests(40, (n) => `"GET /r.php?id=${n}%27%20or%201=1 HTTP/1.1" 404 153 "-" "curl/8"`),
  ],
  [
    'a page with pictures that are not there',
    'site-access.log',
    requests(40, (n) => `"GET /s${n} HTTP/1.1" 404 153 "http://elsewhere.example/" "${BROWSER}"`),
  ],
  [
    'a page with links that look like probes',
    'site-access.log',
    requests(
      40,
      (n) =>
        `"GET /t${n}.php?q=/etc/passwd HTTP/1.1" 404 153 "http://elsewhere.example/" "${BROWSER}"`,
    ),
  ],
  [
    'a proxy with the dead links of its visitors',
    'site-access.log',
    requests(
      40,
      (n) =>
        `"GET /u${n} HTTP/1.1" 404 153 "-" "Mozilla/5.0 (Windows NT 10.0; rv:1${n}.0)" "192.0.2.${n}"`,
    ),
  ],
  [
    'a proxy with visitors who probe',
    'site-access.log',
    requests(40, (n) => `"GET /v${n}.php HTTP/1.1" 404 153 "-" "Tool${n}/1.0" "192.0.2.${n}"`),
  ],
];

describe('twenty forged attackers', () => {
  it(
    'make an alert and a ticket each, and no block',
    async () => {
      const folder = newFolder();
      const file = (name: string) => path.join(folder, name);
      const files = [...new Set(FORGERS.map(([, name]) => name))];
      for (const name of [...files, 'real.json']) appendFileSync(file(name), '');
      soc = await startSoc(['--logs', ...files.map(file), `json:${file('real.json')}`], {
        data: file('data'),
        variables: { RESPONSE_PROOF: 'required' },
      });
      const now = new Date();
      const victims = FORGERS.map(([what, name, linesAbout], n) => {
        const victim = `203.0.113.${10 + n}`;
        appendFileSync(file(name), `${linesAbout(victim, now).join('\n')}\n`);
        return [victim, what] as const;
      });
      appendFileSync(
        file('real.json'),
        times(
          12,
          () =>
            `${JSON.stringify({ '@timestamp': now.toISOString(), log_type: 'auth', action: 'ssh_login', status: 'failure', username: 'root', source_ip: REAL })}\n`,
        ).join(''),
      );
      const accused = async () => new Set((await soc?.alerts())?.map((alert) => alert.source_ip));
      await eventually(async () => {
        const found = await accused();
        return found.has(REAL) && victims.every(([victim]) => found.has(victim));
      }, WITHIN_MS).catch(async (cause: unknown) => {
        const found = await accused();
        throw new Error(
          `No alert: ${victims
            .filter(([victim]) => !found.has(victim))
            .map(([, what]) => what)
            .join('; ')}`,
          { cause },
        );
      });
      // An alert that climbs waits for an answer once more: all are taken at a moment when none does.
      let alerts: Awaited<ReturnType<SocProcess['alerts']>> = [];
      await eventually(async () => {
        alerts = (await soc?.alerts()) ?? [];
        return alerts.every((alert) => alert.response.state !== 'pending');
      }, WITHIN_MS);
      expect((await soc.blocked()).map((block) => block.source_ip)).toEqual([REAL]);
      for (const [victim, what] of victims) {
        const answers = alerts
          .filter((alert) => alert.source_ip === victim)
          .map(({ response }) => `${response.state} ${response.action ?? ''}`);
        expect([what, answers.length > 0]).toEqual([what, true]);
        // A low alert is there to be seen and asks for nothing.
        for (const answer of answers)
          expect([what, answer]).toEqual([what, expect.stringMatching(/^done (?:ticket|ignore)$/)]);
      }
    },
    2 * WITHIN_MS + 60_000,
  );
});
