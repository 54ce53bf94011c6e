/**
 * A flood of sources that each fail once, through the real process: memory stays bounded, what the
 * first look lets go is counted, and the attackers among them are found. SPOOFED_SOURCES sets the
 * number (100,000 here; 1,000,000 by hand), SPOOFED_PER_SECOND how fast they come.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { syslogTime } from './attacker.ts';
import { eventually, newFolder, startSoc, type SocProcess } from './soc-process.ts';

const SOURCES = Number(process.env['SPOOFED_SOURCES'] ?? 100_000);
const PER_SECOND = Number(process.env['SPOOFED_PER_SECOND'] ?? 10_000);
const ATTACKERS = 100;
const FAILURES = 5;
const MAX_RSS_MB = 512;
const WITHIN_MS = 900_000;

let running: SocProcess | undefined;
afterEach(async () => void (await running?.end('SIGKILL')));

const attackerOf = (index: number): string => `203.0.113.${index + 1}`;

/** Lines of the flood and, `FAILURES` times within half a minute, a round of all attackers. */
async function flood(log: string): Promise<number> {
  const file = openSync(log, 'a');
  const beganMs = Date.now();
  const roundLines = Math.min(SOURCES / (FAILURES + 1), PER_SECOND * 6);
  let lines = 0;
  let rounds = 0;
  // Times follow from the number of the line: a busy machine writes later, not other events.
  let time = '';
  const failed = (address: string): string =>
    `${time} web01 sshd[9]: Failed password for root from ${address} port ${1024 + (lines++ % 60_000)} ssh2\n`;
  for (let source = 0; source < SOURCES;) {
    const chunk: string[] = [];
    time = syslogTime(new Date(beganMs + (source / PER_SECOND) * 1000));
    for (const to = Math.min(SOURCES, source + 1000); source < to; source += 1)
      chunk.push(
        failed(`2001:db8:${(source >> 16).toString(16)}::${(source & 0xffff).toString(16)}`),
      );
    // In the middle of the flood, when the first look has let go of many.
    if (rounds < FAILURES && source >= SOURCES / 2 - (FAILURES / 2 - rounds) * roundLines) {
      rounds += 1;
      for (let index = 0; index < ATTACKERS; index += 1) chunk.push(failed(attackerOf(index)));
    }
    writeSync(file, chunk.join(''));
    await sleep(Math.max(0, beganMs + (source / PER_SECOND) * 1000 - Date.now()));
  }
  closeSync(file);
  return lines;
}

/** Highest resident memory of the process so far, MiB (Linux). */
function peakRssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}

async function metric(soc: SocProcess, name: string): Promise<number> {
  const text = await (await fetch(`${soc.url('detection')}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

async function storedEvents(soc: SocProcess): Promise<number> {
  const overview = (await (await fetch(`${soc.url('console')}/api/overview`)).json()) as {
    totals: { events: number };
  };
  return overview.totals.events;
}

it(
  `finds ${ATTACKERS} attackers among ${SOURCES} spoofed sources in bounded memory`,
  async () => {
    const folder = newFolder();
    const log = path.join(folder, 'auth.log');
    const soc = await startSoc(['--logs', log], { data: path.join(folder, 'data') });
    running = soc;
    const { pid } = JSON.parse(readFileSync(path.join(soc.data, 'run.json'), 'utf8')) as {
      pid: number;
    };
    const lines = await flood(log);
    await eventually(async () => (await storedEvents(soc)) === lines, WITHIN_MS);
    const trigger = await fetch(`${soc.url('detection')}/trigger`, { method: 'POST' });
    expect(trigger.status).toBe(200);
    const found = (await soc.alerts()).filter((alert) => alert.rule_name === 'BruteForceRule');
    const rssMb = peakRssMb(pid);
    const evictions = await metric(soc, 'soc_detection_arrival_evictions');
    process.stderr.write(
      `${lines} lines, ${found.length} attackers found, ${evictions} evictions, peak ${rssMb} MiB\n`,
    );
    expect(found).toHaveLength(ATTACKERS);
    expect(new Set(found.map((alert) => alert.source_ip))).toEqual(
      new Set(Array.from({ length: ATTACKERS }, (_, index) => attackerOf(index))),
    );
    expect(new Set(found.map((alert) => alert.event_count))).toEqual(new Set([FAILURES]));
    expect(evictions).toBeGreaterThan(SOURCES / 2);
    expect(rssMb).toBeLessThan(MAX_RSS_MB);
    expect((await soc.end('SIGTERM')).code).toBe(0);
  },
  WITHIN_MS,
);
