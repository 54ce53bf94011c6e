import type { SocEvent } from '@mini-soc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGatherer } from './gather-appends.ts';

const START_MS = Date.parse('2026-03-01T10:00:00.000Z');

function eventsOf(name: string, count: number): readonly SocEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    '@timestamp': new Date(START_MS + index).toISOString(),
    event_id: `${name}:${index}`,
    event_type: 'authentication',
    action: 'ssh_login',
    outcome: 'failure',
    severity: 'low',
    message: name,
  })) as unknown as readonly SocEvent[];
}

/** A store whose appends end when they are let go. */
function heldStore() {
  const appends: { readonly ids: readonly string[]; readonly kind: string }[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const append = (events: readonly SocEvent[], kind: string) => {
    appends.push({ ids: events.map((event) => event.event_id), kind });
    return new Promise<void>((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  };
  return { append, appends, ends };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('createGatherer()', () => {
  it('stores what comes within the wait together, and tells each batch', async () => {
    const { append, appends, ends } = heldStore();
    const gatherer = createGatherer({ append, lingerMs: 1 });
    const first = gatherer.add(eventsOf('a', 2), 'logs');
    const second = gatherer.add(eventsOf('b', 1), 'logs');
    await soon();
    expect(appends).toEqual([{ ids: ['a:0', 'a:1', 'b:0'], kind: 'logs' }]);
    ends[0]?.();
    await Promise.all([first, second]);
  });

  it('gathers what comes while the store is at work', async () => {
    const { append, appends, ends } = heldStore();
    const gatherer = createGatherer({ append, lingerMs: 1 });
    void gatherer.add(eventsOf('a', 1), 'logs');
    await soon();
    void gatherer.add(eventsOf('b', 1), 'logs');
    await soon();
    void gatherer.add(eventsOf('c', 1), 'logs');
    await soon();
    expect(appends).toHaveLength(1);
    ends[0]?.();
    await soon();
    expect(appends[1]?.ids).toEqual(['b:0', 'c:0']);
  });

  it('does not keep a full batch waiting, and has two of them under way', async () => {
    const { append, appends } = heldStore();
    const gatherer = createGatherer({ append, lingerMs: 3_600_000 });
    for (const name of ['a', 'b', 'c']) void gatherer.add(eventsOf(name, 8000), 'logs');
    expect(appends.map(({ ids }) => ids[0])).toEqual(['a:0', 'b:0']);
  });

  it('keeps the self-test apart', async () => {
    const { append, appends, ends } = heldStore();
    const gatherer = createGatherer({ append, lingerMs: 1 });
    void gatherer.add(eventsOf('a', 1), 'logs');
    void gatherer.add(eventsOf('own', 1), 'self-test');
    void gatherer.add(eventsOf('b', 1), 'logs');
    for (let turn = 0; turn < 3; turn += 1) {
      await soon();
      ends[turn]?.();
    }
    expect(appends).toEqual([
      { ids: ['a:0'], kind: 'logs' },
      { ids: ['own:0'], kind: 'self-test' },
      { ids: ['b:0'], kind: 'logs' },
    ]);
  });

  it('tells all batches of a group what failed, and goes on with the next', async () => {
    const { append, appends, ends } = heldStore();
    const gatherer = createGatherer({ append, lingerMs: 1 });
    const failed = [
      gatherer.add(eventsOf('a', 1), 'logs'),
      gatherer.add(eventsOf('b', 1), 'logs'),
    ].map((one) => expect(one).rejects.toThrow('disk full'));
    await soon();
    const later = gatherer.add(eventsOf('c', 1), 'logs');
    ends[0]?.(new Error('disk full'));
    await Promise.all(failed);
    await soon();
    expect(appends[1]?.ids).toEqual(['c:0']);
    ends[1]?.();
    await later;
  });

  it('stores every event once and in order, whatever the sizes', async () => {
    const sizes = fc.array(
      fc.record({
        size: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9000 })),
        own: fc.boolean(),
        waits: fc.boolean(),
      }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(sizes, async (batches) => {
        const stored: string[] = [];
        const gatherer = createGatherer({
          append: async (events) => {
            stored.push(...events.map((event) => event.event_id));
            await Promise.resolve();
          },
          lingerMs: 0,
        });
        const given: string[] = [];
        const done: Promise<void>[] = [];
        for (const [index, { size, own, waits }] of batches.entries()) {
          const events = eventsOf(`batch-${index}`, size);
          given.push(...events.map((event) => event.event_id));
          done.push(gatherer.add(events, own ? 'self-test' : 'logs'));
          if (waits) await soon();
        }
        await Promise.all(done);
        expect(stored).toEqual(given);
      }),
      { numRuns: 30 },
    );
  });
});
