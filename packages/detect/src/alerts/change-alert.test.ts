import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { makeAlert } from '../../test/make-alert.ts';
import { changeAlert, changeAlerts } from './change-alert.ts';

const more = (alert: ReturnType<typeof makeAlert>) => ({
  ...alert,
  event_count: alert.event_count + 1,
});

async function storeWithOne() {
  const store = createMemoryStore();
  const alert = makeAlert({ event_count: 0 });
  await store.createAlerts([alert]);
  const read = async () => {
    const [versioned] = await store.readAlerts([alert.alert_id]);
    if (versioned === undefined) throw new TypeError('No alert');
    return versioned;
  };
  return { store, read };
}

describe('changeAlerts()', () => {
  it('makes several changes of one alert one after the other and writes it once', async () => {
    const { store, read } = await storeWithOne();
    const versioned = await read();
    const written = await changeAlerts(store, [
      { versioned, apply: more },
      { versioned, apply: () => undefined },
      { versioned, apply: more },
    ]);
    expect(written.map((alert) => alert?.event_count)).toEqual([2, undefined, 2]);
    const after = await read();
    expect(after.alert.event_count).toBe(2);
    expect(Number(after.version)).toBe(Number(versioned.version) + 1);
  });

  it('lets as many change one alert at once as there are rules', async () => {
    const { store, read } = await storeWithOne();
    const versioned = await read();
    const slowly = async (alert: typeof versioned.alert) => {
      await new Promise((resolve) => setImmediate(resolve));
      return more(alert);
    };
    const all = Array.from({ length: 60 }, () => changeAlert(store, versioned, slowly));
    expect((await Promise.all(all)).every((alert) => alert !== undefined)).toBe(true);
    expect((await read()).alert.event_count).toBe(60);
  });
});
