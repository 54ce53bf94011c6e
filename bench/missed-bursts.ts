/**
 * How many bursts of five failures within less than a minute are missed: by polling the last minute
 * every 15 s, and by our detection on the same events with a cycle every 15 s. Prints one line for each
 * length: `npx tsx --conditions=source bench/missed-bursts.ts`.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDetection } from '@mini-soc/detection';
import type { SocEvent } from '@mini-soc/model';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules } from '@mini-soc/sigma';
import { createMemoryStore } from '@mini-soc/store/memory';
import { POLLING, pollingSees } from './polling-scheme.ts';

const START_MS = Date.parse('2026-11-21T03:00:00.000Z');
const BURSTS = 1000;

export interface MissedBursts {
  readonly bursts: number;
  readonly byPolling: number;
  readonly byDetection: number;
}

/** Bursts of five failures, first and last `spanMs` apart, begun at moments spread over the schedule. */
function makeBursts(count: number, spanMs: number): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, burst) => {
    // Multiples of the golden ratio are spread evenly, and never in step with the schedule.
    const phase = (burst * 0.618_033_988_749_895) % 1;
    const beginMs = START_MS + Math.floor(phase * POLLING.everyMs) + burst * 20;
    return [0, 0.25, 0.5, 0.75, 1].map((part) => beginMs + Math.round(part * spanMs));
  });
}

/** The same bursts for both; each burst has an address of its own. Throws when a cycle fails. */
export async function countMissedBursts(count: number, spanMs: number): Promise<MissedBursts> {
  const bursts = makeBursts(count, spanMs);
  const byPolling = bursts.filter((times) => !pollingSees(POLLING, times)).length;
  const events = bursts
    .flatMap((times, burst) =>
      times.map((ms, index): { ms: number; event: SocEvent } => ({
        ms,
        event: {
          '@timestamp': new Date(ms).toISOString(),
          event_id: `${burst}-${index}`,
          message: 'Failed password',
          log_type: 'auth',
          action: 'ssh_login',
          status: 'failure',
          username: 'root',
          source_ip: `2001:db8::${burst.toString(16)}`,
        },
      })),
    )
    .toSorted((a, b) => a.ms - b.ms);

  const rules = await loadRules({
    directory: path.resolve(import.meta.dirname, '../rules'),
    overrides: [],
  });
  const store = createMemoryStore();
  let nowMs = START_MS;
  const detection = await buildDetection({
    store,
    rules: rules.filter((rule) => rule.name === 'BruteForceRule'),
    settings: { token: '', intervalMs: POLLING.everyMs, latenessMs: 120_000 },
    // Nobody is blocked here: only alerts are counted.
    responder: { respond: () => Promise.reject(new Error('There is no response service')) },
    enricher: { enrich: () => Promise.reject(new Error('There is no enricher')) },
    now: () => new Date(nowMs),
    logger: createLogger({ name: 'missed-bursts', level: 'silent' }),
    version: 'bench',
  });
  let next = 0;
  for (nowMs += POLLING.everyMs; next < events.length; nowMs += POLLING.everyMs) {
    const arrived = events.slice(next).filter(({ ms }) => ms <= nowMs);
    await store.appendEvents(arrived.map(({ event }) => event));
    next += arrived.length;
    const failed = (await detection.trigger()).rules.find((rule) => rule.error !== undefined);
    if (failed !== undefined) throw new Error(`${failed.name}: ${failed.error}`);
  }
  const alerts = await store.searchAlerts({ size: 10 * count });
  await detection.stop();
  const found = new Set(alerts.map(({ alert }) => alert.source_ip));
  return { bursts: count, byPolling, byDetection: count - found.size };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const spanS of [10, 30, 50, 59]) {
    const { bursts, byPolling, byDetection } = await countMissedBursts(BURSTS, spanS * 1000);
    const share = (missed: number) => `${((100 * missed) / bursts).toFixed(1)} %`;
    process.stdout.write(
      `Bursts of ${spanS} s missed: ${share(byPolling)} by polling, ${share(byDetection)} by detection\n`,
    );
  }
