/**
 * The self-test: now and then a made-up attack is written to a log file of our own, and every stage
 * has to pass it on: the tailer reads it, the parser understands it, the store keeps it, detection
 * makes an alert of it, the enricher adds to it, response decides. A stage that does not within two
 * minutes is named. The address is of 192.0.2.0/24 (RFC 5737), which response never blocks. What is
 * made of it is marked by the file it was read from, which nobody else writes, never by the address.
 */
import type { Alert } from '@mini-soc/model';
import { describeBroken } from './describe-self-test.ts';

export const SELF_TEST_STAGES = ['read', 'parse', 'store', 'detect', 'enrich', 'respond'] as const;
export type SelfTestStage = (typeof SELF_TEST_STAGES)[number];

/** A stage can pass only what the stage before it has passed on. */
const BEFORE: Readonly<Record<SelfTestStage, SelfTestStage | undefined>> = {
  read: undefined,
  parse: 'read',
  store: 'parse',
  detect: 'store',
  enrich: 'detect',
  respond: 'detect',
};

export interface BrokenStage {
  readonly stage: SelfTestStage;
  /** What did not happen, and what to do. */
  readonly why: string;
}

export interface SelfTestOutcome {
  readonly at: Date;
  readonly tookMs: number;
  /** Seconds from the writing of the lines, for each stage that was passed. */
  readonly seconds: ReadonlyMap<SelfTestStage, number>;
  /** Empty when all was passed. */
  readonly broken: readonly BrokenStage[];
}

export interface SelfTestOptions {
  /** The log file that is ours. */
  readonly file: string;
  /** Failed logins it takes to fire the rule. */
  readonly failures: number;
  /** Id of the rule that must answer; undefined when it is missing or turned off. */
  readonly ruleId: string | undefined;
  /** Appends to the file; resolves when it is written. */
  readonly write: (text: string) => Promise<void>;
  readonly now: () => Date;
  /** A clock that never goes back, milliseconds. */
  readonly monotonicMs: () => number;
  readonly onOutcome: (outcome: SelfTestOutcome) => void;
}

export interface SelfTest {
  readonly file: string;
  /** Begins a run, unless one is under way. Resolves when its lines are written; never rejects. */
  readonly begin: () => Promise<void>;
  /** Ends a run whose time is over. */
  readonly check: () => void;
  /** A line of the file was read. */
  readonly noteLine: (text: string) => void;
  /** An event of the file was parsed or stored. */
  readonly note: (stage: 'parse' | 'store', sourceIp: string | undefined) => void;
  /** An alert that is marked as of a self-test. */
  readonly noteAlert: (alert: Alert) => void;
  /** A cycle ended; `failedRules` could not be evaluated. */
  readonly noteCycle: (startedAt: string, failedRules: readonly string[]) => void;
  readonly last: () => SelfTestOutcome | undefined;
}

/** A stage has this long. */
export const SELF_TEST_PATIENCE_MS = 120_000;
const ADDRESSES = 254;

interface Run {
  readonly address: string;
  readonly startMs: number;
  readonly startMonotonicMs: number;
  readonly passed: Map<SelfTestStage, number>;
  hasAlert: boolean;
  storedAtMs: number | undefined;
  hasCycle: boolean;
  faults: Map<SelfTestStage, string>;
}

export function createSelfTest(options: SelfTestOptions): SelfTest {
  /** Differs from run to run, also over a restart, so that no earlier alert suppresses this one. */
  let number = Math.floor(options.now().getTime() / 1000);
  let run: Run | undefined;
  let last: SelfTestOutcome | undefined;

  const finish = (ended: Run): void => {
    run = undefined;
    const missing = SELF_TEST_STAGES.filter((stage) => !ended.passed.has(stage));
    const broken = missing
      .filter((stage) => BEFORE[stage] === undefined || !missing.includes(BEFORE[stage]))
      .map((stage) => ({
        stage,
        why: describeBroken(stage, {
          fault: ended.faults.get(stage),
          hasRule: options.ruleId !== undefined,
          hasAlert: ended.hasAlert,
        }),
      }));
    last = {
      at: options.now(),
      tookMs: options.monotonicMs() - ended.startMonotonicMs,
      seconds: new Map([...ended.passed].map(([stage, ms]) => [stage, ms / 1000])),
      broken,
    };
    options.onOutcome(last);
  };
  const pass = (present: Run, stage: SelfTestStage): void => {
    if (!present.passed.has(stage))
      present.passed.set(stage, options.monotonicMs() - present.startMonotonicMs);
    if (present.passed.size === SELF_TEST_STAGES.length && run === present) finish(present);
  };
  /** The first look makes the alert before the events are stored; a cycle must see them too. */
  const passDetection = (present: Run): void => {
    if (present.hasAlert && present.hasCycle) pass(present, 'detect');
  };

  return {
    file: options.file,
    begin: async () => {
      if (run !== undefined) return;
      number += 1;
      const present: Run = {
        address: `192.0.2.${1 + (number % ADDRESSES)}`,
        startMs: options.now().getTime(),
        startMonotonicMs: options.monotonicMs(),
        passed: new Map(),
        hasAlert: false,
        storedAtMs: undefined,
        hasCycle: false,
        faults: new Map(),
      };
      run = present;
      try {
        await options.write(attackText(present, options.failures));
      } catch (error) {
        present.faults.set('read', error instanceof Error ? error.message : String(error));
      }
    },
    check: () => {
      if (run === undefined) return;
      if (options.monotonicMs() - run.startMonotonicMs >= SELF_TEST_PATIENCE_MS) finish(run);
    },
    noteLine: (text) => {
      if (run !== undefined && text.includes(` ${run.address} `)) pass(run, 'read');
    },
    note: (stage, sourceIp) => {
      if (run === undefined || sourceIp !== run.address) return;
      if (stage === 'store') run.storedAtMs ??= options.now().getTime();
      pass(run, stage);
    },
    noteAlert: (alert) => {
      // Times of the lines are those of the run: an alert of an earlier one does not count.
      const present = run;
      if (present === undefined || present.address !== alert.source_ip) return;
      if (Date.parse(alert.last_seen) < present.startMs - 1000) return;
      present.hasAlert = true;
      if (alert.enriched) pass(present, 'enrich');
      const { state, action } = alert.response;
      if (state === 'done' && action === 'block')
        present.faults.set(
          'respond',
          `it blocked ${present.address}, which is never to be blocked`,
        );
      else if (state === 'refused' && action !== 'block')
        present.faults.set('respond', alert.response.reason ?? 'the alert was refused');
      else if (state !== 'pending') pass(present, 'respond');
      passDetection(present);
    },
    noteCycle: (startedAt, failedRules) => {
      if (run?.storedAtMs === undefined || options.ruleId === undefined) return;
      if (failedRules.includes(options.ruleId) || Date.parse(startedAt) < run.storedAtMs) return;
      run.hasCycle = true;
      passDetection(run);
    },
    last: () => last,
  };
}

/** Failed logins as sshd writes them, one millisecond apart, ending now. */
function attackText(run: Run, failures: number): string {
  return Array.from({ length: failures }, (_, index) => {
    const time = new Date(run.startMs - (failures - 1 - index))
      .toISOString()
      .replace('Z', '000+00:00');
    return `${time} mini-soc-self-test sshd[${4000 + index}]: Failed password for invalid user mini-soc-self-test from ${run.address} port ${40_000 + index} ssh2\n`;
  }).join('');
}
