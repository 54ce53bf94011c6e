/**
 * No sequence of lines that an account without rights, a web client or a sender of datagrams can write leads to the
 * block of an address that had no connection: through the parsers, a database, all rules and decide(), as the product
 * runs them with RESPONSE_MODE=enforce.
 */
import { ignoreLimits, parseSettings, type Alert } from '@mini-soc/model';
import { createCycle } from '@mini-soc/detect';
import { createIngest, type ConfirmOptions } from '@mini-soc/ingest';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../services/response/src/decide/decide.ts';
import { responseSettingsOf } from '../services/response/src/response-settings.ts';
import { propertyRuns } from '../scripts/property-runs.ts';
import { loadProductRules } from './replay.ts';

const VICTIM = '203.0.113.9';
const GUEST = '198.51.100.7';
const NOW_MS = Date.parse('2026-11-21T03:42:00.000Z');
const POLICY = {
  ...responseSettingsOf(parseSettings({ RESPONSE_MODE: 'enforce' })),
  ownAddresses: [],
};

const stamp = (second: number) => new Date(NOW_MS - 60_000 + second * 500).toISOString();
const clock = (second: number) => `21/Nov/2026:03:41:${String(second % 60).padStart(2, '0')} +0000`;
const USERS = ['root', 'admin', 'alice', 'nobody1'];
const CLAIMS: readonly ((n: number) => string)[] = [
  (n) => `Failed password for ${USERS[n % 4]} from ${VICTIM} port ${n + 1024} ssh2`,
  (n) => `Failed password for invalid user u${n} from ${VICTIM} port ${n + 1024} ssh2`,
  () => `message repeated 5 times: [ Failed password for root from ${VICTIM} port 22 ssh2]`,
  (n) => `Invalid user u${n} from ${VICTIM} port ${n + 1024}`,
  () =>
    `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${VICTIM}  user=root`,
  () => `Accepted password for alice from ${VICTIM} port 22 ssh2`,
];
const AGENTS = [
  'curl/8',
  'sqlmap/1.8',
  'Mozilla/5.0 (X11)',
  'AcmeBot/1.0 (+https://a.example)',
  '-',
];
const journal = (fields: object) =>
  JSON.stringify({ _HOSTNAME: 'web01', SYSLOG_IDENTIFIER: 'sshd', ...fields });

/** What each of them can have written, with the file in which it ends. */
const WRITERS: readonly ((n: number, second: number) => readonly [file: string, line: string])[] = [
  // logger, as any account, under any tag; syslog writes host and time, a datagram both as it likes.
  (n, s) => ['auth.log', `${stamp(s)} web01 sshd[${n + 1}]: ${CLAIMS[n % 6]?.(n)}`],
  (n, s) => ['auth.log', `${stamp(s)} bastion sshd[${n + 1}]: ${CLAIMS[n % 6]?.(n)}`],
  (n, s) => [
    'auth.log',
    `${stamp(s)} web01 nginx: ${VICTIM} - - [${clock(s)}] "GET /p${n}.php HTTP/1.1" 404 1 "-" "nikto"`,
  ],
  (n) => ['auth.log', `sshd[4]: ${CLAIMS[n % 6]?.(n)}`],
  // The journal of an account, as an administrator writes it to a file.
  (n, s) => [
    'journal.json',
    journal({
      __REALTIME_TIMESTAMP: String(Date.parse(stamp(s)) * 1000),
      _UID: '1000',
      _COMM: n % 2 ? 'sshd' : 'logger',
      MESSAGE: CLAIMS[n % 6]?.(n),
    }),
  ],
  // A service that logs what its clients send.
  (n, s) => [
    'journal.json',
    JSON.stringify({
      '@timestamp': stamp(s),
      action: 'ssh_login',
      status: 'failure',
      username: USERS[n % 4],
      source_ip: VICTIM,
    }),
  ],
  // A client of a web server whose log begins with its header, or that only asks.
  (n, s) => [
    'access.log',
    `${stamp(s)} web01 sshd[411]: ${CLAIMS[n % 6]?.(n)} - - [${clock(s)}] "GET / HTTP/1.1" 404 153 "-" "curl/8"`,
  ],
  (n, s) => [
    'access.log',
    `${VICTIM} - - [${clock(s)}] "GET /a${n}.php?id=1'%20or%201=1 HTTP/1.1" 404 153 "-" "${AGENTS[n % 5]}"`,
  ],
  (n, s) => [
    'access.log',
    `${GUEST}, ${VICTIM} - - [${clock(s)}] "GET /../p${n} HTTP/1.0" 404 153 "-" "${AGENTS[n % 5]}"`,
  ],
  // A page that has the browser of a visitor, who is really there, ask for what is not.
  (n, s) => [
    'access.log',
    `${GUEST} - - [${clock(s)}] "GET /p${n}.php HTTP/1.1" 404 153 "http://evil.example/" "Mozilla/5.0 (X11; Linux)"`,
  ],
  (n, s) => [
    'access.log',
    `${GUEST} - - [${clock(s)}] "GET /..%2fp${n}?q=/etc/passwd HTTP/1.1" 404 153 "-" "Mozilla/5.0 (X11; Linux)"`,
  ],
  (n, s) => [
    'access.log',
    `${GUEST} - - [${clock(s)}] "GET /old${n} HTTP/1.1" 404 153 "-" "AcmeBot/1.0 (+https://a.example)"`,
  ],
];

