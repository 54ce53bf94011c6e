import { ignoreLimits, type Alert, type Enrichment } from '@mini-soc/model';
import { ServiceCallError } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { makeAlert } from '../../../../packages/detect/test/make-alert.ts';
import { START_MS } from '../../../../packages/detect/test/make-rule.ts';
import { SETTINGS } from '../../test/settings.ts';
import { silentLogger } from '../../test/silent-logger.ts';
import { createDispatcher } from './dispatch-alerts.ts';
import type { Enricher } from './enrichment/enrichment-lane.ts';
import { createLanes } from './lanes.ts';
import type { Responder } from './response/response-lane.ts';

const ENRICHMENT: Enrichment = {
  mitre_techniques: ['T1110.001'],
  mitre_tactics: ['Credential Access'],
  mitre_urls: ['https://attack.mitre.org/techniques/T1110/001/'],
  threat_confidence: 0.9,
  threat_summary: 'Guessing passwords',
};
const blocked = { action: 'block', outcome: 'blocked', reason: 'Blocked for 1h' } as const;
const down = () => new ServiceCallError('Cannot reach', { retryable: true });

interface Setup {
  readonly store?: Store;
  readonly respondAll?: Responder['respondAll'];
  readonly isAtHand?: boolean;
  readonly respond?: (alert: Alert) => ReturnType<Responder['respond']>;
  readonly enrich?: Enricher['enrich'];
}

function setUp(setup: Setup = {}) {
  const store = setup.store ?? createMemoryStore();
  const clock = { ms: START_MS + 10_000 };
  const sent: string[] = [];
  const now = () => new Date(clock.ms);
  const lanes = createLanes({
    settings: SETTINGS,
    now,
    responder: {
      respond: async (alert) => {
        sent.push(`${alert.alert_id}:${alert.severity}`);
        return setup.respond === undefined ? blocked : setup.respond(alert);
      },
      ...(setup.respondAll === undefined ? {} : { respondAll: setup.respondAll }),
    },
    enricher: {
      enrich: setup.enrich ?? (async () => ENRICHMENT),
      ...(setup.isAtHand === undefined ? {} : { isAtHand: setup.isAtHand }),
    },
  });
  const dispatcher = createDispatcher({
    store,
    lanes,
    now,
    logger: silentLogger,
    onAlert: () => undefined,
    onLimit: ignoreLimits,
  });
  const work = async (): Promise<void> => {
    dispatcher.kick();
    await dispatcher.settled();
  };
  const read = async (): Promise<Alert | undefined> =>
    (await store.searchAlerts({ size: 1 }))[0]?.alert;
  return { store, clock, sent, dispatcher, work, read };
}

