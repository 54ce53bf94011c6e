/** Each stage of the stack broken in turn, as the store shows it: exactly that stage is named. */
import type { SocEvent } from '@mini-soc/model';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { buildDetection, type Enricher, type Responder } from '../../app.ts';
import { createSelfTestObserver, type Refusal } from './observe-self-test.ts';
import { SELF_TEST_STAGES, type SelfTestOutcome } from './self-test-outcome.ts';
import { createSelfTest, SELF_TEST_PATIENCE_MS } from './self-test.ts';

interface Breakage {
  /** What the shipper makes of each line; undefined for nothing. */
  readonly ship?: (event: SocEvent, index: number) => SocEvent | undefined;
  readonly asked?: (store: Store) => Store;
  readonly refusal?: Refusal;
  readonly hasDetection?: false;
  readonly enrich?: Enricher['enrich'];
  readonly respond?: Responder['respond'];
}

const rules = await loadRules({
  directory: new URL('../../../../../rules', import.meta.url).pathname,
  overrides: [],
});
const ENRICHMENT = {
  mitre_techniques: [],
  mitre_tactics: [],
  mitre_urls: [],
  threat_confidence: 0.5,
  threat_summary: '',
};
const REFUSED = { action: 'block', outcome: 'refused', reason: 'Not blocked' } as const;

/** A run in which the shipper and one detection cycle do their work, then the store is asked. */
async function run(breakage: Breakage = {}): Promise<SelfTestOutcome> {
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const store = createMemoryStore();
  const outcomes: SelfTestOutcome[] = [];
  const ruleId = rules.find((rule) => rule.name === 'BruteForceRule')?.id;
  const selfTest = createSelfTest({
    reader: { name: 'Filebeat or the shipper', advice: 'look at it' },
    failures: 5,
    ruleId,
    write: async (text) => {
      const events = text
        .trimEnd()
        .split('\n')
        .map((line, index) => (breakage.ship ?? ((event) => event))(shipped(line), index));
      await store.appendEvents(events.filter((event) => event !== undefined));
    },
    now,
    monotonicMs: () => aheadMs,
    onOutcome: (outcome) => outcomes.push(outcome),
    pickAddress: async () => 6,
  });
  const poll = createSelfTestObserver({
    selfTest,
    store: breakage.asked?.(store) ?? store,
    findRefusal: async () => breakage.refusal,
    ruleId,
    now,
    patienceMs: 20,
  });
  const detection = await buildDetection({
    store,
    rules,
    settings: { token: '', intervalMs: 60_000, latenessMs: 120_000 },
    responder: { respond: breakage.respond ?? (async () => REFUSED) },
    enricher: { enrich: breakage.enrich ?? (async () => ENRICHMENT) },
    now,
    logger: createLogger({ name: 'test', level: 'silent' }),
    version: '0',
  });
  await selfTest.begin();
  if (breakage.hasDetection !== false) await detection.trigger();
  for (let polls = 0; polls < 20 && outcomes.length === 0; polls += 1) {
    await poll();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  aheadMs += SELF_TEST_PATIENCE_MS;
  selfTest.check();
  await Promise.race([detection.stop(), new Promise((resolve) => setTimeout(resolve, 50))]);
  return outcomes[0] as SelfTestOutcome;
}

/** The event that the shipper makes of a line of the self-test. */
function shipped(line: string): SocEvent {
  return {
    '@timestamp': new Date(line.slice(0, 23) + 'Z').toISOString(),
    event_id: `id-${line.slice(0, 23)}`,
    message: line,
    log_type: 'auth',
    action: 'ssh_login',
    status: 'failure',
    source_ip: '192.0.2.7',
    flags: ['self_test'],
  };
}

const unread = ({ source_ip: _none, ...event }: SocEvent): SocEvent => ({
  ...event,
  action: 'unknown',
});
const never = () => new Promise<never>(() => undefined);
const refuse = () => Promise.reject(new Error('it is away'));

describe('createSelfTestObserver()', () => {
  it('createSelfTestObserver() sees every stage pass', async () => {
    const outcome = await run();
    expect(outcome.broken).toEqual([]);
    expect([...outcome.seconds.keys()].toSorted()).toEqual([...SELF_TEST_STAGES].toSorted());
  });

  it.each<[string, Breakage, string, RegExp]>([
    ['nothing that arrives', { ship: () => undefined }, 'read', /^Filebeat or the shipper did not/],
    [
      'a line of a real log that pretends',
      { ship: ({ flags: _none, ...event }) => event },
      'read',
      /did not read or deliver/,
    ],
    [
      'the lines of another replica',
      { ship: (event) => ({ ...event, message: event.message.replace('sshd[4', 'sshd[5') }) },
      'read',
      /did not read or deliver/,
    ],
    ['lines that are not understood', { ship: unread }, 'parse', /did not understand/],
    [
      'a script that throws at the lines',
      { ship: () => undefined, refusal: { reason: 'planted', isOfParser: true } },
      'parse',
      /did not understand .*\(planted\)/,
    ],
    [
      'a store that refuses the events',
      { ship: () => undefined, refusal: { reason: 'no mapping', isOfParser: false } },
      'store',
      /did not take the events \(no mapping\)/,
    ],
    [
      'an event that is lost',
      { ship: (event, index) => (index === 3 ? undefined : event) },
      'store',
      /4 of 5 lines/,
    ],
    [
      'a store that does not answer',
      { asked: (store) => ({ ...store, searchEvents: refuse }) },
      'store',
      /\(it is away\)/,
    ],
    [
      'a store that hangs',
      { asked: (store) => ({ ...store, searchEvents: never }) },
      'store',
      /did not answer within 0.02 s/,
    ],
    ['no detection', { hasDetection: false }, 'detect', /made no alert/],
    ['an enricher that hangs', { enrich: never }, 'enrich', /the enricher did not answer/],
    ['a responder that fails', { respond: refuse }, 'respond', /response did not answer/],
    [
      'a responder that blocks the reserved address',
      { respond: async () => ({ action: 'block', outcome: 'blocked', reason: '' }) },
      'respond',
      /never to be blocked/,
    ],
  ])('createSelfTestObserver() names the stage of %s', async (_name, breakage, stage, why) => {
    const { broken } = await run(breakage);
    expect(broken.map((one) => one.stage)).toEqual([stage]);
    expect(broken[0]?.why).toMatch(why);
  });

  it('createSelfTestObserver() asks nothing while no run is under way', async () => {
    const asked: string[] = [];
    const poll = createSelfTestObserver({
      selfTest: { run: () => undefined } as Parameters<
        typeof createSelfTestObserver
      >[0]['selfTest'],
      store: {
        searchEvents: async () => (asked.push('events'), []),
        searchAlerts: async () => (asked.push('alerts'), []),
      },
      ruleId: undefined,
      now: () => new Date(),
    });
    await poll();
    expect(asked).toEqual([]);
  });
});
