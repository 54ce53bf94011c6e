/** What every store must do. An adapter's test file calls this and adds only its own oddities. */
import { withWaiting, type Alert, type Block, type SocEvent } from '@mini-soc/model';
import { makeAlert } from '../../model/test/make-alert.ts';
import {
  compileFilter,
  couldFire,
  entityKey,
  matchesFilter,
  type Filter,
  type Query,
} from '@mini-soc/query';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../scripts/property-runs.ts';
import type { ArrivalCursor, Candidate, Store } from '../src/store.ts';

const BASE_MS = Date.parse('2026-11-21T03:40:00.000Z');

const DAY_MS = 86_400_000;
const byText = (a: string, b: string): number => (a < b ? -1 : 1);

export function sampleEvent(id: string, change: Partial<SocEvent> = {}, offsetMs = 0): SocEvent {
  return {
    '@timestamp': new Date(BASE_MS + offsetMs).toISOString(),
    event_id: id,
    message: `line ${id}`,
    log_type: 'auth',
    action: 'ssh_login',
    status: 'failure',
    source_ip: '203.0.113.7',
    ...change,
  };
}

export function sampleAlert(id: string, change: Partial<Alert> = {}): Alert {
  return makeAlert({ '@timestamp': new Date(BASE_MS).toISOString(), alert_id: id, ...change });
}

const FAILURES: Filter = {
  kind: 'all',
  of: [
    { kind: 'equals', field: 'action', value: 'ssh_login', cased: false },
    { kind: 'equals', field: 'status', value: 'failure', cased: false },
  ],
};
const COUNT: Query = {
  filter: FAILURES,
  groupBy: ['source_ip'],
  windowMs: 60_000,
  measure: { kind: 'count', atLeast: 3 },
};

/** Candidates of what arrived after one position and up to another, page by page. */
export async function candidatesBetween(
  store: Store,
  query: Query,
  arrivedAfter: ArrivalCursor | undefined,
  arrivedUpTo: ArrivalCursor,
  pageSize = 1000,
): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  let after: string | undefined;
  do {
    const page = await store.selectCandidates({
      query,
      arrivedAfter,
      arrivedUpTo,
      pageSize,
      after,
    });
    found.push(...page.candidates);
    after = page.next;
  } while (after !== undefined);
  return found;
}

/** Candidates of all that has arrived after the position. */
async function allCandidates(
  store: Store,
  query: Query,
  arrivedAfter: ArrivalCursor | undefined,
  pageSize = 100,
): Promise<readonly Candidate[]> {
  return candidatesBetween(store, query, arrivedAfter, await store.arrivalCursor(), pageSize);
}

/** Whether the events of one window are enough, the order of a sequence's steps included. */
function fireAt({ measure, ...query }: Query, window: readonly SocEvent[]): boolean {
  if (measure.kind !== 'sequence') return couldFire({ ...query, measure }, window);
  let doneMs = Number.NEGATIVE_INFINITY;
  for (const step of measure.steps) {
    let left = step.atLeast;
    const after = doneMs;
    for (const event of window.toSorted((a, b) => byText(a['@timestamp'], b['@timestamp']))) {
      const ms = Date.parse(event['@timestamp']);
      if (left <= 0 || ms <= after || !matchesFilter(step.filter, event)) continue;
      left -= event.repeat_count ?? 1;
      doneMs = ms;
    }
    if (left > 0) return false;
  }
  return true;
}

