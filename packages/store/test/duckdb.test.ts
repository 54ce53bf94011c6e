import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError, type SocEvent } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { openDuckDbStore } from '../src/duckdb/index.ts';
import { openStore } from '../src/open-store.ts';
import { describeStore, sampleAlert, sampleEvent } from './conformance.ts';
import { describePositions } from './positions.ts';

describeStore('DuckDB', () => openStore({ engine: 'duckdb', path: ':memory:' }));
describePositions('DuckDB', () => openStore({ engine: 'duckdb', path: ':memory:' }));

const idOf = (event: SocEvent) => event.event_id;

describe('DuckDB stores in memory', () => {
  it('know nothing of each other, nor of those before them', async () => {
    const [one, other] = await Promise.all([
      openDuckDbStore({ path: ':memory:' }),
      openDuckDbStore({ path: ':memory:' }),
    ]);
    await one.appendEvents([sampleEvent('a'), sampleEvent('b')]);
    await other.appendEvents([sampleEvent('a')]);
    await one.close();
    expect((await other.searchEvents({ size: 10, order: 'oldest' })).map(idOf)).toEqual(['a']);
    const later = await openDuckDbStore({ path: ':memory:' });
    expect(await later.searchEvents({ size: 10, order: 'oldest' })).toEqual([]);
    await other.close();
    await later.close();
  });
});

