/**
 * The self-test: now and then a made-up attack is written to a log file of our own, and every stage
 * has to pass it on: a reader reads it, the parser understands it, the store keeps it, detection
 * makes an alert of it, the enricher adds to it, response decides. A stage that does not within two
 * minutes is named. The address is of 192.0.2.0/24 (RFC 5737), which response never blocks. What is
 * made of it is marked by the file it was read from, which nobody else writes, never by the address.
 * What each stage did is noted by whoever sees it: the parts themselves in one process, the store in
 * the stack.
 */
import type { Alert } from '@mini-soc/model';
import { describeBroken, nameStage } from './describe-self-test.ts';
import {
  SELF_TEST_STAGES,
  type SelfTestOutcome,
  type SelfTestReader,
  type SelfTestStage,
} from './self-test-outcome.ts';

/** A stage can pass only what the stage before it has passed on. */
const BEFORE: Readonly<Record<SelfTestStage, SelfTestStage | undefined>> = {
  read: undefined,
  parse: 'read',
  store: 'parse',
  detect: 'store',
  enrich: 'detect',
  respond: 'detect',
};

export interface SelfTestOptions {
  readonly reader: SelfTestReader;
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
  /** Last number of the address of the next run, 1 to 254. Never rejects. Counts on when absent. */
  readonly pickAddress?: () => Promise<number>;
  /** How long a stage has. */
  readonly patienceMs?: number;
}

/** A run under way. */
export interface SelfTestRun {
  readonly address: string;
  readonly startMs: number;
  /** The lines that were written. */
  readonly lines: readonly string[];
}

export interface SelfTest {
  /** The run that is under way. */
  readonly run: () => SelfTestRun | undefined;
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
  /** What was heard of a stage instead of its work. */
  readonly noteFault: (stage: SelfTestStage, fault: string) => void;
  /** The store, by which all is seen, does not answer; undefined when it does again. */
  readonly noteBlindness: (fault: string | undefined) => void;
  readonly last: () => SelfTestOutcome | undefined;
}

/** A stage has this long: its alert stands before two minutes are over. */
export const SELF_TEST_PATIENCE_MS = 95_000;
export const SELF_TEST_ADDRESSES = 254;

interface Run extends SelfTestRun {
  readonly startMonotonicMs: number;
  readonly passed: Map<SelfTestStage, number>;
  hasAlert: boolean;
  storedAtMs: number | undefined;
  hasCycle: boolean;
  readonly faults: Map<SelfTestStage, string>;
  blindness: string | undefined;
}

export function createSelfTest(options: SelfTestOptions): SelfTest {
  /** Differs from run to run, also over a restart, so that no earlier alert suppresses this one. */
  let number = Math.floor(options.now().getTime() / 1000);
  let run: Run | undefined;
  let isBeginning = false;
  let last: SelfTestOutcome | undefined;
  const patienceMs = options.patienceMs ?? SELF_TEST_PATIENCE_MS;

  const finish = (ended: Run): void => {
    run = undefined;
    const missing = SELF_TEST_STAGES.filter((stage) => !ended.passed.has(stage));
    // Where nothing could be seen, nothing is known of the others.
    const isBlind = missing.length > 0 && ended.blindness !== undefined;
    if (isBlind) ended.faults.set('store', ended.blindness ?? '');
    const first = missing.filter(
      (stage) => BEFORE[stage] === undefined || !missing.includes(BEFORE[stage]),
    );
    const broken = (isBlind ? (['store'] as const) : first).map((stage) => ({
      stage,
      name: nameStage(stage, options.reader),
      why: describeBroken(stage, {
        reader: options.reader,
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
    run: () => run,
    begin: async () => {
      if (run !== undefined || isBeginning) return;
      isBeginning = true;
      number = (await options.pickAddress?.()) ?? number + 1;
      isBeginning = false;
      const address = `192.0.2.${1 + (number % SELF_TEST_ADDRESSES)}`;
      const startMs = options.now().getTime();
      const present: Run = {
        address,
        startMs,
        lines: attackLines(address, startMs, options.failures),
        startMonotonicMs: options.monotonicMs(),
        passed: new Map(),
        hasAlert: false,
        storedAtMs: undefined,
        hasCycle: false,
        faults: new Map(),
        blindness: undefined,
      };
      run = present;
      try {
        await options.write(present.lines.map((line) => `${line}\n`).join(''));
      } catch (error) {
        present.faults.set('read', error instanceof Error ? error.message : String(error));
      }
    },
    check: () => {
      if (run === undefined) return;
      if (options.monotonicMs() - run.startMonotonicMs >= patienceMs) finish(run);
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
    noteFault: (stage, fault) => run?.faults.set(stage, fault),
    noteBlindness: (fault) => {
      if (run !== undefined) run.blindness = fault;
    },
    last: () => last,
  };
}

/** Failed logins as sshd writes them, one millisecond apart, ending now. */
function attackLines(address: string, startMs: number, failures: number): readonly string[] {
  return Array.from({ length: failures }, (_, index) => {
    const time = new Date(startMs - (failures - 1 - index)).toISOString().replace('Z', '000+00:00');
    return `${time} mini-soc-self-test sshd[${4000 + index}]: Failed password for invalid user mini-soc-self-test from ${address} port ${40_000 + index} ssh2`;
  });
}
