/** The self-test of the stack: a file of this process in a folder that Filebeat reads, the store as witness. */
import { randomInt } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSelfTestFile, selfTestFileName, type Settings } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import type { Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import type { SelfMonitoring } from '../self-monitoring.ts';
import { readinessOf, type SelfTestFace } from './self-test-face.ts';
import { createSelfTestObserver, type Refusal } from './observe-self-test.ts';
import { createSelfTestRunner } from './run-self-test.ts';
import { createSelfTestMetrics } from './self-test-metrics.ts';
import { SELF_TEST_ADDRESSES, SELF_TEST_PATIENCE_MS } from './self-test.ts';

export interface StackSelfTestOptions {
  readonly settings: Pick<Settings, 'SELF_TEST_DIR' | 'SELF_TEST_INTERVAL' | 'DETECTION_INTERVAL'>;
  /** Name of this host or container; tells the files of replicas apart. */
  readonly host: string;
  readonly rules: readonly Rule[];
  readonly store: Pick<Store, 'searchEvents' | 'searchAlerts'> & {
    readonly findDeadLetter?: (text: string, sinceMs: number) => Promise<Refusal | undefined>;
  };
  readonly monitoring: Pick<SelfMonitoring, 'productAlerts' | 'registry'>;
  readonly now: () => Date;
  readonly logger: Logger;
  /** The first run comes so long after the start. Default 30,000: the others start at the same time. */
  readonly firstAfterMs?: number;
  /** How long a stage has, where that is to be less. */
  readonly patienceMs?: number;
}

const FIRST_AFTER_MS = 30_000;
/** An address that had an alert so lately is not taken: the rule would go on with that alert. */
const RECENT_MS = 1_800_000;
const TRIES = 5;
const FORGOTTEN_MS = 86_400_000;

export function createStackSelfTest(options: StackSelfTestOptions): SelfTestFace {
  const { settings, store, monitoring, now, logger } = options;
  const folder = settings.SELF_TEST_DIR;
  const off = whyOff(settings);
  if (off !== undefined) {
    return {
      ready: () => ({ state: off, isWell: true }),
      start: async () => logger.info({ why: off }, 'The self-test is off'),
      stop: () => undefined,
    };
  }
  const setMetrics = createSelfTestMetrics(monitoring.registry);
  const file = path.resolve(folder, selfTestFileName(options.host));
  const runner = createSelfTestRunner({
    file,
    rules: options.rules,
    intervalMs: settings.SELF_TEST_INTERVAL,
    firstAfterMs: options.firstAfterMs ?? FIRST_AFTER_MS,
    reader: {
      name: 'Filebeat or the shipper',
      advice: `look whether it runs, reads "${file}" and reaches Elasticsearch`,
    },
    // Detection answers at its next cycle, and enricher and response after that.
    patienceMs:
      options.patienceMs ??
      Math.max(SELF_TEST_PATIENCE_MS, 2 * settings.DETECTION_INTERVAL + 60_000),
    pickAddress: () => pickAddress(store, now),
    now,
    productAlerts: monitoring.productAlerts,
    onOutcome: (outcome) => {
      setMetrics(outcome);
      const seconds = Object.fromEntries(outcome.seconds);
      if (outcome.broken.length === 0) logger.debug({ seconds }, 'Self-test passed');
      else logger.error({ broken: outcome.broken, seconds }, 'Self-test found a broken stage');
    },
    poll: () => poll(),
  });
  const poll = createSelfTestObserver({
    selfTest: runner.selfTest,
    store,
    ruleId: runner.ruleId,
    now,
    ...(store.findDeadLetter === undefined ? {} : { findRefusal: store.findDeadLetter }),
  });
  return {
    ready: () => readinessOf(runner.selfTest, now()),
    start: async () => {
      await removeForgotten(folder, now().getTime());
      await runner.start();
    },
    stop: runner.stop,
  };
}

function whyOff(settings: StackSelfTestOptions['settings']): string | undefined {
  if (settings.SELF_TEST_INTERVAL === 0) return 'turned off (SELF_TEST_INTERVAL=0)';
  if (settings.SELF_TEST_DIR === '')
    return 'turned off (SELF_TEST_DIR names no folder that Filebeat reads)';
  return undefined;
}

/** One at random of which there is no recent alert. A store that does not answer stops nothing. */
async function pickAddress(store: Pick<Store, 'searchAlerts'>, now: () => Date): Promise<number> {
  let number = 0;
  for (let tried = 0; tried < TRIES; tried += 1) {
    number = randomInt(SELF_TEST_ADDRESSES);
    const recent = await store
      .searchAlerts({
        size: 1,
        entities: [{ source_ip: `192.0.2.${1 + number}` }],
        touching: { fromMs: now().getTime() - RECENT_MS, toMs: Number.MAX_SAFE_INTEGER },
      })
      .catch(() => []);
    if (recent.length === 0) break;
  }
  return number;
}

/** Files of processes that are gone for long. What is not removed now is removed another time. */
async function removeForgotten(folder: string, nowMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!isSelfTestFile(name.replace(/\.1$/, ''))) continue;
    const file = path.join(folder, name);
    const facts = await stat(file).catch(() => undefined);
    if (facts !== undefined && nowMs - facts.mtimeMs > FORGOTTEN_MS)
      await rm(file, { force: true }).catch(() => undefined);
  }
}
