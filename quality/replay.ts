/**
 * Lines through the product as an old log goes: parsers, store, one cycle of detection over all of it, and
 * for each alert what response would have done when it was raised. Nothing here decides anything itself.
 */
import path from 'node:path';
import { createCycle } from '@mini-soc/detect';
import { createIngest } from '@mini-soc/ingest';
import { ignoreLimits, parseSettings, type Alert, type Severity } from '@mini-soc/model';
import type { Rule } from '@mini-soc/sigma';
import { loadRules } from '@mini-soc/sigma';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { decide } from '../services/response/src/decide/decide.ts';
import { responseSettingsOf } from '../services/response/src/response-settings.ts';

export interface ReplayedLine {
  /** When it arrives, milliseconds; classic syslog times are of the year before it. */
  readonly arrivalMs: number;
  readonly file: string;
  readonly line: string;
}

/** When the alert was raised or climbed, in the time of its events. */
export interface Step {
  readonly atMs: number;
  readonly severity: Severity;
}

export interface ReplayedAlert {
  readonly alert: Alert;
  readonly steps: readonly [Step, ...Step[]];
  /** Places of the lines of its evidence in the list that was given. */
  readonly evidence: readonly number[];
  /** The address would have been blocked, with settings as they come. */
  readonly blocks: boolean;
}

export interface Replay {
  readonly alerts: readonly ReplayedAlert[];
  /** Lines that became events. */
  readonly understood: number;
}

const ROOT = path.resolve(import.meta.dirname, '..');
const BATCH_LINES = 2000;
const MOST_ALERTS = 1_000_000;
const SETTINGS = parseSettings({});
const POLICY = { ...responseSettingsOf(SETTINGS), ownAddresses: [] };

/** The rules of the product, enabled or not. */
export const loadProductRules = (): Promise<readonly Rule[]> =>
  loadRules({ directory: path.join(ROOT, 'rules'), overrides: [] });

/** Lines in order of arrival. Throws when a rule could not be evaluated. */
export async function replay(
  lines: readonly ReplayedLine[],
  rules: readonly Rule[],
): Promise<Replay> {
  const store = await openDuckDbStore({ path: ':memory:', memoryLimitMb: 512 });
  try {
    const ingest = createIngest({ store, zoneOffsetMinutes: () => 0, onLimit: ignoreLimits });
    for (const batch of batchesOf(lines)) await ingest.ingest({ lines: batch });
    const lastMs = lines.reduce((latest, line) => Math.max(latest, line.arrivalMs), 0);
    const failures: string[] = [];
    const cycle = createCycle({
      store,
      rules,
      latenessMs: SETTINGS.DETECTION_LATENESS,
      now: () => new Date(lastMs + 1000),
      logger: {
        debug: () => undefined,
        warn: () => undefined,
        error: (facts) => failures.push(JSON.stringify(facts)),
      },
      lanesFor: () => [],
      onAlert: () => undefined,
      onLimit: ignoreLimits,
    });
    const report = await cycle.run();
    const failed = report.rules.find((rule) => rule.error !== undefined);
    if (failed !== undefined)
      throw new Error(`Rule "${failed.id}" could not be evaluated: ${failed.error}`);
    const found = await store.searchAlerts({ size: MOST_ALERTS });
    return {
      alerts: found
        .map(({ alert }) => alert)
        .filter((alert) => alert.details.merged_into === undefined)
        .toSorted((a, b) => (a.first_seen + a.alert_id < b.first_seen + b.alert_id ? -1 : 1))
        .map(describe),
      understood: ingest.counts().events,
    };
  } finally {
    await store.close();
  }
}

/** Lines that stand together and are of one file, so that `last message repeated` finds the one before. */
function batchesOf(lines: readonly ReplayedLine[]) {
  const batches: TailedLines[] = [];
  const open = new Map<string, TailedLines>();
  for (const [index, { arrivalMs, file, line }] of lines.entries()) {
    let batch = open.get(file);
    if (batch === undefined || batch.length >= BATCH_LINES) {
      batch = [];
      open.set(file, batch);
      batches.push(batch);
    }
    batch.push({ text: line, file, offset: index, eventId: `line-${index}`, flags: [], arrivalMs });
  }
  return batches;
}

type TailedLines = Parameters<ReturnType<typeof createIngest>['ingest']>[0]['lines'][number][];

function describe(alert: Alert): ReplayedAlert {
  const history = alert.details.history.map((step) => ({
    atMs: Date.parse(step.at),
    severity: step.severity,
  }));
  const [first = { atMs: Date.parse(alert.last_seen), severity: alert.severity }, ...rest] =
    history;
  const steps: readonly [Step, ...Step[]] = [first, ...rest];
  return {
    alert,
    steps,
    evidence: alert.details.evidence.map((one) => Number(one.event_id.slice('line-'.length))),
    blocks: steps.some((step) => wouldBlock(alert, step)),
  };
}

/** Asked as response is: when the alert is raised, and each time that it climbs. */
function wouldBlock(alert: Alert, step: Step): boolean {
  const at = new Date(step.atMs);
  const verdict = decide(
    { ...alert, severity: step.severity, last_seen: at.toISOString() },
    POLICY,
    { isBlocked: false, total: 0 },
    at,
  );
  return verdict.outcome === 'blocked';
}
