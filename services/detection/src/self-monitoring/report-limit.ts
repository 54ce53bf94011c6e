/**
 * A limit that begins to cut raises an alert: the first time in an hour at once, then brought up to
 * date at most once a minute. There are as many alerts in an hour as there are limits, never more.
 */
import {
  LIMIT_NAMES,
  LIMITS,
  type Limit,
  type LimitListener,
  type LimitName,
} from '@mini-soc/model';
import { countedName } from '@mini-soc/service-kit';
import { hourOf, type ProductAlerts } from './product-alert.ts';

export const LIMIT_RULE = { ruleId: 'pipeline-limit', ruleName: 'PipelineLimitRule' } as const;

export interface LimitReporter {
  /** Any part of the process tells here what it cut. Returns at once and never throws. */
  readonly report: LimitListener;
  /** Brings alerts up to date that are due; resolves when they are stored. Never rejects. */
  readonly flush: () => Promise<void>;
  /** Limits that cut something within the hour, in one plain sentence. */
  readonly describe: () => string;
  /** Whether one of them needs a person. */
  readonly isCutting: () => boolean;
}

interface Tally {
  readonly hourMs: number;
  times: number;
  lastMs: number;
  /** What the alert says now. */
  toldTimes: number;
  toldMs: number;
}

const UPDATE_MS = 60_000;
const HOUR_MS = 3_600_000;

export function createLimitReporter(options: {
  readonly alerts: ProductAlerts;
  readonly now: () => Date;
}): LimitReporter {
  /** As many entries as there are limits. */
  const tallies = new Map<LimitName, Tally>();
  /** Of hours that are over, with something in them that no alert has told yet. */
  let ended: (readonly [LimitName, Tally])[] = [];
  let flushing: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    const nowMs = options.now().getTime();
    const untold = [...ended, ...tallies].filter(([, tally]) => tally.times > tally.toldTimes);
    ended = [];
    for (const [name, tally] of untold) {
      const isOver = hourOf(nowMs) !== tally.hourMs;
      if (!isOver && tally.toldTimes > 0 && nowMs - tally.toldMs < UPDATE_MS) continue;
      const { times } = tally;
      tally.toldTimes = times;
      tally.toldMs = nowMs;
      await options.alerts.raise({
        ...LIMIT_RULE,
        entity: { limit: name },
        severity: 'low',
        summary: describeLimit(name, times),
        times,
        ...(isOver ? { at: new Date(tally.lastMs) } : {}),
      });
    }
  };
  const flush = (): Promise<void> => {
    flushing ??= work().finally(() => {
      flushing = undefined;
    });
    return flushing;
  };
  const recent = (): readonly (readonly [LimitName, Tally])[] => {
    const nowMs = options.now().getTime();
    return [...tallies].filter(([, tally]) => nowMs - tally.lastMs < HOUR_MS);
  };

  return {
    report: (name, times = 1) => {
      const counted = LIMIT_NAMES.find((one) => one === countedName(name)) ?? name;
      const { tells }: Limit = LIMITS[counted];
      if (tells !== 'alert' || !(times >= 1)) return;
      const nowMs = options.now().getTime();
      let tally = tallies.get(counted);
      if (tally?.hourMs !== hourOf(nowMs)) {
        if (tally !== undefined) ended.push([counted, tally]);
        tally = { hourMs: hourOf(nowMs), times: 0, lastMs: nowMs, toldTimes: 0, toldMs: 0 };
        tallies.set(counted, tally);
      }
      tally.times += Math.floor(times);
      tally.lastMs = nowMs;
      // Later, so that a burst is one alert and whoever reports goes on.
      if (tally.toldTimes === 0) setImmediate(() => void flush());
    },
    flush,
    describe: () => {
      const cutting = recent();
      if (cutting.length === 0) return 'nothing was cut in the last hour';
      return cutting
        .map(([name, tally]) => `${name} cut ${timesText(tally.times)} (${LIMITS[name].cut})`)
        .join('; ');
    },
    isCutting: () => recent().length > 0,
  };
}

/** What was cut, how often, and the cure. */
export function describeLimit(name: LimitName, times: number): string {
  const { what, value, unit, cut, cure }: Limit = LIMITS[name];
  const number = value === 0 ? '' : ` (${value.toLocaleString('en-US')} ${unit})`;
  return `The limit of the ${what}${number} was reached ${timesText(times)} in this hour: ${cut}. What to do: ${cure}`;
}

function timesText(times: number): string {
  return times === 1 ? 'once' : `${times.toLocaleString('en-US')} times`;
}
