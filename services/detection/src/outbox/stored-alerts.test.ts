import { ignoreLimits, type Alert } from '@mini-soc/model';
import type { Store } from '@mini-soc/store';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { makeAlert } from '../../../../packages/detect/test/make-alert.ts';
import { SETTINGS } from '../../test/settings.ts';
import { silentLogger } from '../../test/silent-logger.ts';
import { createDispatcher } from './dispatch-alerts.ts';
import { createLanes, createLanesFor } from './lanes.ts';
import { createStoredAlerts } from './stored-alerts.ts';

function watched(): { readonly store: Store; readonly read: string[] } {
  const store = createMemoryStore();
  const read: string[] = [];
  const readAlerts: Store['readAlerts'] = (ids) => {
    read.push(...ids);
    return store.readAlerts(ids);
  };
  return { store: { ...store, readAlerts }, read };
}

describe('createStoredAlerts()', () => {
  it('reads what was not just created, by identity', async () => {
    const { store, read } = watched();
    const [fresh, other] = [makeAlert({ alert_id: 'a' }), makeAlert({ alert_id: 'b' })];
    await store.createAlerts([fresh, other]);
    const stored = createStoredAlerts(store);
    stored.created([fresh]);
    const found = await stored.read([fresh, other, makeAlert({ alert_id: 'gone' })]);
    expect([...found.keys()].toSorted()).toEqual(['a', 'b']);
    expect(found.get('a')?.alert).toBe(fresh);
    expect(read).toEqual(['b', 'gone']);
    await stored.read([{ ...fresh }]);
    expect(read).toEqual(['b', 'gone', 'a']);
  });

  it('reads everything where the store does not say which version is the first', async () => {
    const { store, read } = watched();
    const alert = makeAlert();
    await store.createAlerts([alert]);
    const stored = createStoredAlerts({ readAlerts: (ids) => store.readAlerts(ids) });
    stored.created([alert]);
    expect((await stored.read([alert])).get(alert.alert_id)?.version).toBe('1');
    expect(read).toEqual([alert.alert_id]);
  });
});

describe('createDispatcher() with what was just created', () => {
  const open = (store: Store) => {
    const now = () => new Date('2026-03-01T10:00:00Z');
    const lanes = createLanes({
      settings: SETTINGS,
      now,
      responder: { respond: async () => ({ action: 'block', outcome: 'blocked', reason: '' }) },
      enricher: { enrich: () => Promise.reject(new Error('away')) },
    });
    const dispatcher = createDispatcher({
      store,
      lanes,
      now,
      logger: silentLogger,
      onAlert: () => undefined,
      onLimit: ignoreLimits,
    });
    const make = (parts: Partial<Alert> = {}): Alert => {
      const alert = makeAlert(parts);
      return { ...alert, waits_for: [...createLanesFor(lanes)(alert)] };
    };
    return { dispatcher, make };
  };

  it('writes the answer without reading the alert', async () => {
    const { store, read } = watched();
    const { dispatcher, make } = open(store);
    const [sent, offered] = [make({ alert_id: 'sent' }), make({ alert_id: 'offered' })];
    dispatcher.sendNow([sent], store.createAlerts([sent]));
    await store.createAlerts([offered]);
    dispatcher.offer([offered], 'created');
    await dispatcher.settled();
    expect(read).toEqual([]);
    for (const { alert } of await store.searchAlerts({ size: 10 }))
      expect(alert).toMatchObject({ response: { state: 'done' }, waits_for: ['enrichment'] });
    await dispatcher.stop();
  });

  it('keeps what somebody else wrote, before it was created or since', async () => {
    const { store } = watched();
    const { dispatcher, make } = open(store);
    const [first, second] = [make({ alert_id: 'first' }), make({ alert_id: 'second' })];
    await store.createAlerts([{ ...first, risk_score: 77 }, second]);
    await store.updateAlerts([{ alert: { ...second, risk_score: 78 }, version: '1' }]);
    dispatcher.sendNow([first], store.createAlerts([first]));
    dispatcher.offer([second], 'created');
    await dispatcher.settled();
    const found = await store.searchAlerts({ size: 10 });
    expect(
      Object.fromEntries(
        found.map(({ alert }) => [alert.alert_id, [alert.risk_score, alert.response.state]]),
      ),
    ).toEqual({ first: [77, 'done'], second: [78, 'done'] });
    await dispatcher.stop();
  });
});
