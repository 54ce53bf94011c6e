import { ignoreLimits, type SocEvent, UsageError } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { createLinesToEvents, type LinesToEventsOptions } from './lines-to-events.ts';
import { parseLogSource } from './log-sources.ts';

const VICTIM = '203.0.113.9';
const SSHD = `2026-03-01T10:00:00Z web01 sshd[411]: Failed password for root from ${VICTIM} port 22 ssh2`;
const ACCESS = '198.51.100.7 - - [01/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 404 1 "-" "curl/8"';
const JOURNAL = JSON.stringify({
  __REALTIME_TIMESTAMP: '1772359200000000',
  SYSLOG_IDENTIFIER: 'sshd',
  _COMM: 'sshd',
  _UID: '0',
  MESSAGE: `Failed password for root from ${VICTIM} port 22 ssh2`,
});
const OWN = `{"@timestamp":"2026-03-01T10:00:00Z","action":"ssh_login","status":"failure","source_ip":"${VICTIM}"}`;
const SHAM = `${SSHD} - - [01/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 404 153 "-" "curl/8"`;

function reader(options: Partial<LinesToEventsOptions> = {}) {
  const lines = createLinesToEvents({
    zoneOffsetMinutes: () => 0,
    onLimit: ignoreLimits,
    ...options,
  });
  let offset = 0;
  const read = (file: string, ...texts: readonly string[]): readonly SocEvent[] =>
    lines.read(
      texts.map((text) => ({
        text,
        file,
        offset: (offset += 100),
        eventId: `e${offset}`,
        arrivalMs: Date.parse('2026-03-01T10:00:05Z'),
        flags: [],
      })),
    ).events;
  return { lines, read };
}
const accused = (events: readonly SocEvent[]) => events.map((event) => event.source_ip);

describe('parseLogSource()', () => {
  it.each([
    ['sshd:/var/log/auth.log', { pattern: '/var/log/auth.log', format: 'sshd' }],
    ['web-error:logs/*.log', { pattern: 'logs/*.log', format: 'web-error' }],
    ['/var/log/auth.log', { pattern: '/var/log/auth.log' }],
    ['C:\\logs\\auth.log', { pattern: 'C:\\logs\\auth.log' }],
    ['c:/logs/auth.log', { pattern: 'c:/logs/auth.log' }],
    ['app:today.log', { pattern: 'app:today.log' }],
    ['./access:x.log', { pattern: './access:x.log' }],
  ])('parseLogSource() reads %s', (text, source) => {
    expect(parseLogSource(text)).toEqual(source);
  });

  it.each(['sshdd:/var/log/auth.log', 'auto:/var/log/auth.log'])(
    'parseLogSource() refuses the format of %s',
    (text) => {
      expect(() => parseLogSource(text)).toThrow(UsageError);
    },
  );
});

