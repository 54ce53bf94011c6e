/** The self-test where all stages are in this process: each notes what it did itself. */
import type { CycleReport } from '@mini-soc/detect';
import type { Alert } from '@mini-soc/model';
import type { Rule } from '@mini-soc/sigma';
import type { SelfMonitoring } from '../self-monitoring.ts';
import { createSelfTestRunner } from './run-self-test.ts';
import { readinessOf, type SelfTestFace } from './self-test-face.ts';
import { createSelfTestMetrics } from './self-test-metrics.ts';
import type { SelfTestReader } from './self-test-outcome.ts';
import type { SelfTest } from './self-test.ts';

export interface HostSelfTestOptions {
  /** The log file that is ours; its folder is made. */
  readonly file: string;
  readonly reader: SelfTestReader;
  readonly rules: readonly Rule[];
  /** 0 turns it off. */
  readonly intervalMs: number;
  readonly monitoring: Pick<SelfMonitoring, 'productAlerts' | 'registry'>;
  readonly now: () => Date;
}

export interface HostSelfTest extends SelfTestFace, Pick<SelfTest, 'noteLine' | 'note'> {
  /** An alert that is marked as of a self-test. */
  readonly noteAlert: (alert: Alert) => void;
  readonly noteCycle: (report: CycleReport) => void;
}

export function createHostSelfTest(options: HostSelfTestOptions): HostSelfTest {
  const { monitoring, now } = options;
  const { selfTest, start, stop } = createSelfTestRunner({
    ...options,
    productAlerts: monitoring.productAlerts,
    onOutcome: createSelfTestMetrics(monitoring.registry),
  });
  return {
    ready: () =>
      options.intervalMs === 0
        ? { state: 'turned off (SELF_TEST_INTERVAL=0)', isWell: true }
        : readinessOf(selfTest, now()),
    start,
    stop,
    noteLine: selfTest.noteLine,
    note: selfTest.note,
    noteAlert: selfTest.noteAlert,
    noteCycle: ({ startedAt, rules }) =>
      selfTest.noteCycle(
        startedAt,
        rules.filter((rule) => rule.error !== undefined).map((rule) => rule.id),
      ),
  };
}
