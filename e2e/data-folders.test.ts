/** Folders that earlier versions wrote, opened by the present code: nothing is lost and nothing changed. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ignoreLimits, type Alert, type Block, type SocEvent } from '@mini-soc/model';
import { createLogger } from '@mini-soc/service-kit';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { afterEach, describe, expect, it } from 'vitest';
import { openLedger } from '../services/response/src/ledger/ledger.ts';
import { newFolder, startSoc, type SocProcess } from './soc-process.ts';

const FOLDERS = path.join(import.meta.dirname, 'data-folders');
const names = readdirSync(FOLDERS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

interface Expected {
  readonly event?: SocEvent;
  readonly alert?: Alert;
  readonly version?: string;
  readonly block?: Block;
  readonly ledger?: { readonly at: string; readonly in_force: readonly string[] };
}

const expectedOf = (name: string): readonly Expected[] =>
  readFileSync(path.join(FOLDERS, name, 'expected.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Expected);

function unpack(name: string): string {
  const folder = newFolder();
  execFileSync('tar', ['-xzf', path.join(FOLDERS, name, 'data.tar.gz'), '-C', folder]);
  return path.join(folder, 'data');
}

const running: SocProcess[] = [];
afterEach(async () => {
  for (const soc of running.splice(0)) await soc.end('SIGKILL');
});

it('there is a folder at all', () => {
  expect(names).not.toEqual([]);
});

describe.each(names)('the data folder %s', (name) => {
  const expected = expectedOf(name);

  it('gives back every event, alert and block, field by field', async () => {
    const store = await openDuckDbStore({ path: path.join(unpack(name), 'soc.duckdb') });
    const events = expected.flatMap(({ event }) => event ?? []);
    expect(events.length).toBeGreaterThan(100);
    expect(await store.searchEvents({ size: 100_000, order: 'oldest' })).toEqual(events);
    const alerts = (await store.searchAlerts({ size: 10_000 })).toSorted((a, b) =>
      a.alert.alert_id < b.alert.alert_id ? -1 : 1,
    );
    expect(alerts).toEqual(
      expected.flatMap(({ alert, version }) => (alert === undefined ? [] : { alert, version })),
    );
    expect(await store.listBlocks(10_000)).toEqual(expected.flatMap(({ block }) => block ?? []));
    // It goes on: what is there is there, and finds its column.
    expect(await store.appendEvents(events)).toMatchObject({ stored: 0 });
    const [first] = events;
    await store.appendEvents([{ ...(first as SocEvent), event_id: 'new', username: 'new-user' }]);
    expect(
      await store.countEvents({
        kind: 'equals',
        field: 'username',
        value: 'new-user',
        cased: true,
      }),
    ).toBe(1);
    await store.close();
  });

  it('blocks in its ledger are those of then', async () => {
    const { at, in_force: inForce } = expected.flatMap(({ ledger }) => ledger ?? [])[0] ?? {};
    const ledger = await openLedger({
      directory: unpack(name),
      earlierBlocksMs: 86_400_000,
      now: () => new Date(at ?? ''),
      monotonicMs: () => 0,
      boot: undefined,
      onLimit: ignoreLimits,
      logger: createLogger({ name: 'test', level: 'silent' }),
    });
    expect(ledger.problems).toEqual([]);
    expect(
      ledger.blocks
        .inForce()
        .map((block) => block.address)
        .toSorted(),
    ).toEqual(inForce);
    await ledger.close();
  });

  it('has an outbox of which every alert without an answer is found', async () => {
    const store = await openDuckDbStore({ path: path.join(unpack(name), 'soc.duckdb') });
    const waiting = async (lane: string) =>
      (await store.waitingAlerts({ lane, size: 10_000 })).map((one) => one.alertId).toSorted();
    const idsOf = (isWanted: (alert: Alert) => boolean) =>
      expected.flatMap(({ alert }) =>
        alert !== undefined && alert.details.merged_into === undefined && isWanted(alert)
          ? alert.alert_id
          : [],
      );
    const pending = idsOf((alert) => alert.response.state === 'pending');
    expect(pending).toContain('made-pending');
    expect(await waiting('response')).toEqual(pending.toSorted());
    expect(await waiting('enrichment')).toEqual(idsOf((alert) => !alert.enriched).toSorted());
    await store.close();
  });

  it('is one that soc starts on, and whose alerts without an answer it delivers', async () => {
    const data = unpack(name);
    const soc = await startSoc(['--logs', path.join(data, '../auth.log')], { data });
    running.push(soc);
    const made = async () =>
      (await soc.alerts()).find((alert) => alert.alert_id === 'made-pending');
    await expect
      .poll(async () => (await made())?.response.state, { timeout: 20_000 })
      .toMatch(/^(done|refused)$/);
    expect((await made())?.waits_for).toEqual([]);
    const ids = (await soc.alerts()).map((alert) => alert.alert_id);
    const wanted = expected.flatMap(({ alert }) =>
      alert === undefined || alert.self_test === true ? [] : alert.alert_id,
    );
    expect(ids).toEqual(expect.arrayContaining(wanted));
  });
});