export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(`${name} store`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => store.close());

    const all = () => store.searchEvents({ size: 10_000, order: 'oldest' });

    describe('appendEvents()', () => {
      it('gives back what was written, field by field', async () => {
        const odd = sampleEvent(
          'odd',
          {
            username: `"'; DROP TABLE events; --\u0000\u202e`,
            flags: ['cut', 'ambiguous'],
            extra: { a: [1, { b: null }], '': 'x', 'k"k': true },
            source_port: 0,
            bytes: Number.MAX_SAFE_INTEGER,
            is_off_hours: false,
            scenario: 'normal',
          },
          1,
        );
        await store.appendEvents([sampleEvent('plain'), odd]);
        expect(await all()).toEqual([sampleEvent('plain'), odd]);
      });

      it('stores an id once, within a batch and across batches', async () => {
        expect(
          await store.appendEvents([
            sampleEvent('a'),
            sampleEvent('b'),
            sampleEvent('a', { username: 'second' }),
          ]),
        ).toEqual({ stored: 2, duplicates: 1, rejected: [] });
        expect(await store.appendEvents([sampleEvent('b'), sampleEvent('c')])).toEqual({
          stored: 1,
          duplicates: 1,
          rejected: [],
        });
        expect(await store.countEvents()).toBe(3);
      });

      it('keeps 999 of 1,000 when one cannot be stored', async () => {
        const events = Array.from({ length: 1000 }, (_, index) =>
          sampleEvent(`e${index}`, index === 500 ? { '@timestamp': 'yesterday' } : {}, index),
        );
        const report = await store.appendEvents(events);
        expect(report).toMatchObject({
          stored: 999,
          rejected: [{ eventId: 'e500', reason: '@timestamp is not a time' }],
        });
        expect(await store.countEvents()).toBe(999);
      });

      it('takes batches larger than any chunk', async () => {
        const events = Array.from({ length: 5000 }, (_, index) =>
          sampleEvent(`e${index}`, {}, index),
        );
        await store.appendEvents(events);
        expect(await store.appendEvents(events)).toMatchObject({ stored: 0, duplicates: 5000 });
        expect(await store.countEvents()).toBe(5000);
      });
    });

    describe('splitArrivals()', () => {
      it('cuts the way into steps that hold every event once, in bounded numbers', async () => {
        const one: Query = {
          ...COUNT,
          groupBy: ['username'],
          measure: { kind: 'count', atLeast: 1 },
        };
        const append = (from: number, to: number) =>
          store.appendEvents(
            Array.from({ length: to - from }, (_, index) =>
              sampleEvent(
                `s${from + index}`,
                { username: `u${from + index}` },
                ((from + index) % 3) * DAY_MS,
              ),
            ),
          );
        await append(0, 7);
        const start = await store.arrivalCursor();
        expect(store.splitArrivals(start, start, 5)).toEqual([]);
        await append(7, 40);
        await append(35, 45); // some come again
        const end = await store.arrivalCursor();
        for (const [after, first] of [
          [undefined, 0],
          [start, 7],
        ] as const) {
          const found: string[] = [];
          let from: ArrivalCursor | undefined = after;
          const steps = store.splitArrivals(after, end, 5);
          for (const to of steps) {
            const page = await store.selectCandidates({
              query: one,
              arrivedAfter: from,
              arrivedUpTo: to,
              pageSize: 100,
            });
            expect(page.candidates.length).toBeLessThanOrEqual(5);
            found.push(...page.candidates.map(({ entity }) => entity['username'] ?? ''));
            from = to;
          }
          expect(steps.at(-1)).toBe(end);
          expect(steps.length).toBeGreaterThan(5);
          expect(found.toSorted(byText)).toEqual(
            Array.from({ length: 45 - first }, (_, index) => `u${first + index}`).toSorted(byText),
          );
        }
      });
    });

    describe('selectCandidates()', () => {
      it('finds entities with enough events near the new ones, and no entity without new ones', async () => {
        await store.appendEvents(
          [0, 10, 20].map((s) => sampleEvent(`a${s}`, { source_ip: '203.0.113.1' }, s * 1000)),
        );
        await store.appendEvents(
          [0, 100, 200]
            .map((s) => sampleEvent(`b${s}`, { source_ip: '203.0.113.2' }, s * 1000))
            .slice(0, 2),
        );
        const cursor = await store.arrivalCursor();
        expect((await allCandidates(store, COUNT, undefined)).map((found) => found.entity)).toEqual(
          [{ source_ip: '203.0.113.1' }],
        );
        expect(await allCandidates(store, COUNT, cursor)).toEqual([]);
        await store.appendEvents([sampleEvent('a30', { source_ip: '203.0.113.1' }, 30_000)]);
        expect(await allCandidates(store, COUNT, cursor)).toEqual([
          {
            entity: { source_ip: '203.0.113.1' },
            firstNewMs: BASE_MS + 30_000,
            lastNewMs: BASE_MS + 30_000,
          },
        ]);
      });

      it('pages through 1,000 entities without losing one', async () => {
        const events = Array.from({ length: 3000 }, (_, index) =>
          sampleEvent(
            `e${index}`,
            { source_ip: `203.0.${Math.floor(index / 3) >> 8}.${Math.floor(index / 3) & 255}` },
            index,
          ),
        );
        await store.appendEvents(events);
        const found = await allCandidates(store, COUNT, undefined, 64);
        expect(new Set(found.map((one) => one.entity['source_ip'])).size).toBe(1000);
        expect(found).toHaveLength(1000);
      });

      it('counts repeats', async () => {
        await store.appendEvents([sampleEvent('r', { repeat_count: 3 })]);
        expect(await allCandidates(store, COUNT, undefined)).toHaveLength(1);
      });

      it('passes over events that lack a group-by field', async () => {
        await store.appendEvents(
          [1, 2, 3].map((n) => sampleEvent(`u${n}`)).map(({ source_ip: _, ...rest }) => rest),
        );
        expect(await allCandidates(store, COUNT, undefined)).toEqual([]);
      });

      it('groups by a field of extra, flat or nested', async () => {
        await store.appendEvents([
          ...[1, 2, 3].map((n) => sampleEvent(`f${n}`, { extra: { 'user.name': 'flat' } }, n)),
          ...[1, 2, 3].map((n) => sampleEvent(`n${n}`, { extra: { user: { name: 'deep' } } }, n)),
        ]);
        const query: Query = { ...COUNT, groupBy: ['extra.user.name'] };
        const found = await allCandidates(store, query, undefined);
        expect(found.map(({ entity }) => entity['extra.user.name'] ?? '').toSorted(byText)).toEqual(
          ['deep', 'flat'],
        );
        const page = await store.readEntityEvents({
          query,
          spans: found.map(({ entity }) => ({
            entity,
            range: { fromMs: BASE_MS, toMs: BASE_MS + 1000 },
          })),
          pageSize: 100,
        });
        expect(page.events).toHaveLength(6);
      });

      it('counts each value of a list', async () => {
        const values = (field: string): Query => ({
          ...COUNT,
          measure: { kind: 'distinct', field, atLeast: 3 },
        });
        await store.appendEvents([
          sampleEvent('l', {
            flags: ['cut', 'ambiguous', 'self_test'],
            extra: { paths: ['/a', '/b', '/c'] },
          }),
          sampleEvent('o', { source_ip: '203.0.113.8', flags: ['cut'] }),
        ]);
        const found = async (field: string) =>
          (await allCandidates(store, values(field), undefined)).map(({ entity }) => entity);
        expect(await found('flags')).toContainEqual({ source_ip: '203.0.113.7' });
        expect(await found('extra.paths')).toContainEqual({ source_ip: '203.0.113.7' });
        expect(await found('status')).toEqual([]);
      });

      it('misses no entity, whatever arrives and however it is asked', async () => {
        const measures: Query['measure'][] = [
          { kind: 'count', atLeast: 3 },
          { kind: 'distinct', field: 'destination_port', atLeast: 3 },
          {
            kind: 'sequence',
            steps: [
              { name: 'f', filter: FAILURES, atLeast: 2 },
              {
                name: 's',
                filter: { kind: 'equals', field: 'status', value: 'success', cased: false },
                atLeast: 1,
              },
            ],
          },
        ];
        const one = fc.record({
          source: fc.integer({ min: 1, max: 4 }),
          at: fc.integer({ min: 0, max: 300 }),
          port: fc.integer({ min: 1, max: 4 }),
          success: fc.boolean(),
          repeat: fc.constantFrom(1, 1, 1, 2),
          upper: fc.boolean(),
        });
        let round = 0;
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.array(one, { maxLength: 12 }), { maxLength: 4 }),
            fc.constantFrom(...measures),
            async (batches, measure) => {
              round += 1;
              const filter: Filter =
                measure.kind === 'sequence'
                  ? { kind: 'equals', field: 'action', value: 'ssh_login', cased: false }
                  : FAILURES;
              const query: Query = {
                filter,
                groupBy: ['hostname', 'source_ip'],
                windowMs: 60_000,
                measure,
              };
              let cursor: ArrivalCursor = await store.arrivalCursor();
              const seen: SocEvent[] = [];
              for (const [batchIndex, batch] of batches.entries()) {
                const events = batch.map((made, index) =>
                  sampleEvent(
                    `${round}-${batchIndex}-${index}`,
                    {
                      hostname: `h${round}`,
                      source_ip: `203.0.113.${made.source}`,
                      destination_port: made.port,
                      status: made.success ? 'success' : 'failure',
                      ...(made.repeat === 1 ? {} : { repeat_count: made.repeat }),
                      action: made.upper ? 'SSH_Login' : 'ssh_login',
                    },
                    made.at * 1000,
                  ),
                );
                await store.appendEvents(events);
                seen.push(...events);
                const found = new Set(
                  (await allCandidates(store, query, cursor, 2)).map((candidate) =>
                    entityKey(candidate.entity),
                  ),
                );
                cursor = await store.arrivalCursor();
                const matches = compileFilter(query.filter);
                for (const source of new Set(
                  events.filter(matches).map((event) => event.source_ip as string),
                )) {
                  const near = seen.filter((event) => matches(event) && event.source_ip === source);
                  const fresh = events
                    .filter((event) => matches(event) && event.source_ip === source)
                    .map((event) => Date.parse(event['@timestamp']));
                  const fires = near.some((last) => {
                    const endMs = Date.parse(last['@timestamp']);
                    const isInside = (ms: number) => ms <= endMs && endMs - ms < query.windowMs;
                    return (
                      fresh.some(isInside) &&
                      fireAt(
                        query,
                        near.filter((event) => isInside(Date.parse(event['@timestamp']))),
                      )
                    );
                  });
                  if (fires)
                    expect(found).toContain(
                      entityKey({ hostname: `h${round}`, source_ip: source }),
                    );
                }
              }
            },
          ),
          { numRuns: propertyRuns(60) },
        );
      });
    });

    describe('readEntityEvents()', () => {
      it('reads in order of time and id, in pages, without ground truth', async () => {
        await store.appendEvents([
          sampleEvent('c', { scenario: 'brute_force', is_off_hours: true }, 5),
          sampleEvent('b', {}, 5),
          sampleEvent('a', {}, 10),
          sampleEvent('z', { source_ip: '203.0.113.8' }, 6),
          sampleEvent('out', {}, 60_000),
        ]);
        const request = {
          query: COUNT,
          spans: [
            {
              entity: { source_ip: '203.0.113.7' },
              range: { fromMs: BASE_MS, toMs: BASE_MS + 60_000 },
            },
          ],
          pageSize: 2,
        };
        const first = await store.readEntityEvents(request);
        expect(first.events).toEqual([
          { span: 0, ms: BASE_MS + 5, event: sampleEvent('b', {}, 5) },
          { span: 0, ms: BASE_MS + 5, event: sampleEvent('c', {}, 5) },
        ]);
        const second = await store.readEntityEvents({ ...request, after: first.next });
        expect(second.events.map(({ event }) => event.event_id)).toEqual(['a']);
        expect(second.next).toBeUndefined();
      });

      it('reads the fields that were asked for as they are, whatever text they hold', async () => {
        const odd = [
          sampleEvent('plain', { username: 'root', repeat_count: 3 }, 1),
          sampleEvent('test', { flags: ['self_test'], username: '"self_test"' }, 2),
          sampleEvent('nul', { username: 'a\0b', hostname: 'a\u0007b' }, 3),
          sampleEvent('quote', { username: '\\u0041"', message: 'say "self_test"' }, 4),
          sampleEvent('none', {}, 5),
          sampleEvent('extra', { extra: { deep: 'x' }, destination_port: 22 }, 6),
          sampleEvent('flags', { flags: ['untrusted', 'cut'], username: '"flags":["cut"]' }, 7),
          sampleEvent('forged', { flags: ['untrusted', 'cut'] }, 8),
          sampleEvent('pretends', { extra: { deep: 'x', flags: ['untrusted'] } }, 9),
        ];
        await store.appendEvents(odd);
        const spans = [
          {
            entity: { source_ip: '203.0.113.7' },
            range: { fromMs: BASE_MS, toMs: BASE_MS + 60_000 },
          },
        ];
        for (const fields of [
          ['username', 'hostname', 'destination_port'],
          ['username', 'extra.deep', 'message'],
          [],
        ]) {
          const { events } = await store.readEntityEvents({
            query: COUNT,
            spans,
            fields,
            pageSize: 100,
          });
          expect(events.map(({ ms, event }) => [ms - BASE_MS, event.event_id])).toEqual(
            odd.map((event, index) => [index + 1, event.event_id]),
          );
          for (const [index, { event }] of events.entries()) {
            const wanted = odd[index] as SocEvent;
            expect(event.repeat_count).toBe(wanted.repeat_count);
            expect(event.flags).toEqual(wanted.flags);
            for (const field of fields.filter((one) => !one.startsWith('extra.')))
              expect([field, event[field as keyof SocEvent]]).toEqual([
                field,
                wanted[field as keyof SocEvent],
              ]);
            if (fields.includes('extra.deep')) expect(event.extra).toEqual(wanted.extra);
          }
        }
        const read = await store.readLines(['nul', 'gone', 'none', 'plain'], {
          fromMs: BASE_MS + 2,
          toMs: BASE_MS + 60_000,
        });
        const lines = [odd[4], odd[2]].map((event) => ({
          event_id: event?.event_id,
          '@timestamp': event?.['@timestamp'],
          message: event?.message,
        }));
        expect(read.toSorted((a, b) => byText(a.event_id, b.event_id))).toEqual(lines);
        expect(await store.readLines([], { fromMs: 0, toMs: 1 })).toEqual([]);
      });

      it('reads many entities in the order asked, each over its own range, whatever the page', async () => {
        const sources = Array.from({ length: 12 }, (_, index) => `203.0.113.${index}`);
        await store.appendEvents(
          sources.flatMap((source_ip, index) =>
            [0, 1, 2, 3].map((step) =>
              sampleEvent(`${source_ip}-${step}`, { source_ip }, step * 1000 + index),
            ),
          ),
        );
        // Each reads from step 1 on, the last one only step 2, in an order of our own.
        const spans = sources.toReversed().map((source_ip, index) => ({
          entity: { source_ip },
          range: {
            fromMs: BASE_MS + 1000,
            toMs: BASE_MS + (index === 11 ? 3000 : 60_000),
          },
        }));
        const wanted = spans.flatMap(({ entity: { source_ip } }, span) =>
          (span === 11 ? [1, 2] : [1, 2, 3]).map((step) => [span, `${source_ip}-${step}`]),
        );
        for (const pageSize of [1, 5, 1000]) {
          const found: (readonly [number, string])[] = [];
          let after: string | undefined;
          do {
            const page = await store.readEntityEvents({ query: COUNT, spans, pageSize, after });
            found.push(...page.events.map(({ span, event }) => [span, event.event_id] as const));
            after = page.next;
          } while (after !== undefined);
          expect(found).toEqual(wanted);
          const taken: (readonly [number, string])[] = [];
          let isBusy = false;
          do {
            const page = await store.readEntityEvents({
              query: COUNT,
              spans,
              pageSize,
              after,
              take: async ({ span, event }) => {
                expect(isBusy).toBe(false);
                isBusy = true;
                await Promise.resolve();
                isBusy = false;
                taken.push([span, event.event_id]);
              },
            });
            expect(page.events).toEqual([]);
            after = page.next;
          } while (after !== undefined);
          expect(taken).toEqual(wanted);
        }
      });

      it('reads nothing where nothing is asked', async () => {
        expect(await store.readEntityEvents({ query: COUNT, spans: [], pageSize: 5 })).toEqual({
          events: [],
        });
      });
    });

    describe('filters', () => {
      const values = [
        'ssh_login',
        'SSH_Login',
        'rsync -a',
        'nc -e /bin/sh',
        'ÄÖ%_\\',
        'Σας',
        '\u0130',
        'K',
        '',
      ];
      const leaf: fc.Arbitrary<Filter> = fc.oneof(
        fc.record({
          kind: fc.constant('equals' as const),
          field: fc.constantFrom(
            'command',
            'action',
            'http_status',
            'extra.a',
            'flags',
            'tty',
            'pid',
          ),
          value: fc.constantFrom(...values, '404', 'cut'),
          cased: fc.boolean(),
        }),
        fc.record({
          kind: fc.constant('exists' as const),
          field: fc.constantFrom('command', 'http_status', 'extra.a', 'extra.n.a', 'flags', 'tty'),
        }),
        fc.record({
          kind: fc.constant('compare' as const),
          field: fc.constantFrom('http_status', 'pid', 'command'),
          operator: fc.constantFrom('lt' as const, 'lte' as const, 'gt' as const, 'gte' as const),
          value: fc.constantFrom(0, 404, 404.5),
        }),
        fc.record({
          kind: fc.constant('wildcard' as const),
          field: fc.constantFrom('command', 'tty'),
          pattern: fc.array(
            fc.oneof(
              fc.constant({ kind: 'many' as const }),
              fc.constant({ kind: 'one' as const }),
              fc
                .constantFrom('nc', 'S', '%', 'ä', 'a')
                .map((text) => ({ kind: 'text' as const, text })),
            ),
            { maxLength: 4 },
          ),
          cased: fc.boolean(),
        }),
        fc.record({
          kind: fc.constant('before' as const),
          ms: fc.integer({ min: BASE_MS - 1, max: BASE_MS + 30 }),
        }),
        fc.record({
          kind: fc.constant('clock' as const),
          zone: fc.constantFrom('UTC', 'Asia/Kathmandu'),
          days: fc.constantFrom([0, 1, 2, 3, 4, 5, 6], [0], []),
          from: fc.constantFrom(0, 600),
          to: fc.constantFrom(0, 600, 1440),
        }),
        fc.record({
          kind: fc.constant('cidr' as const),
          field: fc.constant('source_ip'),
          range: fc.constantFrom('203.0.113.0/24', '2001:db8::/32'),
        }),
        fc.record({
          kind: fc.constant('regexp' as const),
          field: fc.constantFrom('command', 'tty'),
          source: fc.constantFrom('^nc', 's.*c', '\\d'),
          flags: fc.constantFrom('', 'i'),
        }),
      );
      const filters = fc.letrec<{ filter: Filter }>((tie) => ({
        filter: fc.oneof(
          { maxDepth: 3 },
          leaf,
          fc.record({
            kind: fc.constantFrom('all' as const, 'any' as const),
            of: fc.array(tie('filter'), { maxLength: 3 }),
          }),
          tie('filter').map((of) => ({ kind: 'not' as const, of })),
        ),
      })).filter;

      it('mean the same as the oracle', async () => {
        const events = values.flatMap((value, index) => [
          sampleEvent(
            `v${index}`,
            {
              command: value,
              tty: value,
              http_status: index % 2 ? 404 : 200,
              pid: index,
              extra: { a: value },
              source_ip: index % 2 ? '2001:db8::1' : '203.0.113.7',
            },
            index,
          ),
          sampleEvent(
            `w${index}`,
            {
              action: value,
              flags: index % 2 ? ['cut'] : ['ambiguous'],
              extra: index % 2 ? { n: { a: value } } : { 'n.a': value },
            },
            index,
          ),
        ]);
        await store.appendEvents(events);
        await fc.assert(
          fc.asyncProperty(filters, async (filter) => {
            const expected = events
              .filter(compileFilter(filter))
              .map((event) => event.event_id)
              .toSorted();
            const found = await store.searchEvents({ filter, size: 1000, order: 'newest' });
            expect(found.map((event) => event.event_id).toSorted()).toEqual(expected);
            expect(await store.countEvents(filter)).toBe(expected.length);
          }),
          { numRuns: propertyRuns(150) },
        );
      });

      it('that are met are never said to be unmet, by arrival and by time', async () => {
        const batches = [0, 1, 2].map((batch) =>
          values.map((value, index) =>
            sampleEvent(
              `m${batch}-${index}`,
              {
                command: value,
                program: index % 2 ? 'sudo' : value.slice(0, 20),
                action: batch === 1 ? 'session' : 'ssh_login',
                extra: { a: value },
              },
              batch * 10_000 + index,
            ),
          ),
        );
        const cursors: ArrivalCursor[] = [];
        for (const batch of batches) {
          await store.appendEvents(batch);
          cursors.push(await store.arrivalCursor());
        }
        await fc.assert(
          fc.asyncProperty(fc.array(filters, { minLength: 1, maxLength: 40 }), async (many) => {
            const met = (events: readonly SocEvent[]) =>
              many.map((filter) => events.some(compileFilter(filter)));
            for (const [wanted, events] of [
              [
                met(batches[1] ?? []),
                { arrivedAfter: cursors[0], arrivedUpTo: cursors[1] as ArrivalCursor },
              ],
              [
                met(batches.slice(0, 2).flat()),
                { arrivedAfter: undefined, arrivedUpTo: cursors[1] as ArrivalCursor },
              ],
              [
                met(batches[2] ?? []),
                { range: { fromMs: BASE_MS + 20_000, toMs: Number.MAX_SAFE_INTEGER } },
              ],
            ] as const) {
              const said = await store.filtersMet(many, events);
              expect(said).toHaveLength(many.length);
              expect(wanted.filter((is, at) => is && said[at] === false)).toEqual([]);
            }
          }),
          { numRuns: propertyRuns(60) },
        );
        const unmet: Filter = { kind: 'equals', field: 'action', value: 'no_such', cased: false };
        const everything = { arrivedAfter: undefined, arrivedUpTo: cursors[2] as ArrivalCursor };
        expect(await store.filtersMet([unmet, FAILURES], everything)).toEqual([false, true]);
        expect(await store.filtersMet([], everything)).toEqual([]);
      });
    });

    describe('counts and searches', () => {
      it('count per bucket, empty ones included', async () => {
        await store.appendEvents([0, 1, 2500].map((ms) => sampleEvent(`t${ms}`, {}, ms)));
        expect(
          await store.countEventsOverTime({ fromMs: BASE_MS, toMs: BASE_MS + 4000 }, 1000),
        ).toEqual([2, 0, 1, 0].map((count, index) => ({ fromMs: BASE_MS + index * 1000, count })));
      });

      it('search newest first', async () => {
        await store.appendEvents([sampleEvent('a', {}, 1), sampleEvent('b', {}, 2)]);
        expect(
          (await store.searchEvents({ size: 1, order: 'newest' })).map((event) => event.event_id),
        ).toEqual(['b']);
      });
    });

    describe('alerts', () => {
      it('are created once', async () => {
        const answers = await Promise.all([
          store.createAlerts([sampleAlert('a'), sampleAlert('b'), sampleAlert('b')]),
          store.createAlerts([sampleAlert('a', { severity: 'high' })]),
        ]);
        expect(answers[0]?.slice(1)).toEqual(['created', 'exists']);
        expect(new Set([answers[0]?.[0], answers[1]?.[0]])).toEqual(new Set(['created', 'exists']));
      });

      it('have one version at first, where the store names it', async () => {
        const fresh = sampleAlert('a');
        await store.createAlerts([fresh, sampleAlert('b')]);
        const read = await store.readAlerts(['a', 'b']);
        const { firstVersion } = store;
        if (firstVersion === undefined) {
          expect(read.every(({ version }) => version !== '')).toBe(true);
          return;
        }
        expect(read.map(({ version }) => version)).toEqual([firstVersion, firstVersion]);
        const change = { alert: { ...fresh, severity: 'high' as const }, version: firstVersion };
        expect(await store.updateAlerts([change])).toEqual(['updated']);
        expect(await store.updateAlerts([change])).toEqual(['conflict']);
      });

      it('are created beside those that are there already', async () => {
        await store.createAlerts([sampleAlert('b', { severity: 'high' })]);
        const many = ['a', 'b', 'c'].map((id) => sampleAlert(id, { severity: 'low' }));
        expect(await store.createAlerts(many)).toEqual(['created', 'exists', 'created']);
        expect(await store.createAlerts(many)).toEqual(['exists', 'exists', 'exists']);
        const read = await store.readAlerts(['a', 'b', 'c']);
        expect(
          Object.fromEntries(read.map(({ alert }) => [alert.alert_id, alert.severity])),
        ).toEqual({ a: 'low', b: 'high', c: 'low' });
      });

      it('are created, read and updated many at a time', async () => {
        const ids = Array.from({ length: 450 }, (_, index) => `many-${index}`);
        expect(new Set(await store.createAlerts(ids.map((id) => sampleAlert(id))))).toEqual(
          new Set(['created']),
        );
        const read = await store.readAlerts([...ids, 'nobody']);
        expect(read.map(({ alert }) => alert.alert_id).toSorted()).toEqual(ids.toSorted());
        const overtaken = read.filter((_, index) => index % 10 === 0);
        await store.updateAlerts(overtaken);
        const answers = await store.updateAlerts(
          read.map(({ alert, version }) => ({
            alert: sampleAlert(alert.alert_id, { severity: 'critical' }),
            version,
          })),
        );
        expect(answers).toEqual(
          read.map((_, index) => (index % 10 === 0 ? 'conflict' : 'updated')),
        );
      });

      it('are updated only from the version that was read', async () => {
        await store.createAlerts([sampleAlert('a')]);
        const [read] = await store.readAlerts(['a']);
        const update = (severity: Alert['severity']) =>
          store.updateAlerts([
            { alert: sampleAlert('a', { severity }), version: read?.version ?? '' },
          ]);
        expect(await update('high')).toEqual(['updated']);
        expect(await update('low')).toEqual(['conflict']);
        expect((await store.readAlerts(['a']))[0]?.alert).toEqual(
          sampleAlert('a', { severity: 'high' }),
        );
        expect(await store.readAlerts(['b'])).toEqual([]);
      });

      it('are found by what is asked, newest first', async () => {
        const later = new Date(BASE_MS + 3_600_000).toISOString();
        await store.createAlerts([sampleAlert('a')]);
        await store.createAlerts([
          sampleAlert('b', {
            '@timestamp': later,
            first_seen: later,
            last_seen: later,
            entity: { source_ip: '203.0.113.8' },
            response: { state: 'done' },
            enriched: true,
            rule_id: 'x',
            rule_name: 'X',
            status: 'closed',
            self_test: true,
          }),
        ]);
        const ids = async (search: Omit<Parameters<Store['searchAlerts']>[0], 'size'>) =>
          (await store.searchAlerts({ size: 10, ...search })).map(({ alert }) => alert.alert_id);
        expect(await ids({})).toEqual(['b', 'a']);
        expect(await ids({ ruleName: 'X' })).toEqual(['b']);
        expect(
          await ids({
            ruleId: 'ssh-brute-force',
            entities: [{ source_ip: '203.0.113.7' }, { source_ip: '0' }],
          }),
        ).toEqual(['a']);
        expect(await ids({ exceptRuleId: 'ssh-brute-force' })).toEqual(['b']);
        expect(await ids({ exceptRuleId: 'none' })).toEqual(['b', 'a']);
        expect(await ids({ responseState: 'pending' })).toEqual(['a']);
        expect(await ids({ enriched: true })).toEqual(['b']);
        expect(await ids({ status: 'open' })).toEqual(['a']);
        expect(await ids({ selfTest: false })).toEqual(['a']);
        expect(await ids({ selfTest: true })).toEqual(['b']);
        expect(await ids({ touching: { fromMs: BASE_MS - 1000, toMs: BASE_MS + 1 } })).toEqual([
          'a',
        ]);
        expect(await ids({ touching: { fromMs: BASE_MS + 1, toMs: BASE_MS + 2 } })).toEqual([]);
        const [first] = await store.searchAlerts({ size: 1 });
        if (first === undefined) throw new Error('No alert');
        const { alert } = first;
        const merged = {
          ...alert,
          details: { ...alert.details, merged_into: 'another', summary: 'not "merged_into": this' },
        };
        const spans = await store.searchAlertSpans({ size: 10 });
        expect(spans.map(({ alertId }) => alertId)).toEqual(await ids({}));
        expect(spans[0]).toEqual({
          alertId: alert.alert_id,
          entity: alert.entity,
          firstMs: Date.parse(alert.first_seen),
          lastMs: Date.parse(alert.last_seen),
        });
        await store.updateAlerts([{ alert: merged, version: first.version }]);
        const pending = await store.searchAlerts({ size: 10, responseState: 'pending' });
        const waiting = await store.waitingAlerts({ lane: 'response', size: 10 });
        expect(waiting).toEqual(
          pending
            .filter((one) => one.alert.alert_id !== alert.alert_id)
            .map((one) => ({
              alertId: one.alert.alert_id,
              severity: one.alert.severity,
              late: one.alert.late,
              ms: Date.parse(one.alert['@timestamp']),
              waitsFor: ['response', 'enrichment'],
            })),
        );
        const unenriched = await store.searchAlerts({ size: 10, enriched: false });
        expect(
          (await store.waitingAlerts({ lane: 'enrichment', size: 10 })).map((one) => one.alertId),
        ).toEqual(
          unenriched.map((one) => one.alert.alert_id).filter((id) => id !== alert.alert_id),
        );
        const left = await store.searchAlertSpans({ size: spans.length - 1 });
        expect(left).toEqual(spans.slice(1));
      });

      it('wait for the lanes they name, the newest first, until they name them no more', async () => {
        const waiting = async (lane: string, size = 10) =>
          (await store.waitingAlerts({ lane, size })).map(({ alertId, waitsFor }) => [
            alertId,
            ...waitsFor,
          ]);
        const at = (minutes: number) => new Date(BASE_MS + minutes * 60_000).toISOString();
        const made = (id: string, minutes: number, lanes: readonly string[]) =>
          withWaiting(sampleAlert(id, { '@timestamp': at(minutes) }), lanes);
        await store.createAlerts([
          made('a', 0, ['response', 'mail']),
          made('b', 1, ['mail', 'mail-2']),
          made('c', 2, ['enrichment']),
          made('d', 3, []),
          // As a version of before wrote it.
          sampleAlert('e', { '@timestamp': at(4), response: { state: 'done' } }),
        ]);
        expect(await waiting('mail')).toEqual([
          ['b', 'mail', 'mail-2'],
          ['a', 'response', 'mail'],
        ]);
        expect(await waiting('mail', 1)).toEqual([['b', 'mail', 'mail-2']]);
        expect(await waiting('mail-2')).toEqual([['b', 'mail', 'mail-2']]);
        expect(await waiting('response')).toEqual([['a', 'response', 'mail']]);
        expect(await waiting('enrichment')).toEqual([
          ['e', 'enrichment'],
          ['c', 'enrichment'],
        ]);
        expect(await waiting('ail')).toEqual([]);

        const [a] = await store.readAlerts(['a']);
        if (a === undefined) throw new Error('No alert');
        expect(a.alert).toEqual(made('a', 0, ['response', 'mail']));
        // An earlier version answers beside this one and carries the rest along; then it merges.
        const answered = { ...a.alert, response: { state: 'done' as const } };
        await store.updateAlerts([{ alert: answered, version: a.version }]);
        expect(await waiting('response')).toEqual([]);
        expect(await waiting('mail')).toContainEqual(['a', 'mail']);
        const [now] = await store.readAlerts(['a']);
        const details = { ...answered.details, merged_into: 'b' };
        await store.updateAlerts([
          { alert: { ...answered, details }, version: now?.version ?? '' },
        ]);
        expect(await waiting('mail')).toEqual([['b', 'mail', 'mail-2']]);
      });
    });

    describe('blocks', () => {
      const block = (id: string, offsetMs: number, change: Partial<Block> = {}): Block => ({
        '@timestamp': new Date(BASE_MS + offsetMs).toISOString(),
        block_id: id,
        kind: 'blocked',
        action_taken: '[SIMULATED]',
        details: { a: 1 },
        ...change,
      });

      it('are kept once, newest first', async () => {
        expect(await store.appendBlocks([])).toEqual([]);
        expect(await store.appendBlocks([block('a', 0)])).toEqual(['created']);
        expect(await store.appendBlocks([block('a', 0)])).toEqual(['exists']);
        await store.appendBlocks([block('b', 1), block('c', 1)]);
        expect(await store.listBlocks(10)).toEqual([block('c', 1), block('b', 1), block('a', 0)]);
        expect(await store.listBlocks(1)).toEqual([block('c', 1)]);
      });

      it('are kept beside those that are there already, in the order they are given', async () => {
        await store.appendBlocks([block('b', 0, { kind: 'refused' })]);
        const many = ['a', 'b', 'c', 'a'].map((id) => block(id, 0));
        const answers = await store.appendBlocks(many);
        expect(answers).toEqual(['created', 'exists', 'created', 'exists']);
        expect(await store.appendBlocks(many)).toEqual(many.map(() => 'exists'));
        const kept = (await store.listBlocks(10)).map(({ block_id, kind }) => [block_id, kind]);
        expect(Object.fromEntries(kept)).toEqual({ a: 'blocked', b: 'refused', c: 'blocked' });
      });

      it('are kept many at a time, also when several ask at once', async () => {
        const ids = Array.from({ length: 2500 }, (_, index) => `many-${index}`);
        const answers = await Promise.all([
          store.appendBlocks(ids.slice(0, 2000).map((id, n) => block(id, n))),
          store.appendBlocks(ids.slice(1000).map((id, n) => block(id, 1000 + n))),
        ]);
        expect(answers.flat().filter((answer) => answer === 'created')).toHaveLength(2500);
        expect((await store.listBlocks(3000)).map((one) => one.block_id)).toEqual(ids.toReversed());
      });

      it('are asked for by their ids', async () => {
        await store.appendBlocks([block('a', 0), block('b', 1)]);
        expect(await store.existingBlocks([])).toEqual([]);
        expect((await store.existingBlocks(['b', 'x', 'a', 'b'])).toSorted()).toEqual(['a', 'b']);
      });

      it('are found that ought to be in force, with what ended them, without copies', async () => {
        const ahead = (ms: number) => ({ expires_at: new Date(BASE_MS + ms).toISOString() });
        const who = { alert_id: 'x', severity: 'high', rule_name: 'R', source_ip: '203.0.113.7' };
        const decided = block('a', 0, {
          ...who,
          ...ahead(5000),
          severity: 'high',
          block_duration_seconds: 5,
          details: { decision_reason: 'Blocked "now"', evidence: [{ message: 'long' }] },
        });
        await store.appendBlocks([
          block('old', -10_000, ahead(9000)),
          decided,
          block('over', 1, ahead(2000)),
          block('end', 2, {
            kind: 'unblocked',
            ...ahead(5000),
            details: { reason: 'why', decisions: ['d1', 'd2'] },
          }),
          block('no end', 3),
          block('refused', 4, { kind: 'refused', ...ahead(5000) }),
          block('again', 5, { kind: 'extended', ...ahead(2001), details: {} }),
        ]);
        const search = { sinceMs: BASE_MS - 1, nowMs: BASE_MS + 2000 };
        const found = await store.blocksInForce({ ...search, size: 10 });
        const { block_duration_seconds: _, ...kept } = decided;
        expect(found.toSorted((x, y) => (x.block_id < y.block_id ? -1 : 1))).toEqual([
          { ...kept, details: { decision_reason: 'Blocked "now"' } },
          block('again', 5, { kind: 'extended', ...ahead(2001), details: {} }),
          block('end', 2, {
            kind: 'unblocked',
            ...ahead(5000),
            details: { reason: 'why', decisions: ['d1', 'd2'] },
          }),
        ]);
        expect(await store.blocksInForce({ ...search, size: 1 })).toMatchObject([
          { block_id: 'again' },
        ]);
      });
    });

    it('states are kept by name', async () => {
      expect(await store.readState('x')).toBeUndefined();
      await store.writeState('x', { a: [1] });
      await store.writeState('x', { a: [2] });
      expect(await store.readState('x')).toEqual({ a: [2] });
    });

    it('retain() deletes what is too old and nothing else; a cursor stays good', async () => {
      await store.appendEvents([0, 1, 2, 3].map((n) => sampleEvent(`e${n}`, {}, n * 1000)));
      const cursor = await store.arrivalCursor();
      expect(await store.retain(BASE_MS + 2000, Number.MAX_SAFE_INTEGER)).toMatchObject({
        deletedEvents: 2,
        deletedForSize: 0,
      });
      expect((await all()).map((event) => event.event_id)).toEqual(['e2', 'e3']);
      await store.appendEvents([4, 5, 6].map((n) => sampleEvent(`e${n}`, {}, n * 1000)));
      expect(await allCandidates(store, COUNT, cursor)).toHaveLength(1);
    });

    it('close() may be called twice', async () => {
      await store.close();
      await expect(store.close()).resolves.toBeUndefined();
    });
  });
}
