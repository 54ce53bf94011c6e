/** A third output, planted in this file alone: what every lane can rely on. */
import { LIMITS, waitsFor, type Alert, type Enrichment } from '@mini-soc/model';
import { ServiceCallError } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, describe, expect, it } from 'vitest';
import {
  COUNT_5,
  makeEvent,
  makeRule,
  START_MS,
} from '../../../../packages/detect/test/make-rule.ts';
import { SETTINGS } from '../../test/settings.ts';
import { silentLogger } from '../../test/silent-logger.ts';
import { buildDetection, createSelfMonitoring, type Detection, type Lane } from '../app.ts';
import { createLanes } from './lanes.ts';

const ENRICHMENT: Enrichment = {
  mitre_techniques: ['T1110.001'],
  mitre_tactics: [],
  mitre_urls: [],
  threat_confidence: 1,
  threat_summary: 'Guessing',
};
const down = () => new ServiceCallError('Cannot reach', { retryable: true });

const open: Detection[] = [];
afterEach(async () => {
  for (const detection of open.splice(0)) await detection.stop();
});

interface Planted {
  readonly lane?: Partial<Lane>;
  /** Fails as long as it throws. */
  readonly onMail?: (alert: Alert) => void | Promise<void>;
  readonly enrich?: () => Promise<Enrichment>;
}

async function setUp(planted: Planted = {}, store: Store = createMemoryStore()) {
  const clock = { ms: START_MS + 60_000 };
  const mails: string[] = [];
  const mail: Lane = {
    name: 'mail',
    wants: (alert) => alert.self_test !== true,
    send: async (alert) => {
      await planted.onMail?.(alert);
      mails.push(`${alert.rule_name} ${alert.severity}`);
      return {};
    },
    patienceMs: 1000,
    attempts: { most: 100, counts: 'failures' },
    againWhenClimbing: true,
    ...planted.lane,
  };
  const now = () => new Date(clock.ms);
  const monitoring = createSelfMonitoring({ store, now, logger: silentLogger });
  const detection = await buildDetection({
    store,
    monitoring,
    rules: [makeRule(COUNT_5)],
    settings: SETTINGS,
    responder: { respond: async () => ({ action: 'block', outcome: 'blocked', reason: 'Done' }) },
    enricher: { enrich: planted.enrich ?? (async () => ENRICHMENT) },
    lanes: [mail],
    now,
    logger: silentLogger,
    version: 'test',
  });
  open.push(detection);
  const cycle = async (): Promise<void> => void (await detection.trigger());
  const read = async (): Promise<readonly Alert[]> =>
    (await store.searchAlerts({ size: 10 })).map(({ alert }) => alert);
  const untilRead = async (condition: (alert: Alert) => boolean): Promise<void> => {
    while (!(await read()).every(condition)) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  return { detection, monitoring, store, clock, mails, cycle, read, untilRead };
}

const attack = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => makeEvent((from + index) * 1000));
const isDelivered = (alert: Alert) => waitsFor(alert).length === 0;

