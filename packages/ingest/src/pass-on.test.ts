import { ignoreLimits, type SocEvent } from '@mini-soc/model';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { createPassOn } from './pass-on.ts';

/** Of an input that knows no lines, such as packets. */
function packet(id: string): SocEvent {
  return {
    '@timestamp': '2026-03-01T10:00:00.000Z',
    event_id: id,
    ingested_at: '2026-03-01T10:00:01.000Z',
    log_type: 'network',
    action: 'connection',
    status: 'info',
    source_ip: '203.0.113.7',
    message: 'SYN',
  };
}

describe('createPassOn()', () => {
  it('createPassOn() shows events to detection, stores them, then tells it how many are new', async () => {
    const store = createMemoryStore();
    const steps: string[] = [];
    const { pass, counts } = createPassOn({
      store,
      onLimit: ignoreLimits,
      observeArrivals: async (events) => {
        steps.push(`seen ${events.length} of ${await store.countEvents()} stored`);
        return (stored) => steps.push(`${stored} new`);
      },
    });
    await pass({ events: [packet('a'), packet('b')] });
    await pass({ events: [packet('b'), packet('c')] });
    expect(steps).toEqual(['seen 2 of 0 stored', '2 new', 'seen 2 of 2 stored', '1 new']);
    expect(counts()).toEqual({
      events: 3,
      duplicates: 1,
      deadLetters: 0,
      lastEventAt: '2026-03-01T10:00:01.000Z',
    });
  });

  it('createPassOn() gives the same events again when storing is tried again', async () => {
    const store = createMemoryStore();
    let failures = 1;
    const { pass } = createPassOn({
      store: {
        ...store,
        appendEvents: async (events, move) => {
          failures -= 1;
          if (failures >= 0) throw new Error('away');
          return store.appendEvents(events, move);
        },
      },
      onLimit: ignoreLimits,
      persist: (write) => write().catch(() => write()),
    });
    await pass({ events: [packet('a')] });
    expect(await store.countEvents()).toBe(1);
  });

  it('createPassOn() counts nothing of events that are in no count, and says when they are stored', async () => {
    const store = createMemoryStore();
    const { pass, counts } = createPassOn({ store, onLimit: ignoreLimits });
    let stored = -1;
    const onStored = () => {
      stored = 1;
    };
    await pass({ events: [packet('a')], onStored });
    expect([stored, await store.countEvents(), counts().events]).toEqual([1, 1, 0]);
  });
});