describe('createLinesToEvents() asks the file for the format, not the line', () => {
  it.each([
    ['N10: what a client sent in front of its request', SHAM],
    ['N11: a whole line of sshd', SSHD],
    ['N11: an entry of the journal', JOURNAL],
    ['our own event', OWN],
  ])('%s accuses nobody in an access log, first or later', (_name, line) => {
    for (const file of ['/srv/access.log', '/var/log/nginx/shop-access.log.1', '/srv/access_log']) {
      const first = reader();
      expect(accused(first.read(file, line))).not.toContain(VICTIM);
      expect(accused(first.read(file, ACCESS, line))).not.toContain(VICTIM);
    }
    const unnamed = reader();
    expect(accused(unnamed.read('/srv/requests', ACCESS))).toEqual(['198.51.100.7']);
    expect(accused(unnamed.read('/srv/requests', line))).not.toContain(VICTIM);
    const named = reader({ sources: [parseLogSource('access:/srv/*.txt')] });
    expect(accused(named.read('/srv/a.txt', line))).not.toContain(VICTIM);
  });

  it('reads the log of Squid as such, though it is called as those of web servers are', () => {
    const refused = '1795258800.250 4 203.0.113.7 TCP_DENIED/403 40 GET http://x/ - HIER_NONE/- -';
    const { lines, read } = reader();
    expect(accused(read('/var/log/squid/access.log.1', refused))).toEqual(['203.0.113.7']);
    expect(lines.files().get('/var/log/squid/access.log.1')?.format).toBe('squid');
  });

  it('keeps the format that most of the first lines have, counts and names the others', () => {
    const { lines, read } = reader();
    read('/srv/x', SSHD, SSHD, ACCESS, JOURNAL, 'nonsense');
    expect(accused(read('/srv/x', SSHD, ACCESS))).toEqual([VICTIM]);
    expect(lines.counts()).toEqual({ lines: 7, notUnderstood: 4, otherFormat: 3 });
    expect(lines.files().get('/srv/x')).toEqual({
      format: 'syslog',
      saidBy: 'lines',
      isOurs: false,
      otherFormat: 3,
    });
  });

  it('believes JSON events of ours only where somebody has said that they are', () => {
    const { read } = reader({ sources: [parseLogSource('json:/srv/named.json')] });
    expect(read('/srv/named.json', OWN)[0]?.flags).toBeUndefined();
    expect(read('/srv/other.json', OWN)[0]?.flags).toEqual(['untrusted']);
    expect(read('/srv/journal.json', JOURNAL)[0]?.flags).toBeUndefined();
    expect(read('/srv/auth.log', SSHD)).toHaveLength(1);
    expect(read('/srv/auth.log', OWN, JOURNAL)).toEqual([]);
  });

  it('takes a line that was cut for ambiguous', () => {
    const { lines } = reader();
    const { events } = lines.read([
      { text: SSHD, file: '/a', offset: 0, eventId: 'e', arrivalMs: 0, flags: ['cut'] },
    ]);
    expect(events[0]?.flags).toEqual(expect.arrayContaining(['cut', 'ambiguous']));
  });
});

describe('createLinesToEvents() confirms lines by connections', () => {
  const confirm = (
    peers: readonly string[],
    changes: Partial<LinesToEventsOptions['confirm']> = {},
  ) => ({
    connections: {
      canSee: () => true,
      look: () => undefined,
      has: (peer: string) => peers.includes(peer),
    },
    ownHosts: ['web01.example.org'],
    trustedHosts: [] as readonly string[],
    isBehindProxies: false,
    sshPorts: () => [22],
    ...changes,
  });
  const flagsOf = (
    options: Partial<LinesToEventsOptions>,
    line = SSHD,
    file = '/var/log/auth.log',
  ) => reader(options).read(file, line)[0]?.flags;

  it('N02: says of a line whether its address had a connection', () => {
    expect(flagsOf({ confirm: confirm([]) })).toEqual(['not_connected']);
    expect(flagsOf({ confirm: confirm([VICTIM]) })).toBeUndefined();
    expect(flagsOf({})).toBeUndefined();
  });

  it('N03: says of a line of another host that it is one, unless the host is named', () => {
    const line = SSHD.replace('web01', 'bastion');
    expect(flagsOf({ confirm: confirm([]) }, line)).toEqual(['other_host']);
    expect(flagsOf({ confirm: confirm([], { trustedHosts: ['bastion'] }) }, line)).toBeUndefined();
    expect(flagsOf({ confirm: confirm([], { trustedHosts: ['bastion'] }) })).toEqual([
      'not_connected',
    ]);
  });

  it('says nothing where nobody can look, of records, of what the product writes, and of packets', () => {
    const blind = confirm([], {
      connections: { canSee: () => false, look: () => undefined, has: () => false },
    });
    expect(flagsOf({ confirm: blind })).toBeUndefined();
    expect(flagsOf({ confirm: confirm([]) }, JOURNAL)).toBeUndefined();
    const ours = { sources: [{ pattern: '/var/log/*.log', isOurs: true }] };
    expect(flagsOf({ confirm: confirm([]), ...ours })).toBeUndefined();
    const packet = `2026-03-01T10:00:00Z web01 kernel: [UFW BLOCK] IN=e OUT= SRC=${VICTIM} DST=10.0.0.5 LEN=56 PROTO=TCP SPT=1 DPT=2`;
    expect(flagsOf({ confirm: confirm([]) }, packet)).toBeUndefined();
  });

  it('asks for the connection of a web client, unless proxies stand before the server', () => {
    expect(flagsOf({ confirm: confirm([]) }, ACCESS, '/srv/access.log')).toEqual(['not_connected']);
    const proxied = confirm([], { isBehindProxies: true });
    expect(flagsOf({ confirm: proxied }, ACCESS, '/srv/access.log')).toBeUndefined();
  });
});
