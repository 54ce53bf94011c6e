/** The self-test at work: its log file, its timers, and the alerts when a stage does not answer. */
import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ProductAlerts } from '@mini-soc/detection';
import type { Rule } from '@mini-soc/sigma';
import { STAGE_NAMES } from './describe-self-test.ts';
import { createSelfTest, type SelfTest, type SelfTestOutcome } from './self-test.ts';

export const SELF_TEST_RULE = { ruleId: 'self-test', ruleName: 'SelfTestRule' } as const;

/** The rule that must answer. */
const ANSWERING_RULE = 'BruteForceRule';
const MIN_FAILURES = 5;
const MAX_FAILURES = 1000;
const FIRST_AFTER_MS = 3000;
const CHECK_MS = 1000;
/** The file is put aside when it is this large. */
const FILE_BYTES = 65_536;
const HOUR_MS = 3_600_000;

export interface SelfTestRunnerOptions {
  readonly dataDirectory: string;
  readonly rules: readonly Rule[];
  /** 0 turns it off. */
  readonly intervalMs: number;
  readonly now: () => Date;
  /** Asked when a run has ended. */
  readonly productAlerts: () => ProductAlerts | undefined;
  readonly onOutcome: (outcome: SelfTestOutcome) => void;
}

export interface SelfTestRunner {
  readonly selfTest: SelfTest;
  /** First run some seconds after the start. Throws when the folder of its file cannot be made. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

export function createSelfTestRunner(options: SelfTestRunnerOptions): SelfTestRunner {
  // A folder of its own: the store's files beside it would wake the tailer all the time.
  const file = path.resolve(options.dataDirectory, 'self-test', 'auth.log');
  const rule = options.rules.find((one) => one.name === ANSWERING_RULE && one.enabled);
  const selfTest = createSelfTest({
    file,
    failures: failuresFor(rule),
    ruleId: rule?.id,
    write: async (text) => {
      const size = await stat(file).then(
        (facts) => facts.size,
        () => 0,
      );
      if (size > FILE_BYTES) await rename(file, `${file}.1`);
      await appendFile(file, text, { mode: 0o640 });
    },
    now: options.now,
    monotonicMs: () => performance.now(),
    onOutcome: (outcome) => {
      options.onOutcome(outcome);
      void tell(outcome);
    },
  });
  /** Runs in a row that each stage has failed, since when. */
  const failing = new Map<string, { times: number; hour: number }>();

  const tell = async (outcome: SelfTestOutcome): Promise<void> => {
    const alerts = options.productAlerts();
    if (alerts === undefined) return;
    if (outcome.broken.length === 0) {
      failing.clear();
      await alerts.close(SELF_TEST_RULE.ruleId);
      return;
    }
    for (const { stage, why } of outcome.broken) {
      const hour = Math.floor(outcome.at.getTime() / HOUR_MS);
      const before = failing.get(stage);
      const times = before?.hour === hour ? before.times + 1 : 1;
      failing.set(stage, { times, hour });
      await alerts.raise({
        ...SELF_TEST_RULE,
        entity: { stage },
        severity: 'high',
        summary: `Self-test: ${STAGE_NAMES[stage]} did not answer within 2 minutes. In detail: ${why}`,
        times,
      });
    }
  };

  const timers: NodeJS.Timeout[] = [];
  return {
    selfTest,
    start: async () => {
      if (options.intervalMs === 0) return;
      await mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
      timers.push(
        setTimeout(
          () => void selfTest.begin(),
          Math.min(FIRST_AFTER_MS, options.intervalMs),
        ).unref(),
        setInterval(() => void selfTest.begin(), options.intervalMs).unref(),
        setInterval(selfTest.check, CHECK_MS).unref(),
      );
    },
    stop: () => {
      for (const timer of timers.splice(0)) clearInterval(timer);
    },
  };
}

/** As many failed logins as the rule wants, at least five. */
function failuresFor(rule: Rule | undefined): number {
  const wanted = rule?.query.measure.kind === 'count' ? rule.query.measure.atLeast : MIN_FAILURES;
  return Math.min(MAX_FAILURES, Math.max(MIN_FAILURES, wanted));
}