describe('DuckDB store on disk', () => {
  const newPath = () => path.join(mkdtempSync(path.join(tmpdir(), 'soc-store-')), 'soc.duckdb');

  it('keeps events, alerts, ids and order of arrival over a restart', async () => {
    const file = newPath();
    let store = await openDuckDbStore({ path: file });
    await store.appendEvents([sampleEvent('a'), sampleEvent('b')]);
    await store.createAlerts([sampleAlert('x')]);
    const cursor = await store.arrivalCursor();
    await store.close();
    store = await openDuckDbStore({ path: file });
    expect(await store.arrivalCursor()).toBe(cursor);
    expect(await store.appendEvents([sampleEvent('a'), sampleEvent('c')])).toMatchObject({
      stored: 1,
      duplicates: 1,
    });
    expect((await store.readAlerts(['x']))[0]?.alert).toEqual(sampleAlert('x'));
    await store.close();
  });

  it('keeps positions over a restart, and moves them on from where they are', async () => {
    const file = newPath();
    const move = { id: 'a', markAt: 0, mark: 7, seenMs: 9 };
    let store = await openDuckDbStore({ path: file });
    await store.positions?.put([{ ...move, source: 'file', readTo: 0, document: '{}' }]);
    await store.appendEvents([sampleEvent('a:0')], { ...move, from: 0, to: 10 });
    await store.close();
    store = await openDuckDbStore({ path: file });
    await store.appendEvents([sampleEvent('a:20')], { ...move, from: 20, to: 30 });
    expect((await store.positions?.read('file'))?.[0]?.readTo).toBe(10);
    await store.appendEvents([sampleEvent('a:10')], { ...move, from: 5, to: 20 });
    expect((await store.positions?.read('file'))?.[0]?.readTo).toBe(30);
    await store.close();
  });

  it('stores an id once when it comes again in batches under way, and keeps what failed askable', async () => {
    const store = await openDuckDbStore({ path: newPath() });
    const batch = Array.from({ length: 1500 }, (_, index) => sampleEvent(`e${index % 1000}`));
    const reports = await Promise.all([
      store.appendEvents(batch),
      store.appendEvents(batch.slice(500)),
      store.appendEvents([...batch, sampleEvent('new')]),
    ]);
    expect(reports.map(({ stored, duplicates }) => [stored, duplicates])).toEqual([
      [1000, 500],
      [0, 1000],
      [1, 1500],
    ]);
    expect(await store.countEvents()).toBe(1001);
    await store.close();
  });

  it('shrinks below a size by deleting the oldest, on the disk too, and goes on with what is left', async () => {
    const file = newPath();
    let store = await openDuckDbStore({ path: file });
    const text = (index: number) =>
      Array.from({ length: 40 }, (_, part) =>
        ((index * 7919 + part * 104_729) % 1e9).toString(36),
      ).join('');
    for (let batch = 0; batch < 50; batch += 1) {
      await store.appendEvents(
        Array.from({ length: 2000 }, (_, index) =>
          sampleEvent(
            `${batch}-${index}`,
            { message: text(batch * 2000 + index) },
            batch * 2000 + index,
          ),
        ),
      );
    }
    // They stand at the end of the file, behind what is deleted.
    await store.createAlerts([sampleAlert('x'), sampleAlert('y')]);
    await store.close();
    store = await openDuckDbStore({ path: file });
    const full = await store.size?.();
    const report = await store.retain(0, 10 * 1_048_576);
    expect(report.deletedForSize).toBeGreaterThan(0);
    expect(report.deletedEvents).toBe(report.deletedForSize);
    const left = await store.searchEvents({ size: 1, order: 'newest' });
    expect(left[0]?.event_id).toBe('49-1999');
    // Tables that were written anew begin blocks of their own: some, however large they are.
    const mostBytes = 10 * 1_048_576 + 10 * 262_144;
    expect(statSync(file).size).toBeLessThanOrEqual(mostBytes);
    expect(report.sizeBytes).toBeLessThanOrEqual(mostBytes);
    expect(report.freedBytes).toBeGreaterThan((full?.fileBytes ?? 0) / 2);
    // Tables that were written anew keep their keys, their order and what knows of them.
    const oldest = await store.searchEvents({ size: 1, order: 'oldest' });
    expect(await store.appendEvents([oldest[0] ?? sampleEvent('?'), sampleEvent('new')])).toEqual({
      stored: 1,
      duplicates: 1,
      rejected: [],
    });
    expect(await store.createAlerts([sampleAlert('x'), sampleAlert('z')])).toEqual([
      'exists',
      'created',
    ]);
    expect(await store.createAlerts([sampleAlert('y')])).toEqual(['exists']);
    const count = await store.countEvents();
    const cursor = await store.arrivalCursor();
    await store.close();
    store = await openDuckDbStore({ path: file });
    expect(await store.countEvents()).toBe(count);
    expect(await store.arrivalCursor()).toBe(cursor);
    await store.close();
  });

  it('reads half a character, which no column holds, from the document', async () => {
    const store = await openDuckDbStore({ path: ':memory:' });
    const event = sampleEvent('half', { username: 'a\ud800b' });
    await store.appendEvents([event]);
    const { events } = await store.readEntityEvents({
      query: {
        filter: { kind: 'all', of: [] },
        groupBy: ['source_ip'],
        windowMs: 1000,
        measure: { kind: 'count', atLeast: 1 },
      },
      spans: [
        {
          entity: { source_ip: '203.0.113.7' },
          range: { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER },
        },
      ],
      fields: ['username'],
      pageSize: 10,
    });
    expect(events[0]?.event.username).toBe(event.username);
    await store.close();
  });

  it('reads flags, which stand in the document alone, before and after it was opened again', async () => {
    const file = newPath();
    const query = {
      filter: { kind: 'all', of: [] },
      groupBy: ['source_ip'],
      windowMs: 1000,
      measure: { kind: 'count', atLeast: 1 },
    } as const;
    const flagged = sampleEvent('flagged', { flags: ['clock_skew'] });
    const others = Array.from({ length: 3 }, (_, at) => sampleEvent(`plain-${at}`, {}, at));
    const flagsOf = async (store: Awaited<ReturnType<typeof openDuckDbStore>>) => {
      const range = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
      const spans = [{ entity: { source_ip: '203.0.113.7' }, range }];
      const page = await store.readEntityEvents({ query, spans, fields: [], pageSize: 10 });
      return page.events.map(({ event }) => event.flags);
    };
    let store = await openDuckDbStore({ path: file });
    await store.appendEvents(others);
    expect(await flagsOf(store)).toEqual([undefined, undefined, undefined]);
    await store.appendEvents([flagged]);
    expect((await flagsOf(store)).filter((flags) => flags !== undefined)).toEqual([['clock_skew']]);
    await store.close();
    store = await openDuckDbStore({ path: file });
    for (let look = 0; look < 20; look += 1)
      expect(await flagsOf(store)).toContainEqual(['clock_skew']);
    await store.close();
  });

  it('says in one sentence that the file is no database', async () => {
    const file = newPath();
    writeFileSync(file, 'not a database, but long enough to be looked at'.repeat(500));
    await expect(openDuckDbStore({ path: file })).rejects.toThrow(UsageError);
    await expect(openDuckDbStore({ path: file })).rejects.toThrow(
      /^Cannot open ".*soc\.duckdb": [^\n]+$/,
    );
  });
});
