/** The self-test at work: its log file, its timers, and the alerts when a stage does not answer. */
import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { rotateFile } from '@mini-soc/service-kit';
import type { Rule } from '@mini-soc/sigma';
import type { ProductAlerts } from '../product-alert.ts';
import { type SelfTestOutcome } from './self-test-outcome.ts';
import {
  createSelfTest,
  SELF_TEST_PATIENCE_MS,
  type SelfTest,
  type SelfTestOptions,
} from './self-test.ts';

export const SELF_TEST_RULE = { ruleId: 'self-test', ruleName: 'SelfTestRule' } as const;

/** The rule that must answer. */
const ANSWERING_RULE = 'BruteForceRule';
const MIN_FAILURES = 5;
const MAX_FAILURES = 1000;
const FIRST_AFTER_MS = 3000;
const CHECK_MS = 1000;
/** The file is put aside when it is this large. */
const FILE_BYTES = 65_536;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface SelfTestRunnerOptions extends Pick<
  SelfTestOptions,
  'reader' | 'pickAddress' | 'patienceMs' | 'now' | 'onOutcome'
> {
  /** The log file that is ours; its folder is made. */
  readonly file: string;
  readonly rules: readonly Rule[];
  /** 0 turns it off. */
  readonly intervalMs: number;
  /** The first run comes so long after the start; 3 s when absent. */
  readonly firstAfterMs?: number;
  readonly productAlerts: ProductAlerts;
  /** Called each second, to see what the stages have done. Never rejects. */
  readonly poll?: () => Promise<void>;
}

export interface SelfTestRunner {
  readonly selfTest: SelfTest;
  /** The rule that must answer; undefined when it is missing or turned off. */
  readonly ruleId: string | undefined;
  /** Never rejects: a folder that cannot be written is a stage that breaks. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

export function createSelfTestRunner(options: SelfTestRunnerOptions): SelfTestRunner {
  const { file } = options;
  const rule = options.rules.find((one) => one.name === ANSWERING_RULE && one.enabled);
  const patienceMs = options.patienceMs ?? SELF_TEST_PATIENCE_MS;
  const selfTest = createSelfTest({
    reader: options.reader,
    failures: failuresFor(rule),
    ruleId: rule?.id,
    write: (text) => append(file, text),
    now: options.now,
    monotonicMs: () => performance.now(),
    onOutcome: (outcome) => {
      options.onOutcome(outcome);
      void tell(outcome);
    },
    patienceMs,
    ...(options.pickAddress === undefined ? {} : { pickAddress: options.pickAddress }),
  });
  /** Runs in a row that each stage has failed, since when. */
  const failing = new Map<string, { times: number; hour: number }>();

  const tell = async (outcome: SelfTestOutcome): Promise<void> => {
    const alerts = options.productAlerts;
    if (outcome.broken.length === 0) {
      failing.clear();
      await alerts.close(SELF_TEST_RULE.ruleId);
      return;
    }
    for (const { stage, name, why } of outcome.broken) {
      const hour = Math.floor(outcome.at.getTime() / HOUR_MS);
      const before = failing.get(stage);
      const times = before?.hour === hour ? before.times + 1 : 1;
      failing.set(stage, { times, hour });
      await alerts.raise({
        ...SELF_TEST_RULE,
        entity: { stage },
        severity: 'high',
        summary: `Self-test: ${name} did not answer within ${Math.ceil(patienceMs / MINUTE_MS)} minutes. In detail: ${why}`,
        times,
      });
    }
  };

  const timers: NodeJS.Timeout[] = [];
  return {
    selfTest,
    ruleId: rule?.id,
    start: async () => {
      if (options.intervalMs === 0) return;
      // The tailer of the embedded mode wants to watch it; a failure shows when the file is written.
      await makeFolder(file).catch(() => undefined);
      timers.push(
        setTimeout(
          () => void selfTest.begin(),
          Math.min(options.firstAfterMs ?? FIRST_AFTER_MS, options.intervalMs),
        ).unref(),
        setInterval(() => void selfTest.begin(), options.intervalMs).unref(),
        setInterval(() => {
          selfTest.check();
          void options.poll?.();
        }, CHECK_MS).unref(),
      );
    },
    stop: () => {
      for (const timer of timers.splice(0)) clearInterval(timer);
    },
  };
}

async function makeFolder(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
}

/** Filebeat runs as another user of the same group, or as root. */
async function append(file: string, text: string): Promise<void> {
  await makeFolder(file);
  await rotateFile(file, { maxBytes: FILE_BYTES, keep: 1 });
  await appendFile(file, text, { mode: 0o640 });
}

/** As many failed logins as the rule wants, at least five. */
function failuresFor(rule: Rule | undefined): number {
  const wanted = rule?.query.measure.kind === 'count' ? rule.query.measure.atLeast : MIN_FAILURES;
  return Math.min(MAX_FAILURES, Math.max(MIN_FAILURES, wanted));
}