describe('a lane that is planted', () => {
  it('is sent each alert once, with the others and without knowing of them', async () => {
    const { store, mails, cycle, untilRead, read } = await setUp();
    await store.appendEvents(attack(0, 5));
    await cycle();
    await untilRead(isDelivered);
    await cycle();
    expect(mails).toEqual(['TestRule medium']);
    expect(await read()).toMatchObject([
      { waits_for: [], enriched: true, response: { state: 'done' }, details: ENRICHMENT },
    ]);
  });

  it('is tried again after a failure, and the other lanes do not wait for it', async () => {
    let failures = 2;
    const { detection, store, clock, mails, cycle, untilRead } = await setUp({
      onMail: () => {
        failures -= 1;
        if (failures >= 0) throw down();
      },
    });
    await detection.start();
    await store.appendEvents(attack(0, 5));
    await cycle();
    await untilRead((alert) => waitsFor(alert).join() === 'mail');
    expect(mails).toEqual([]);
    // A timer of the lane looks again, half a second later by the clock of the machine.
    await untilRead((alert) => {
      clock.ms += 60_000;
      return isDelivered(alert);
    });
    expect(mails).toEqual(['TestRule medium']);
  });

  it('is sent what was left over a restart, and nothing that it has acknowledged', async () => {
    const failing = await setUp({ onMail: () => Promise.reject(down()) });
    await failing.store.appendEvents(attack(0, 5));
    await failing.cycle();
    await failing.untilRead((alert) => waitsFor(alert).join() === 'mail');
    await failing.detection.stop();
    const second = await setUp({}, failing.store);
    await second.detection.start();
    await second.untilRead(isDelivered);
    expect(second.mails).toEqual(['TestRule medium']);
    await second.detection.stop();
    const third = await setUp({}, failing.store);
    await third.detection.start();
    await third.cycle();
    await third.detection.stop();
    expect(third.mails).toEqual([]);
  });

  it.each([
    [true, ['TestRule medium', 'TestRule high']],
    [false, ['TestRule medium']],
  ])('hears of a climb if it asks for it (%s)', async (againWhenClimbing, wanted) => {
    const { store, mails, cycle, untilRead, read } = await setUp({ lane: { againWhenClimbing } });
    await store.appendEvents(attack(0, 5));
    await cycle();
    await untilRead(isDelivered);
    await store.appendEvents(attack(5, 6));
    await cycle();
    await untilRead(isDelivered);
    expect((await read())[0]?.severity).toBe('high');
    expect(mails).toEqual(wanted);
  });

  it('hears of an alert that it begins to want', async () => {
    const { store, mails, cycle, untilRead } = await setUp({
      lane: { againWhenClimbing: false, wants: (alert) => alert.severity !== 'medium' },
    });
    await store.appendEvents(attack(0, 5));
    await cycle();
    await untilRead(isDelivered);
    expect(mails).toEqual([]);
    await store.appendEvents(attack(5, 6));
    await cycle();
    await untilRead(isDelivered);
    expect(mails).toEqual(['TestRule high']);
  });

  it('that comes after another gets what that one added, and does not wait for a broken one', async () => {
    const seen: (readonly string[] | undefined)[] = [];
    let isBroken = false;
    const { store, cycle, untilRead, mails } = await setUp({
      lane: { after: ['enrichment'] },
      onMail: (alert) => void seen.push(alert.details.mitre_techniques),
      enrich: async () => {
        await new Promise(setImmediate);
        if (isBroken) throw down();
        return ENRICHMENT;
      },
    });
    await store.appendEvents(attack(0, 5));
    await cycle();
    await untilRead(isDelivered);
    isBroken = true;
    await store.appendEvents(
      attack(0, 5).map((event, index) => ({
        ...event,
        event_id: `other-${index}`,
        source_ip: '198.51.100.8',
      })),
    );
    await cycle();
    await untilRead((alert) => !waitsFor(alert).includes('mail'));
    expect(seen).toEqual([ENRICHMENT.mitre_techniques, undefined]);
    expect(mails).toHaveLength(2);
  });

  it('gives up when it says so, and what it makes of that stands in the alert', async () => {
    const { store, cycle, untilRead, read } = await setUp({
      onMail: () => Promise.reject(down()),
      lane: {
        attempts: {
          most: 1,
          counts: 'failures',
          giveUp: () => ({ change: (present) => ({ ...present, status: 'acknowledged' }) }),
        },
      },
    });
    await store.appendEvents(attack(0, 5));
    await cycle();
    await untilRead(isDelivered);
    // That it gave up is an alert about the product, which takes the same way and no further.
    const told = (await read()).map(({ rule_name: rule, status }) => `${rule} ${status}`);
    expect(new Set(told)).toEqual(
      new Set(['TestRule acknowledged', 'PipelineLimitRule acknowledged']),
    );
  });

  it('gets alerts about the product, each once within its hour', async () => {
    const { monitoring, mails, untilRead, read, cycle } = await setUp();
    for (let times = 1; times <= 3; times += 1) {
      await monitoring.productAlerts.raise({
        ruleId: 'pipeline-limit',
        ruleName: 'PipelineLimitRule',
        entity: { limit: 'line_bytes' },
        severity: 'low',
        summary: 'A line was cut',
        times,
      });
      await untilRead(isDelivered);
      await cycle();
    }
    expect(mails).toEqual(['PipelineLimitRule low']);
    expect(await read()).toMatchObject([
      { about_product: true, event_count: 3, response: { state: 'done', action: 'ignore' } },
    ]);
  });

  it('does not hang the others when it never answers', async () => {
    const { store, cycle, untilRead, mails } = await setUp({
      onMail: () => new Promise(() => undefined),
      lane: { patienceMs: 30 },
    });
    await store.appendEvents(attack(0, 5));
    await cycle();
    await untilRead((alert) => waitsFor(alert).join() === 'mail');
    expect(mails).toEqual([]);
  });
});

describe('buildDetection()', () => {
  const named = (name: string, after: readonly string[] = []): Lane => ({
    name,
    after,
    wants: () => true,
    send: async () => ({}),
    patienceMs: 1,
    attempts: { counts: 'failures' },
    againWhenClimbing: false,
  });

  const sides = {
    responder: { respond: () => Promise.reject(down()) },
    enricher: { enrich: async () => ENRICHMENT },
    settings: SETTINGS,
    now: () => new Date(START_MS),
  };
  const own = createLanes(sides).map((lane) => lane.name);
  const most = LIMITS.alert_lanes.value;

  it.each<readonly [readonly Lane[], string]>([
    [[named('response')], 'there are two lanes "response"'],
    [
      [named('Mail')],
      'a lane is named in lower-case letters, digits and hyphens: current value is "Mail"',
    ],
    [
      [named('mail', ['chat']), named('chat')],
      `lane "mail" comes after "chat": expected a lane that stands before it: these are ${own.join(', ')}`,
    ],
    [
      Array.from({ length: most + 1 - own.length }, (_, index) => named(`lane-${index}`)),
      `expected at most ${most} lanes: there are ${most + 1}`,
    ],
  ])('buildDetection() refuses a list of lanes that cannot work (%#)', async (lanes, sentence) => {
    await expect(
      buildDetection({
        ...sides,
        store: createMemoryStore(),
        rules: [],
        lanes,
        logger: silentLogger,
        version: 'test',
      }),
    ).rejects.toThrow(new RangeError(`Cannot open the outbox: ${sentence}`));
  });
});
