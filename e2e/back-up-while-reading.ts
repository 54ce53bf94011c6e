/**
 * A log grows while backups are made of the instance that reads it. Each is restored, reads on in the log and
 * must then have every line once.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { syslogTime } from './attacker.ts';
import { eventually, newFolder, runSoc, startSoc, type SocProcess } from './soc-process.ts';

const LINES_A_SECOND = 2000;
const STEP_MS = 50;
const ATTACKER = '203.0.113.50';
/** One line in so many is the attacker's. */
const ATTACK_EVERY = 100;
const WITHIN_MS = 120_000;
/** Between the last line stored and the decision about it. */
const DECIDED_WITHIN_MS = 20_000;

export interface RestoredBackup {
  /** Events that were in the backup. */
  readonly backedUp: number;
  /** Users whose line was not stored when the restored folder had read on, and users stored more than once. */
  readonly missing: number;
  readonly doubled: number;
  /** Whether the attacker of the log is blocked. */
  readonly isBlocked: boolean;
}

async function stored(soc: SocProcess): Promise<number> {
  const answer = await fetch(`${soc.url('console')}/api/overview`);
  return ((await answer.json()) as { totals: { events: number } }).totals.events;
}

/** Each line has a user of its own; those of the attacker do not exist here, as is usual for who guesses. */
function line(index: number): string {
  const [user, source] =
    index % ATTACK_EVERY === 0
      ? [`invalid user u${index}`, ATTACKER]
      : [`u${index}`, `198.18.${(index >> 8) & 255}.${index & 255}`];
  return `${syslogTime(new Date())} web01 sshd[9]: Failed password for ${user} from ${source} port ${1024 + (index % 60_000)} ssh2\n`;
}

/** Makes so many backups while lines come, the first when `firstLines` are stored, then restores one after the other. */
export async function backUpWhileReading(
  backups: number,
  firstLines: number,
): Promise<readonly RestoredBackup[]> {
  const folder = newFolder();
  const log = path.join(folder, 'auth.log');
  const data = path.join(folder, 'data');
  let lines = 0;
  const write = (count: number): void => {
    appendFileSync(log, Array.from({ length: count }, () => line(lines++)).join(''));
  };
  writeFileSync(log, '');
  write(firstLines);
  const soc = await startSoc(['--logs', log], { data });
  const made: { readonly target: string; readonly events: number }[] = [];
  try {
    await eventually(async () => (await stored(soc)) >= firstLines, WITHIN_MS);
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) {
        write((LINES_A_SECOND * STEP_MS) / 1000);
        await sleep(STEP_MS);
      }
    })();
    for (let number = 1; number <= backups; number += 1) {
      const target = path.join(folder, `backup-${number}`);
      const done = await runSoc(['backup', target, '--data', data]);
      if (done.code !== 0) throw new Error(`soc backup failed: ${done.stderr}`);
      const { events } = JSON.parse(readFileSync(path.join(target, 'manifest.json'), 'utf8')) as {
        events: number;
      };
      made.push({ target, events });
    }
    isWriting = false;
    await writing;
  } finally {
    await soc.end('SIGKILL');
  }
  const results: RestoredBackup[] = [];
  for (const { target, events } of made) {
    const restored = `${target}-restored`;
    const done = await runSoc(['restore', target, '--data', restored]);
    if (done.code !== 0) throw new Error(`soc restore failed: ${done.stderr}`);
    results.push({ backedUp: events, ...(await readOn(restored, log, lines)) });
  }
  return results;
}

async function readOn(
  data: string,
  log: string,
  lines: number,
): Promise<Omit<RestoredBackup, 'backedUp'>> {
  const soc = await startSoc(['--logs', log], { data });
  let isBlocked = false;
  try {
    await eventually(async () => (await stored(soc)) >= lines, WITHIN_MS);
    const asked = async () => (await soc.blocked()).some((block) => block.source_ip === ATTACKER);
    isBlocked = await eventually(asked, DECIDED_WITHIN_MS).then(
      () => true,
      () => false,
    );
  } finally {
    await soc.end('SIGTERM');
  }
  const store = await openDuckDbStore({ path: path.join(data, 'soc.duckdb') });
  const users = new Map<string, number>();
  for (const event of await store.searchEvents({ size: 2 * lines, order: 'oldest' }))
    users.set(event.username ?? '', (users.get(event.username ?? '') ?? 0) + 1);
  await store.close();
  const wanted = Array.from({ length: lines }, (_, index) => `u${index}`);
  return {
    missing: wanted.filter((user) => !users.has(user)).length,
    doubled: [...users.values()].filter((count) => count > 1).length,
    isBlocked,
  };
}