describe('createDispatcher()', () => {
  it('createDispatcher() sends an alert once and writes both answers down', async () => {
    const { store, sent, work, read } = setUp();
    await store.createAlerts([makeAlert()]);
    await work();
    await work();
    expect(sent).toHaveLength(1);
    expect(await read()).toMatchObject({
      enriched: true,
      response: {
        state: 'done',
        action: 'block',
        reason: 'Blocked for 1h',
        dispatched_severity: 'medium',
      },
      details: ENRICHMENT,
    });
  });

  it('createDispatcher() keeps why a block was refused', async () => {
    const { store, work, read } = setUp({
      respond: async () => ({ action: 'block', outcome: 'refused', reason: 'On the allow list' }),
    });
    await store.createAlerts([makeAlert()]);
    await work();
    expect((await read())?.response).toMatchObject({
      state: 'refused',
      reason: 'On the allow list',
    });
  });

  it('createDispatcher() keeps an alert pending that is deferred, and asks again when it is time', async () => {
    let retryAt: string | undefined = new Date(START_MS + 70_000).toISOString();
    const { store, clock, sent, work, read } = setUp({
      respond: async () =>
        retryAt === undefined
          ? blocked
          : { action: 'block', outcome: 'deferred', reason: 'Not blocked yet', retry_at: retryAt },
    });
    await store.createAlerts([makeAlert()]);
    await work();
    await work();
    expect(sent).toHaveLength(1);
    expect((await read())?.response).toMatchObject({ state: 'pending', reason: 'Not blocked yet' });
    clock.ms = START_MS + 70_000;
    retryAt = undefined;
    await work();
    expect(sent).toHaveLength(2);
    expect((await read())?.response).toMatchObject({ state: 'done', reason: 'Blocked for 1h' });
  });

  it('createDispatcher() keeps an alert pending while response is down, also over a restart', async () => {
    let isDown = true;
    const setup: Setup = {
      respond: async () => {
        if (isDown) throw down();
        return blocked;
      },
    };
    const first = setUp(setup);
    await first.store.createAlerts([makeAlert()]);
    await first.work();
    expect((await first.read())?.response.state).toBe('pending');
    await first.work();
    expect(first.sent).toHaveLength(1);
    first.clock.ms += 500;
    await first.work();
    expect(first.sent).toHaveLength(2);
    await first.dispatcher.stop();

    isDown = false;
    const second = setUp({ ...setup, store: first.store });
    await second.work();
    expect((await second.read())?.response.state).toBe('done');
    await second.dispatcher.stop();
  });

  it('createDispatcher() asks a dead response service for one batch, not for every alert', async () => {
    const { store, sent, work, dispatcher } = setUp({
      respond: async () => Promise.reject(down()),
    });
    for (let index = 0; index < 100; index += 1)
      await store.createAlerts([makeAlert({ alert_id: `a${index}` })]);
    await work();
    expect(sent.length).toBeLessThanOrEqual(8);
    expect(dispatcher.pending('response')).toBe(100);
    await dispatcher.stop();
  });

  it('createDispatcher() sends an alert again that climbed while it was on its way', async () => {
    const store = createMemoryStore();
    const { sent, work, read } = setUp({
      store,
      respond: async (alert) => {
        if (alert.severity === 'medium') {
          const [present] = await store.readAlerts([alert.alert_id]);
          if (present !== undefined)
            await store.updateAlerts([
              { ...present, alert: { ...present.alert, severity: 'critical' } },
            ]);
        }
        return blocked;
      },
    });
    const alert = makeAlert();
    await store.createAlerts([alert]);
    await work();
    expect((await read())?.response).toMatchObject({
      state: 'pending',
      dispatched_severity: 'medium',
    });
    await work();
    expect(sent).toEqual([`${alert.alert_id}:medium`, `${alert.alert_id}:critical`]);
    expect((await read())?.response).toMatchObject({
      state: 'done',
      dispatched_severity: 'critical',
    });
  });

  it('createDispatcher() gives up on what response will never accept, and says so', async () => {
    const { store, clock, work, read, dispatcher } = setUp({
      respond: async () => {
        throw new ServiceCallError('POST /respond answered 400', {
          retryable: false,
          statusCode: 400,
        });
      },
    });
    await store.createAlerts([makeAlert()]);
    for (let round = 0; round < 6; round += 1) {
      await work();
      clock.ms += 60_000;
    }
    expect((await read())?.response).toMatchObject({
      state: 'refused',
      reason: 'The response service does not accept this alert: POST /respond answered 400',
    });
    await dispatcher.stop();
  });

  it('createDispatcher() keeps asking while its own token is wrong', async () => {
    const { store, clock, work, read, dispatcher } = setUp({
      respond: async () => {
        throw new ServiceCallError('POST /respond answered 401', {
          retryable: false,
          statusCode: 401,
        });
      },
    });
    await store.createAlerts([makeAlert()]);
    for (let round = 0; round < 10; round += 1) {
      await work();
      clock.ms += 120_000;
    }
    expect((await read())?.response.state).toBe('pending');
    await dispatcher.stop();
  });

  it('createDispatcher() leaves enrichment for later while a cycle hands over its alerts', async () => {
    const { store, dispatcher, work, read } = setUp();
    await store.createAlerts([makeAlert()]);
    dispatcher.offer([makeAlert()]);
    await dispatcher.settled();
    expect((await read())?.response.state).toBe('done');
    expect((await read())?.enriched).toBe(false);
    await work();
    expect((await read())?.enriched).toBe(true);
    await dispatcher.stop();
  });

  it('createDispatcher() does not let a hanging enricher delay a response', async () => {
    let release: (() => void) | undefined;
    const { store, sent, dispatcher, work, read } = setUp({
      enrich: () =>
        new Promise((resolve) => {
          release = () => resolve(ENRICHMENT);
        }),
    });
    await store.createAlerts([makeAlert()]);
    dispatcher.kick();
    while ((await read())?.response.state === 'pending') await new Promise(setImmediate);
    expect(sent).toHaveLength(1);
    expect((await read())?.enriched).toBe(false);
    await store.createAlerts([makeAlert({ alert_id: 'second' })]);
    dispatcher.kick();
    while (sent.length < 2) await new Promise(setImmediate);
    release?.();
    await new Promise(setImmediate);
    release?.();
    await work();
    await dispatcher.stop();
  });

  it('createDispatcher() tries a failing enricher again, a bounded number of times', async () => {
    let calls = 0;
    const { store, clock, work, read, dispatcher } = setUp({
      enrich: async () => {
        calls += 1;
        throw down();
      },
    });
    await store.createAlerts([makeAlert()]);
    for (let round = 0; round < 20; round += 1) {
      await work();
      clock.ms += 120_000;
    }
    expect(calls).toBe(8);
    expect(await read()).toMatchObject({ enriched: false, response: { state: 'done' } });
    await dispatcher.stop();
  });

  it('createDispatcher() leaves merged alerts alone', async () => {
    const { store, sent, work } = setUp();
    const alert = makeAlert();
    await store.createAlerts([{ ...alert, details: { ...alert.details, merged_into: 'other' } }]);
    await work();
    expect(sent).toEqual([]);
  });

  it('createDispatcher() asks for many at once, the live and severe first, and writes each once', async () => {
    const asked: string[][] = [];
    const memory = createMemoryStore();
    const updates: string[] = [];
    const store: Store = {
      ...memory,
      updateAlerts: (changes) => {
        updates.push(...changes.map(({ alert }) => alert.alert_id));
        return memory.updateAlerts(changes);
      },
    };
    const { work } = setUp({
      store,
      isAtHand: true,
      respondAll: async (alerts) => {
        asked.push(alerts.map((alert) => alert.alert_id));
        return alerts.map(() => blocked);
      },
    });
    await store.createAlerts([
      makeAlert({ alert_id: 'late', severity: 'critical', late: true }),
      makeAlert({ alert_id: 'medium' }),
      makeAlert({ alert_id: 'critical', severity: 'critical' }),
      makeAlert({ alert_id: 'older', '@timestamp': new Date(START_MS - 1000).toISOString() }),
    ]);
    await work();
    expect(asked).toEqual([['critical', 'older', 'medium', 'late']]);
    expect(updates.toSorted()).toEqual(['critical', 'late', 'medium', 'older']);
    for (const { alert } of await store.searchAlerts({ size: 10 }))
      expect(alert).toMatchObject({ enriched: true, response: { state: 'done' } });
  });

  it('createDispatcher() finds out one by one which of many is not accepted', async () => {
    const refused = new ServiceCallError('answered 400', { retryable: false, statusCode: 400 });
    const { store, clock, work } = setUp({
      respondAll: async () => Promise.reject(refused),
      respond: async (alert) => {
        if (alert.alert_id === 'bad') throw refused;
        return blocked;
      },
    });
    await store.createAlerts(['bad', 'good', 'fine'].map((id) => makeAlert({ alert_id: id })));
    for (let round = 0; round < 6; round += 1) {
      await work();
      clock.ms += 60_000;
    }
    const states = (await store.searchAlerts({ size: 10 })).map(({ alert }) => [
      alert.alert_id,
      alert.response.state,
    ]);
    expect(Object.fromEntries(states)).toEqual({ bad: 'refused', good: 'done', fine: 'done' });
  });

  it('createDispatcher() keeps what response defers and asks again when it said, never sooner', async () => {
    const memory = createMemoryStore();
    let writes = 0;
    const store: Store = {
      ...memory,
      updateAlerts: (changes) => {
        writes += changes.length;
        return memory.updateAlerts(changes);
      },
    };
    let room = 0;
    const { clock, sent, work, read, dispatcher } = setUp({
      store,
      respond: async () => {
        if (room > 0) return blocked;
        return {
          action: 'block',
          outcome: 'deferred',
          reason: 'No room for new blocks this minute',
          retry_at: new Date(clock.ms + 30_000).toISOString(),
        };
      },
    });
    await store.createAlerts([makeAlert({ enriched: true })]);
    for (let minute = 0; minute < 20; minute += 1) {
      await work();
      await work();
      expect(sent).toHaveLength(minute + 1);
      clock.ms += 29_999;
      await work();
      expect(sent).toHaveLength(minute + 1);
      clock.ms += 1;
    }
    expect(await read()).toMatchObject({
      response: { state: 'pending', action: 'block', reason: 'No room for new blocks this minute' },
    });
    expect((await read())?.response.dispatched_severity).toBeUndefined();
    expect(writes).toBe(1); // what it says already is not written again
    room = 1;
    await work();
    expect((await read())?.response).toMatchObject({ state: 'done', reason: 'Blocked for 1h' });
    await dispatcher.stop();
  });

  it('createDispatcher() gives the room there is to the most severe, and drops none', async () => {
    const { store, clock, work, dispatcher } = setUp({
      respondAll: async (alerts) =>
        alerts.map((alert, index) =>
          alert.late
            ? { action: 'block', outcome: 'refused', reason: 'Too old to block' }
            : index < 2
              ? blocked
              : { action: 'block', outcome: 'deferred', reason: 'No room' },
        ),
      respond: async () => blocked,
    });
    const severities = ['low', 'critical', 'medium', 'high', 'critical'] as const;
    await store.createAlerts(
      severities.map((severity, index) => makeAlert({ alert_id: `a${index}`, severity })),
    );
    const done = async () =>
      (await store.searchAlerts({ size: 10 }))
        .filter(({ alert }) => alert.response.state === 'done')
        .map(({ alert }) => alert.severity)
        .toSorted();
    await work();
    expect(await done()).toEqual(['critical', 'critical']);
    clock.ms += 60_000;
    await work();
    expect(await done()).toEqual(['critical', 'critical', 'high', 'medium']);
    clock.ms += 60_000;
    await work();
    expect(await done()).toHaveLength(5);
    await dispatcher.stop();
  });

  it('createDispatcher() leaves a deferred alert of the first look to the outbox', async () => {
    let room = 0;
    const { store, clock, dispatcher, work, read } = setUp({
      respond: async () =>
        room > 0 ? blocked : { action: 'block', outcome: 'deferred', reason: 'No room' },
    });
    const alert = makeAlert();
    dispatcher.sendNow([alert], store.createAlerts([alert]));
    await dispatcher.settled();
    expect((await read())?.response).toMatchObject({ state: 'pending', reason: 'No room' });
    room = 1;
    clock.ms += 60_000;
    await work();
    expect((await read())?.response.state).toBe('done');
    await dispatcher.stop();
  });
});
