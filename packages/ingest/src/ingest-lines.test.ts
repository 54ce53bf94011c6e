import { ignoreLimits } from '@mini-soc/model';
import type { LineBatch } from '@mini-soc/tailer';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { createIngest } from './ingest-lines.ts';

const ARRIVAL_MS = Date.parse('2026-03-01T10:00:05.000Z');
const FAILED =
  'Mar  1 10:00:00 web01 sshd[9]: Failed password for root from 203.0.113.7 port 4242 ssh2';

function batchOf(...texts: readonly string[]): LineBatch {
  return {
    lines: texts.map((text, index) => ({
      text,
      file: '/var/log/auth.log',
      offset: index * 100,
      eventId: `id-${index}`,
      arrivalMs: ARRIVAL_MS,
      flags: [],
    })),
  };
}

async function start() {
  const store = createMemoryStore();
  let arrivals = 0;
  const ingest = createIngest({
    store,
    zoneOffsetMinutes: () => 0,
    onLimit: ignoreLimits,
    observeArrivals: async () => (stored) => (arrivals += Math.sign(stored)),
  });
  return { store, ingest, arrivals: () => arrivals };
}

describe('ingest', () => {
  it('stores what it understands with the place it came from, and counts the rest', async () => {
    const { store, ingest, arrivals } = await start();
    await ingest.ingest(batchOf(FAILED, 'no log line'));
    const [event] = await store.searchEvents({ size: 10, order: 'oldest' });
    expect(event).toMatchObject({
      event_id: 'id-0',
      source_ip: '203.0.113.7',
      '@timestamp': '2026-03-01T10:00:00.000Z',
      ingested_at: '2026-03-01T10:00:05.000Z',
      log_file: '/var/log/auth.log',
      log_offset: 0,
    });
    expect(ingest.counts()).toMatchObject({ lines: 2, events: 1, notUnderstood: 1 });
    expect(arrivals()).toBe(1);
  });

  it('moves the position with the events, and with lines that are none', async () => {
    const { store, ingest } = await start();
    const position = { id: 'id', markAt: 0, mark: 1, seenMs: 1 };
    await store.positions?.put([{ ...position, source: 'file', readTo: 0, document: '{}' }]);
    const readTo = async () => (await store.positions?.read('file'))?.[0]?.readTo;
    await ingest.ingest({ ...batchOf('no log line'), move: { ...position, from: 100, to: 200 } });
    expect(await readTo()).toBe(0);
    await ingest.ingest({ ...batchOf(FAILED), move: { ...position, from: 0, to: 100 } });
    expect(await readTo()).toBe(200);
  });

  it('stores a batch that comes again once, and tells detection nothing', async () => {
    const { store, ingest, arrivals } = await start();
    await ingest.ingest(batchOf(FAILED));
    await ingest.ingest(batchOf(FAILED));
    expect(await store.countEvents()).toBe(1);
    expect(ingest.counts()).toMatchObject({ events: 1, duplicates: 1 });
    expect(arrivals()).toBe(1);
  });

  it('names a file of which nothing is understood', async () => {
    const { ingest } = await start();
    await ingest.ingest(batchOf('a', 'b'));
    expect([...ingest.notUnderstood()]).toEqual([['/var/log/auth.log', 2]]);
    await ingest.ingest(batchOf(FAILED));
    expect([...ingest.notUnderstood()]).toEqual([]);
  });

  it('understands a repetition of the line before it, and only of that', async () => {
    const { store, ingest } = await start();
    const repeated = 'Mar  1 10:00:04 web01 last message repeated 3 times';
    await ingest.ingest(batchOf(FAILED, repeated, 'no log line', repeated));
    const events = await store.searchEvents({ size: 10, order: 'oldest' });
    expect(events.map((event) => [event.event_id, event.repeat_count ?? 1])).toEqual([
      ['id-0', 1],
      ['id-1', 3],
    ]);
    // A batch that comes again begins before what was read last: its first line has no line before it.
    const again = batchOf(repeated);
    await ingest.ingest({ lines: again.lines.map((line) => ({ ...line, eventId: 'again' })) });
    expect(await store.countEvents()).toBe(2);
  });

  it('marks the lines of the files of the self-test alone, keeps all of them and counts none', async () => {
    const store = createMemoryStore();
    const ingest = createIngest({
      store,
      zoneOffsetMinutes: () => 0,
      onLimit: ignoreLimits,
      selfTest: { owns: (file) => file === '/self-test/a.log', keepsUnread: true },
    });
    const own = batchOf(FAILED, 'no log line').lines.map((line, index) => ({
      ...line,
      file: '/self-test/a.log',
      eventId: `own-${index}`,
    }));
    const pretends = '{"@timestamp":"2026-03-01T10:00:00Z","flags":["self_test"],"action":"x"}';
    await ingest.ingest(batchOf(FAILED, 'no log line'));
    const [line] = batchOf(pretends).lines;
    if (line !== undefined)
      await ingest.ingest({ lines: [{ ...line, file: '/srv/events.json', eventId: 'id-1' }] });
    await ingest.ingest({ lines: own });
    const events = await store.searchEvents({ size: 10, order: 'oldest' });
    expect(
      Object.fromEntries(events.map((event) => [event.event_id, [event.action, event.flags]])),
    ).toEqual({
      'id-0': ['ssh_login', undefined],
      'id-1': ['x', ['untrusted']],
      'own-0': ['ssh_login', ['self_test']],
      'own-1': ['unknown', ['self_test']],
    });
    expect(ingest.counts()).toMatchObject({ lines: 3, events: 2, notUnderstood: 1 });
  });
});