const confirm = (peers: readonly string[]): ConfirmOptions => ({
  connections: { canSee: () => true, look: () => undefined, has: (peer) => peers.includes(peer) },
  ownHosts: ['web01'],
  trustedHosts: [],
  isBehindProxies: false,
  sshPorts: () => [22],
});

const write = (writer: number, n: number, second: number): readonly [string, string] =>
  WRITERS[writer]?.(n, second) ?? ['auth.log', ''];
const rules = await loadProductRules();

/** Addresses that these lines have blocked, and how many alerts there are. */
async function judge(
  lines: readonly (readonly [file: string, line: string])[],
  peers: readonly string[],
) {
  const store = await openDuckDbStore({ path: ':memory:', memoryLimitMb: 256 });
  try {
    const ingest = createIngest({
      store,
      zoneOffsetMinutes: () => 0,
      onLimit: ignoreLimits,
      confirm: confirm(peers),
    });
    for (const [index, [file, text]] of lines.entries())
      await ingest.ingest({
        lines: [{ text, file, offset: index, eventId: `e${index}`, flags: [], arrivalMs: NOW_MS }],
      });
    const cycle = createCycle({
      store,
      rules,
      latenessMs: 120_000,
      now: () => new Date(NOW_MS),
      logger: { debug: () => undefined, warn: () => undefined, error: () => undefined },
      lanesFor: () => [],
      onAlert: () => undefined,
      onLimit: ignoreLimits,
    });
    await cycle.run();
    const alerts = (await store.searchAlerts({ size: 1000 })).map(({ alert }) => alert);
    return { alerts, blocked: alerts.flatMap(blockedBy) };
  } finally {
    await store.close();
  }
}

function blockedBy(alert: Alert): readonly string[] {
  const counts = { isBlocked: false, recent: 0, total: 0 };
  const verdict = decide(alert, POLICY, counts, new Date(NOW_MS));
  return verdict.outcome === 'blocked' ? [verdict.address] : [];
}

describe('nobody is framed', () => {
  it('whatever an account, a web client or a sender of datagrams writes, and in whatever order', async () => {
    const line = fc.tuple(fc.nat(WRITERS.length - 1), fc.nat(40), fc.nat(110));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 120 }), async (given) => {
        const lines = given
          .toSorted((a, b) => a[2] - b[2])
          .map(([writer, n, second]) => write(writer, n, second));
        const { blocked } = await judge(lines, [GUEST]);
        expect(blocked).toEqual([]);
      }),
      { numRuns: propertyRuns(40) },
    );
  });

  it.each(WRITERS.map((_, index) => index))('by forty lines of writer %i alone', async (writer) => {
    const lines = Array.from({ length: 40 }, (_, n) => write(writer, n, n));
    const { blocked } = await judge(lines, [GUEST]);
    expect(blocked).toEqual([]);
  });

  it('and the same lines block where the address had a connection', async () => {
    const lines = Array.from({ length: 10 }, (_, n) => write(0, n * 6, n));
    const { alerts, blocked } = await judge(lines, [VICTIM]);
    expect(blocked).toContain(VICTIM);
    const forged = await judge(lines, []);
    expect(forged.alerts.length).toBe(alerts.length);
    expect(forged.blocked).toEqual([]);
  });
});
