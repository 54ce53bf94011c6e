/** A long log is read while the process is killed again and again: nothing may be missing or twice. */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { syslogTime } from './attacker.ts';
import { eventually, newFolder, startSoc, type SocProcess } from './soc-process.ts';

const ATTACKER = '203.0.113.50';
/** One line in so many is the attacker's. */
const ATTACK_EVERY = 400;
const WITHIN_MS = 120_000;

async function stored(soc: SocProcess): Promise<number> {
  const answer = await fetch(`${soc.url('console')}/api/overview`);
  const overview = (await answer.json()) as { totals: { events: number } };
  return overview.totals.events;
}

/** How often each user was stored: every line has one of its own. */
async function countUsers(data: string, lines: number): Promise<ReadonlyMap<string, number>> {
  const store = await openDuckDbStore({ path: path.join(data, 'soc.duckdb') });
  const users = new Map<string, number>();
  const range = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  for (const event of await store.searchEvents({ range, size: 2 * lines, order: 'oldest' })) {
    const user = event.username ?? '';
    users.set(user, (users.get(user) ?? 0) + 1);
  }
  await store.close();
  return users;
}

export interface KilledReplay {
  /** Users whose line was never stored, and users stored more than once or never written. */
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly stored: number;
  /** Events of each alert of the attacker. */
  readonly alerts: readonly number[];
}

/** What is right: every line once, the attacker in one alert. */
export function everyLineOnce(count: number): KilledReplay {
  return { missing: [], extra: [], stored: count, alerts: [count / ATTACK_EVERY] };
}

/**
 * Kills the process with SIGKILL so many times, each in another part of a replay of so many lines (a
 * multiple of 400): the next part is written when the process is dead, so no kill comes too late,
 * however fast lines are stored.
 */
export async function replayWithKills(kills: number, count: number): Promise<KilledReplay> {
  const folder = newFolder();
  const log = path.join(folder, 'auth.log');
  const data = path.join(folder, 'data');
  const baseMs = Date.now() - count * 20 - 60_000;
  const lines = Array.from({ length: count }, (_, index) => {
    const source =
      index % ATTACK_EVERY === 0 ? ATTACKER : `198.18.${(index >> 8) & 255}.${index & 255}`;
    return `${syslogTime(new Date(baseMs + index * 20))} web01 sshd[9]: Failed password for u${index} from ${source} port ${1024 + (index % 60_000)} ssh2\n`;
  });
  let written = 0;
  const writeUpTo = (end: number): void => {
    appendFileSync(log, lines.slice(written, end).join(''));
    written = end;
  };
  const part = Math.floor(count / (kills + 1));
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = written;
    writeUpTo(before + Math.floor(part / 2));
    const soc = await startSoc(['--logs', log], { data });
    await eventually(async () => (await stored(soc)) > before, WITHIN_MS);
    // The rest comes at once, and the kill at another moment of it each time.
    writeUpTo(before + part);
    await new Promise((resolve) => setTimeout(resolve, (kill * 13) % 40));
    await soc.end('SIGKILL');
  }
  writeUpTo(count);
  const soc = await startSoc(['--logs', log], { data });
  await eventually(async () => (await stored(soc)) >= count, WITHIN_MS);
  await fetch(`${soc.url('detection')}/trigger`, { method: 'POST' });
  const alerts = (await soc.alerts())
    .filter((alert) => alert.source_ip === ATTACKER && alert.rule_name === 'BruteForceRule')
    .map((alert) => alert.event_count);
  await soc.end('SIGINT');

  const users = await countUsers(data, count);
  const wanted = new Set(Array.from({ length: count }, (_, index) => `u${index}`));
  return {
    missing: [...wanted].filter((user) => !users.has(user)),
    extra: [...users].flatMap(([user, times]) => (times > 1 || !wanted.has(user) ? [user] : [])),
    stored: users.size,
    alerts,
  };
}
