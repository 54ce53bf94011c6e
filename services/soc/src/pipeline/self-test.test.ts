/** Each stage of the self-test with its own parts around it, one of them broken at a time. */
import { ignoreLimits, type Alert, type Decision } from '@mini-soc/model';
import {
  buildDetection,
  createSelfTest,
  describeSelfTest,
  SELF_TEST_PATIENCE_MS,
  SELF_TEST_STAGES,
  type Enricher,
  type Responder,
  type SelfTestOutcome,
} from '@mini-soc/detection';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { createIngest } from '@mini-soc/ingest';

const FILE = '/data/self-test/auth.log';
const REFUSED: Pick<Decision, 'action' | 'outcome' | 'reason'> = {
  action: 'block',
  outcome: 'refused',
  reason: 'Not blocked: it is reserved for the self-test',
};
const ENRICHMENT = {
  mitre_techniques: [],
  mitre_tactics: [],
  mitre_urls: [],
  threat_confidence: 0.5,
  threat_summary: '',
};
const never = (): Promise<never> => new Promise(() => undefined);
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await Promise.race([stop(), sleep(50)]);
});

interface Breakage {
  readonly store?: (store: Store) => Store;
  readonly respond?: Responder['respond'];
  readonly enrich?: Enricher['enrich'];
  readonly overrides?: Parameters<typeof loadRules>[0]['overrides'];
  readonly isDeaf?: boolean;
  readonly spoil?: (text: string) => string;
  readonly write?: () => Promise<void>;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function setUp(breakage: Breakage = {}) {
  const clock = { aheadMs: 0 };
  const now = () => new Date(Date.now() + clock.aheadMs);
  const memory = createMemoryStore();
  const store = breakage.store?.(memory) ?? memory;
  const rules = await loadRules({
    directory: new URL('../../../../rules', import.meta.url).pathname,
    overrides: breakage.overrides ?? [],
  });
  const outcomes: SelfTestOutcome[] = [];
  const shown: Alert[] = [];
  let offset = 0;
  const selfTest = createSelfTest({
    reader: { name: 'the tailer', advice: 'look at the disk' },
    failures: 5,
    ruleId: rules.find((rule) => rule.name === 'BruteForceRule' && rule.enabled)?.id,
    write: async (text) => {
      await breakage.write?.();
      if (breakage.isDeaf === true) return;
      void deliver(breakage.spoil?.(text) ?? text);
    },
    now,
    monotonicMs: () => performance.now() + clock.aheadMs,
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  const detection = await buildDetection({
    store,
    rules,
    settings: { token: '', intervalMs: 200, latenessMs: 120_000 },
    responder: { respond: breakage.respond ?? (async () => REFUSED) },
    enricher: { enrich: breakage.enrich ?? (async () => ENRICHMENT) },
    onAlert: (alert) => {
      if (alert.self_test === true) selfTest.noteAlert(alert);
      else shown.push(alert);
    },
    onCycle: (report) =>
      selfTest.noteCycle(
        report.startedAt,
        report.rules.filter((rule) => rule.error !== undefined).map((rule) => rule.id),
      ),
    now,
    logger: createLogger({ name: 'test', level: 'silent' }),
    version: '0',
  });
  stops.push(detection.stop);
  const ingest = createIngest({
    store,
    zoneOffsetMinutes: () => 0,
    onLimit: ignoreLimits,
    observeArrivals: detection.observeArrivals,
    selfTest: {
      owns: (file) => file === FILE,
      noteLine: selfTest.noteLine,
      note: selfTest.note,
    },
  });
  const deliver = (text: string): Promise<void> =>
    ingest.ingest({
      lines: text
        .trimEnd()
        .split('\n')
        .map((line) => {
          offset += 100;
          return {
            text: line,
            file: FILE,
            offset,
            eventId: `self-test:${offset}`,
            arrivalMs: now().getTime(),
            flags: [],
          };
        }),
    });
  await detection.start();
  /** Runs until it has passed, or until its time is over. */
  const run = async (waitMs: number): Promise<SelfTestOutcome> => {
    const before = outcomes.length;
    await selfTest.begin();
    for (let waited = 0; waited < waitMs && outcomes.length === before; waited += 20)
      await sleep(20);
    if (outcomes.length === before) {
      clock.aheadMs += SELF_TEST_PATIENCE_MS;
      selfTest.check();
    }
    return outcomes.at(-1) as SelfTestOutcome;
  };
  return { run, memory, ingest, detection, shown, selfTest, outcomes, clock };
}

const stagesOf = (outcome: SelfTestOutcome) => outcome.broken.map(({ stage }) => stage);

describe('createSelfTest()', () => {
  it('createSelfTest() passes every stage, again and again, and leaves nothing to see', async () => {
    const { run, memory, shown, ingest, detection } = await setUp();
    for (let number = 0; number < 3; number += 1) {
      const outcome = await run(10_000);
      expect(outcome.broken).toEqual([]);
      expect([...outcome.seconds.keys()].toSorted()).toEqual([...SELF_TEST_STAGES].toSorted());
    }
    const alerts = (await memory.searchAlerts({ size: 10 })).map(({ alert }) => alert);
    expect(new Set(alerts.map((alert) => alert.source_ip)).size).toBe(3);
    for (const alert of alerts) expect(alert).toMatchObject({ self_test: true, status: 'closed' });
    const events = await memory.searchEvents({ size: 100, order: 'oldest' });
    expect(events).toHaveLength(15);
    for (const event of events) expect(event.flags).toContain('self_test');
    expect(shown).toEqual([]);
    expect(ingest.counts()).toMatchObject({ lines: 0, events: 0, notUnderstood: 0 });
    const listed = await detection.app.inject('/alerts');
    expect(listed.json()).toEqual([]);
    expect((await detection.app.inject('/alerts?self_test=true')).json()).toHaveLength(3);
  });

  it.each<[string, Breakage, string[]]>([
    ['a tailer that does not read', { isDeaf: true }, ['read']],
    [
      'a log that cannot be written',
      { write: () => Promise.reject(new Error('full')), isDeaf: true },
      ['read'],
    ],
    [
      'a parser that understands nothing',
      { spoil: (text) => text.replaceAll('sshd', 'other') },
      ['parse'],
    ],
    [
      'a store whose append hangs',
      { store: (store) => ({ ...store, appendEvents: never }) },
      ['store'],
    ],
    [
      'a rule that is turned off',
      { overrides: [{ rule: 'BruteForceRule', key: 'enabled', value: 'false' }] },
      ['detect'],
    ],
    [
      'a cycle that fails',
      { store: (store) => ({ ...store, selectCandidates: () => Promise.reject(new Error('no')) }) },
      ['detect'],
    ],
    ['an enricher that hangs', { enrich: never }, ['enrich']],
    ['a responder that fails', { respond: () => Promise.reject(new Error('no')) }, ['respond']],
    ['a responder that hangs', { respond: never }, ['respond']],
    [
      'a responder that blocks the reserved address',
      { respond: async () => ({ action: 'block', outcome: 'blocked', reason: '' }) },
      ['respond'],
    ],
  ])('createSelfTest() names exactly the stage of %s', async (_name, breakage, stages) => {
    const { run } = await setUp(breakage);
    const outcome = await run(600);
    expect(stagesOf(outcome)).toEqual(stages);
    expect(outcome.broken[0]?.why).toMatch(/: /);
  });

  it('createSelfTest() begins no run while one is under way, and ends it in time', async () => {
    const { selfTest, outcomes, clock } = await setUp({ isDeaf: true });
    await selfTest.begin();
    await selfTest.begin();
    clock.aheadMs += SELF_TEST_PATIENCE_MS - 5000;
    selfTest.check();
    expect(outcomes).toHaveLength(0);
    clock.aheadMs += 5000;
    selfTest.check();
    selfTest.check();
    expect(outcomes).toHaveLength(1);
  });
});

describe('describeSelfTest()', () => {
  it('describeSelfTest() says when it passed, or where it broke', () => {
    const at = new Date('2026-03-01T10:00:00Z');
    const later = new Date('2026-03-01T10:03:10Z');
    const passed = { at, tookMs: 12.2, seconds: new Map(), broken: [] };
    expect(describeSelfTest(undefined, at)).toBe('not run yet');
    expect(describeSelfTest(passed, later)).toBe('passed 3 min ago in 12 ms');
    const broken = {
      ...passed,
      broken: [{ stage: 'respond' as const, name: 'response', why: 'it is down: start it' }],
    };
    expect(describeSelfTest(broken, later)).toBe(
      'broken at response, 3 min ago: it is down: start it',
    );
  });
});
