/** A store made under one choice of queried fields and opened under another is the store of the second one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SocEvent } from '@mini-soc/model';
import type { Filter, Query } from '@mini-soc/query';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import type { HeldField } from '../src/duckdb/mapping.ts';
import { openDuckDbStore } from '../src/duckdb/index.ts';
import type { Store } from '../src/store.ts';
import { candidatesBetween, sampleEvent } from './conformance.ts';

const FIELDS: readonly HeldField[] = [
  { name: 'log_type', kind: 'text' },
  { name: 'status', kind: 'text' },
  { name: 'source_ip', kind: 'text' },
  { name: 'username', kind: 'text' },
  { name: 'hostname', kind: 'text' },
  { name: 'command', kind: 'text' },
  { name: 'referrer', kind: 'text' },
  { name: 'ingested_at', kind: 'text' },
  { name: 'http_status', kind: 'integer' },
  { name: 'repeat_count', kind: 'integer' },
  { name: 'pid', kind: 'integer' },
  { name: 'bytes', kind: 'integer' },
];
const layout = fc.shuffledSubarray([...FIELDS]);
/** Also a field whose column was of another type. */
const oldLayout = fc
  .tuple(layout, fc.option(fc.constantFrom(...FIELDS)))
  .map(([fields, turned]) =>
    fields.map((field): HeldField =>
      field.name === turned?.name
        ? { ...field, kind: field.kind === 'text' ? 'integer' : 'text' }
        : field,
    ),
  );

const text = fc.oneof(
  fc.constantFrom('root', 'ROOT', '', 'ro\0ot', '\ud800', 'straße', '🦊', '"pid":', '42'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const number = fc.oneof(
  fc.constantFrom(0, 1, 42, -1, Number.MAX_SAFE_INTEGER),
  fc.integer({ min: 0, max: 999 }),
);
/** Mostly what the field should hold, now and then what no field should. */
const valueOf = ({ kind }: HeldField): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: kind === 'text' ? text : number },
    { weight: 2, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.oneof(
        text,
        number,
        fc.constant(null),
        fc.boolean(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
        fc.array(text, { maxLength: 3 }),
      ),
    },
  );
const fieldsOf = fc.record(Object.fromEntries(FIELDS.map((field) => [field.name, valueOf(field)])));
const events = fc
  .array(fc.tuple(fieldsOf, fc.nat(120_000)), { maxLength: 40 })
  .map(
    (list) =>
      list.map(([fields, offsetMs], index) =>
        Object.fromEntries(
          Object.entries({ ...sampleEvent(`e${index}`, {}, offsetMs), ...fields }).filter(
            ([, value]) => value !== undefined,
          ),
        ),
      ) as unknown as readonly SocEvent[],
  );

const FILTERS: readonly Filter[] = FIELDS.flatMap(({ name, kind }): Filter[] => [
  { kind: 'exists', field: name },
  { kind: 'not', of: { kind: 'exists', field: name } },
  { kind: 'equals', field: name, value: kind === 'text' ? 'root' : '42', cased: false },
  { kind: 'equals', field: name, value: kind === 'text' ? 'root' : '42', cased: true },
  ...(kind === 'integer'
    ? [{ kind: 'compare', field: name, operator: 'gte', value: 42 } as const]
    : []),
]);
const QUERIES: readonly Query[] = ['username', 'source_ip', 'pid'].flatMap((field): Query[] => [
  {
    filter: { kind: 'exists', field: 'log_type' },
    groupBy: [field],
    windowMs: 30_000,
    measure: { kind: 'count', atLeast: 2 },
  },
  {
    filter: { kind: 'all', of: [] },
    groupBy: [field],
    windowMs: 30_000,
    measure: { kind: 'distinct', field: 'command', atLeast: 2 },
  },
]);

/** A document with half a character makes the database's reader of JSON fail: then that is the answer. */
async function answer<Result>(work: () => Promise<Result>): Promise<Result | string> {
  return work().catch((error: unknown) => (error instanceof Error ? 'fails' : 'fails oddly'));
}

async function answersOf(store: Store): Promise<unknown> {
  const upTo = await store.arrivalCursor();
  return {
    upTo,
    events: await store.searchEvents({ size: 1000, order: 'oldest' }),
    counts: await inTurn(FILTERS, (filter) => answer(() => store.countEvents(filter))),
    candidates: await inTurn(QUERIES, (query) =>
      answer(() => candidatesBetween(store, query, undefined, upTo)),
    ),
    ofEntity: await answer(() =>
      store.readEntityEvents({
        query: QUERIES[0] as Query,
        spans: [{ entity: { username: 'root' }, range: { fromMs: 0, toMs: 4e12 } }],
        pageSize: 1000,
      }),
    ),
  };
}

async function inTurn<Given, Result>(
  list: readonly Given[],
  work: (given: Given) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const given of list) results.push(await work(given));
  return results;
}

it('openDuckDbStore() makes of any older choice of columns what today’s would have made', async () => {
  await fc.assert(
    fc.asyncProperty(oldLayout, layout, layout, events, async (before, between, after, list) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'soc-layout-'));
      try {
        const file = path.join(folder, 'soc.duckdb');
        const old = await openDuckDbStore({ path: file, queriedFields: before });
        await old.appendEvents(list);
        await old.close();
        await (await openDuckDbStore({ path: file, queriedFields: between })).close();
        const migrated = await openDuckDbStore({ path: file, queriedFields: after });
        const fresh = await openDuckDbStore({ path: ':memory:', queriedFields: after });
        await fresh.appendEvents(list);
        const expected = await answersOf(fresh);
        expect(await answersOf(migrated)).toEqual(expected);
        // And it goes on: what is there is a duplicate, what is new is stored.
        for (const store of [migrated, fresh])
          expect(
            await store.appendEvents([...list, sampleEvent('new', { username: 'root' })]),
          ).toMatchObject({ stored: 1, duplicates: list.length });
        expect(await answersOf(migrated)).toEqual(await answersOf(fresh));
        await migrated.close();
        await fresh.close();
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: propertyRuns(15) },
  );
}, 240_000);
