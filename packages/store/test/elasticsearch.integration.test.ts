/** The Elasticsearch store on the real server that ELASTICSEARCH_URL names; skipped without one. */
import { alertSchema, type SocEvent } from '@mini-soc/model';
import { compileFilter, entityKey, entityOf, type Filter, type Query } from '@mini-soc/query';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { compileFilterToElasticsearch } from '../src/elasticsearch/dialect.ts';
import { indexMappings, nameIndices } from '../src/elasticsearch/indices.ts';
import type { ArrivalCursor } from '../src/store.ts';
import { candidatesBetween, describeStore, sampleAlert, sampleEvent } from './conformance.ts';
import { testServer } from './elasticsearch-server.ts';

const url = process.env['ELASTICSEARCH_URL'] ?? '';
const DAY_MS = 86_400_000;
const BASE_MS = Date.parse(sampleEvent('base')['@timestamp']);

const byField = (...groupBy: string[]): Query => ({
  filter: { kind: 'all', of: [] },
  groupBy,
  windowMs: 60_000,
  measure: { kind: 'count', atLeast: 1 },
});

describe.skipIf(url === '')('Elasticsearch (skipped unless ELASTICSEARCH_URL is set)', () => {
  const server = testServer(url);
  afterAll(() => server.cleanUp());

  describeStore('Elasticsearch', () => server.open());

  it('keeps 999 of 1,000 and the raw line of the one that cannot be mapped', async () => {
    const prefix = server.newPrefix();
    const store = await server.open({ prefix });
    const events = Array.from({ length: 1000 }, (_, index) =>
      sampleEvent(`e${index}`, index === 500 ? { source_ip: 'no address' } : {}, index),
    );
    const report = await store.appendEvents(events);
    expect(report).toMatchObject({ stored: 999, duplicates: 0, rejected: [{ eventId: 'e500' }] });
    expect(report.rejected[0]?.reason).toContain('source_ip');
    expect(await store.appendEvents(events)).toMatchObject({ stored: 0, duplicates: 999 });
    await server.client.indices.refresh({ index: `${prefix}-dead-letters` });
    const letters = await server.client.search<{ message: string; event_id: string }>({
      index: `${prefix}-dead-letters`,
    });
    expect(letters.hits.hits.map((found) => Object.entries(found)).flat()).toContainEqual([
      '_source',
      expect.objectContaining({ event_id: 'e500', message: 'line e500' }),
    ]);
    expect(letters.hits.hits).toHaveLength(1);
    await store.close();
  });

  it('stores an id once when two stores append the same events at once', async () => {
    const prefix = server.newPrefix();
    const stores = await Promise.all([server.open({ prefix }), server.open({ prefix })]);
    const events = Array.from({ length: 3000 }, (_, index) =>
      sampleEvent(`e${index}`, {}, index * 60_000),
    );
    const reports = await Promise.all(stores.map((store) => store.appendEvents(events)));
    expect(reports.reduce((sum, report) => sum + report.stored, 0)).toBe(3000);
    expect(reports.reduce((sum, report) => sum + report.duplicates, 0)).toBe(3000);
    expect(await stores[0]?.countEvents()).toBe(3000);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('puts every event into exactly one interval of arrival, however many write', async () => {
    const prefix = server.newPrefix();
    const reader = await server.open({ prefix });
    const writers = await Promise.all([1, 2, 3, 4].map(() => server.open({ prefix })));
    let done = false;
    const answered = new Set<string>();
    const writing = Promise.all(
      writers.map(async (writer, number) => {
        for (let batch = 0; batch < 25; batch += 1) {
          // Days come and go, so indices are made in between.
          const ids = Array.from({ length: 40 }, (_, index) => `w${number}-${batch}-${index}`);
          await writer.appendEvents(
            ids.map((id, index) =>
              sampleEvent(id, { username: id }, ((batch + index) % 6) * DAY_MS + batch),
            ),
          );
          for (const id of ids) answered.add(id);
        }
      }),
    ).finally(() => {
      done = true;
    });
    const seen = new Map<string, number>();
    let cursor: ArrivalCursor | undefined;
    for (let last = false; !last;) {
      last = done;
      const covered = [...answered];
      const next = await reader.arrivalCursor();
      for (const { entity } of await candidatesBetween(reader, byField('username'), cursor, next)) {
        const id = entity['username'] ?? '';
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
      cursor = next;
      expect(covered.filter((id) => !seen.has(id))).toEqual([]);
    }
    await writing;
    expect(seen.size).toBe(4000);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
    await Promise.all([reader, ...writers].map((store) => store.close()));
  });

  it('takes all of an index as new when it was made anew, and passes over one that is gone', async () => {
    const prefix = server.newPrefix();
    const store = await server.open({ prefix });
    const query = byField('username');
    const append = (...names: string[]) =>
      store.appendEvents(names.map((name) => sampleEvent(name, { username: name })));
    await append('a', 'b', 'c');
    const before = await store.arrivalCursor();
    await server.client.indices.delete({ index: `${prefix}-logs-2026.11.21` });
    const gone = await store.arrivalCursor();
    expect(await candidatesBetween(store, query, undefined, before)).toEqual([]);
    expect(await candidatesBetween(store, query, before, gone)).toEqual([]);
    await append('d', 'e');
    const after = await store.arrivalCursor();
    const found = await candidatesBetween(store, query, before, after);
    expect(found.map(({ entity }) => entity['username'])).toEqual(['d', 'e']);
    await store.close();
  });

  it('has the mappings of its templates', async () => {
    const prefix = server.newPrefix();
    const store = await server.open({ prefix });
    await store.appendEvents([sampleEvent('a')]);
    // A second start changes nothing.
    await (await server.open({ prefix })).close();
    const live = await server.client.indices.get({ index: `${prefix}-*` });
    for (const [pattern, mapping] of indexMappings(nameIndices(prefix))) {
      const name = pattern.replace('*', '2026.11.21');
      // The server leaves out what is its default.
      const shown = JSON.stringify({ ...mapping, dynamic: 'false' }).replaceAll(
        ',"depth_limit":20',
        '',
      );
      expect([name, live[name]?.mappings]).toEqual([name, JSON.parse(shown)]);
      expect(live[name]?.settings?.index).toMatchObject({
        number_of_shards: '1',
        auto_expand_replicas: '0-1',
      });
    }
    expect(Object.keys(live)).toHaveLength(5);
    // Under the names of ECS too.
    expect(await store.countEvents()).toBe(1);
    const found = await server.client.search({
      index: `${prefix}-logs-*`,
      q: 'source.ip:203.0.113.7',
    });
    expect(found.hits.hits).toHaveLength(1);
    await store.close();
  });

  it('counts techniques and tactics of enriched alerts, under the names of ECS too', async () => {
    const prefix = server.newPrefix();
    const store = await server.open({ prefix });
    const enriched = sampleAlert('a');
    await store.createAlerts([
      {
        ...enriched,
        details: {
          ...enriched.details,
          mitre_techniques: ['T1110', 'T1078'],
          mitre_tactics: ['Credential Access'],
        },
      },
      sampleAlert('b'),
    ]);
    const [read] = await store.readAlerts(['a']);
    expect(alertSchema.strict().parse(read?.alert)).toEqual(read?.alert);
    const change = { ...enriched.details, mitre_techniques: ['T1110'] };
    if (read === undefined) throw new Error('no alert');
    await store.updateAlerts([{ ...read, alert: { ...enriched, details: change } }]);
    await server.client.indices.refresh({ index: `${prefix}-alerts` });
    for (const field of ['mitre_techniques', 'threat.technique.id']) {
      const answer = await server.client.search({
        index: `${prefix}-alerts`,
        size: 0,
        aggs: { by: { terms: { field } } },
      });
      expect(answer.aggregations?.['by']).toMatchObject({
        buckets: [{ key: 'T1110', doc_count: 1 }],
      });
    }
    await store.close();
  });

  it('finds alerts that another store has just written', async () => {
    const prefix = server.newPrefix();
    const [one, other] = await Promise.all([server.open({ prefix }), server.open({ prefix })]);
    for (let round = 0; round < 5; round += 1) {
      await one.createAlerts([sampleAlert(`a${round}`)]);
      const found = await other.searchAlerts({ size: 100 });
      expect(found).toHaveLength(round + 1);
      expect(alertSchema.strict().parse(found[0]?.alert)).toEqual(found[0]?.alert);
      const first = found.find(({ alert }) => alert.status === 'open');
      if (first === undefined) throw new Error('no alert');
      await other.updateAlerts([{ ...first, alert: { ...first.alert, status: 'closed' } }]);
      expect(await one.searchAlerts({ size: 100, status: 'open' })).toEqual([]);
    }
    await Promise.all([one.close(), other.close()]);
  });

  describe('odd values', () => {
    const long = 'x'.repeat(9000);
    const odd: readonly SocEvent[] = [
      sampleEvent('plain', { username: 'root', extra: { k: 'v', n: 1 } }, 1),
      sampleEvent('long', { username: long, command: `nc ${long}`, extra: { k: long } }, 2),
      sampleEvent('surrogate', { username: 'a\ud800', command: '\ud800' }, 3),
      sampleEvent('replaced', { username: 'b\ufffd', command: '\ufffd' }, 4),
      sampleEvent('empty', { username: '', command: '', extra: { k: '', o: {}, a: [] } }, 5),
      sampleEvent(
        'nested',
        { username: 'n', extra: { k: { k: 'v' }, 'k.k': 'w', a: ['v', 1] } },
        6,
      ),
      sampleEvent('kelvin', { username: '\u212aelv\u0130n', command: 'WORK \u212a' }, 7),
      sampleEvent('mapped', { source_ip: '::ffff:203.0.113.9', destination_ip: '2001:DB8::1' }, 8),
      sampleEvent('number', { pid: 4_294_967_295, bytes: Number.MAX_SAFE_INTEGER, port: 0 }, 9),
      sampleEvent('lines', { command: 'a\nb\u0000c"\\.*[x]', flags: [] }, 10),
    ];

    // What UTF-8 cannot carry is replaced.
    const stored = odd.map(
      (event) => JSON.parse(JSON.stringify(event).replaceAll(/\\ud800/g, '\ufffd')) as SocEvent,
    );

    it('of every group-by field make the entities of the oracle', async () => {
      const store = await server.open();
      await store.appendEvents(odd);
      const cursor = await store.arrivalCursor();
      const fields = ['username', 'source_ip', 'destination_ip', 'pid', 'bytes', 'command'];
      for (const groupBy of [
        ...fields.map((field) => [field]),
        ['extra.k'],
        ['extra.k.k'],
        ['extra.a'],
        ['flags'],
        ['message'],
        ['@timestamp'],
        ['username', 'extra.n'],
        [],
      ]) {
        const query = byField(...groupBy);
        const wanted = new Map<string, string[]>();
        for (const event of stored) {
          const entity = entityOf(query, event);
          if (entity === undefined) continue;
          const key = entityKey(entity);
          wanted.set(key, [...(wanted.get(key) ?? []), event.event_id]);
        }
        const candidates = await candidatesBetween(store, query, undefined, cursor, 3);
        const found = new Map<string, string[]>();
        const spans = candidates.map(({ entity, firstNewMs, lastNewMs }) => ({
          entity,
          range: { fromMs: firstNewMs, toMs: lastNewMs + 1 },
        }));
        const keys = spans.map(({ entity }) => entityKey(entity));
        let after: string | undefined;
        do {
          const page = await store.readEntityEvents({ query, spans, pageSize: 4, after });
          for (const { span, event } of page.events) {
            const key = keys[span] ?? '';
            found.set(key, [...(found.get(key) ?? []), event.event_id]);
          }
          after = page.next;
        } while (after !== undefined);
        expect([groupBy, found]).toEqual([groupBy, wanted]);
      }
      await store.close();
    });

    it('are matched by filters as by the oracle', async () => {
      const store = await server.open();
      await store.appendEvents(odd);
      const texts = [
        'k', 'K', 'i', 'kelvin', 'root', 'ROOT', 'v', 'n', '', long, '\ud800', '\ufffd', 'a\ud800',
        '203.0.113.9', '::ffff:203.0.113.9', '2001:db8::1', '1', '0', '4294967295', 'true',
        'a\nb\u0000c"\\.*[x]', '2026-11-21T03:40:00.001Z', 'line plain', 'a'.repeat(5000),
      ]; // prettier-ignore
      const fields = [
        'username', 'command', 'source_ip', 'destination_ip', 'pid', 'bytes', 'port', 'flags',
        'extra.k', 'extra.k.k', 'extra.a', 'extra.o', 'extra.n', 'extra.', 'extra.a b', '@timestamp',
        'message', 'nothing', 'extra', 'is_off_hours',
      ]; // prettier-ignore
      const field = fc.constantFrom(...fields);
      const leaf: fc.Arbitrary<Filter> = fc.oneof(
        fc.record({
          kind: fc.constant('equals' as const),
          field,
          value: fc.constantFrom(...texts),
          cased: fc.boolean(),
        }),
        fc.record({ kind: fc.constant('exists' as const), field }),
        fc.record({
          kind: fc.constant('compare' as const),
          field,
          operator: fc.constantFrom('lt' as const, 'lte' as const, 'gt' as const, 'gte' as const),
          value: fc.constantFrom(0, 1, -1, 0.5, 4_294_967_295, 1e300, -1e300, NaN, Infinity),
        }),
        fc.record({
          kind: fc.constant('wildcard' as const),
          field,
          pattern: fc.array(
            fc.oneof(
              fc.constant({ kind: 'many' as const }),
              fc.constant({ kind: 'one' as const }),
              fc
                .constantFrom('k', 'N', 'x', '.', '\n', '\u0130', 'a'.repeat(300), '\ud800', '"\\')
                .map((text) => ({ kind: 'text' as const, text })),
            ),
            { maxLength: 14 },
          ),
          cased: fc.boolean(),
        }),
        fc.record({
          kind: fc.constant('cidr' as const),
          field,
          range: fc.constantFrom('203.0.113.0/24', '0.0.0.0/0', '::/0', '2001:db8::/32', '::/96'),
        }),
        fc.record({
          kind: fc.constant('regexp' as const),
          field,
          source: fc.constantFrom('^n', 'x$', '[0-9]', ''),
          flags: fc.constantFrom('', 'i'),
        }),
      );
      const filter = fc.letrec<{ filter: Filter }>((tie) => ({
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
      let exact = 0;
      await fc.assert(
        fc.asyncProperty(filter, async (made) => {
          const wanted = stored.filter(compileFilter(made)).map((event) => event.event_id);
          const found = await store.searchEvents({ filter: made, size: 100, order: 'oldest' });
          expect(found.map((event) => event.event_id)).toEqual(wanted);
          expect(await store.countEvents(made)).toBe(wanted.length);
          if (compileFilterToElasticsearch(made).exact) exact += 1;
        }),
        { numRuns: 600 },
      );
      expect(exact).toBeGreaterThan(100);
      await store.close();
    });
  });

  it('counts different values rightly, also where a value is too long to be indexed', async () => {
    const store = await server.open();
    await store.appendEvents(
      [1, 2, 3].map((n) =>
        sampleEvent(`p${n}`, { source_ip: `203.0.113.${n}`, username: 'same' }, n),
      ),
    );
    await store.appendEvents(
      ['a', 'b', 'y'.repeat(9000)].map((username, n) => sampleEvent(`u${n}`, { username }, n)),
    );
    const query: Query = {
      ...byField('source_ip'),
      measure: { kind: 'distinct', field: 'username', atLeast: 3 },
    };
    const found = await candidatesBetween(store, query, undefined, await store.arrivalCursor());
    expect(found.map(({ entity }) => entity)).toEqual([{ source_ip: '203.0.113.7' }]);
    await store.close();
  });

  // The server of our tests is real and lacks ILM; what one that has it is asked for, and that it is left out
  // for other reasons, is tested against a fake in elasticsearch-lifecycle.test.ts.
  it('does without index lifecycle management where the server has none, and deletes all the same', async () => {
    const probe = await server.client.transport
      .request({ method: 'GET', path: '/_ilm/status' })
      .then(() => 'there')
      .catch(() => 'missing');
    const prefix = server.newPrefix();
    const store = await server.open({
      prefix,
      retentionMs: DAY_MS,
      now: () => new Date(BASE_MS + 4 * DAY_MS),
    });
    if (probe === 'missing')
      expect(store.lifecycle).toEqual({
        kind: 'none',
        reason: `no handler found for uri [/_ilm/policy/${prefix}-logs] and method [PUT]`,
      });
    else expect(store.lifecycle).toMatchObject({ kind: 'policy', deleteAfterDays: 3 });
    await store.appendEvents([0, 4].map((day) => sampleEvent(`d${day}`, {}, day * DAY_MS)));
    const report = await store.retain(BASE_MS + 3 * DAY_MS, Number.MAX_SAFE_INTEGER);
    expect(report.deletedEvents).toBe(1);
    expect((await store.searchEvents({ size: 9, order: 'oldest' })).map((e) => e.event_id)).toEqual(
      ['d4'],
    );
    // A second start finds days that are there.
    const again = await server.open({ prefix, retentionMs: DAY_MS });
    expect(again.lifecycle).toEqual(store.lifecycle);
    await Promise.all([store, again].map((one) => one.close()));
  });

  it('retains by day, by time within a day and by size, and never deletes today', async () => {
    const prefix = server.newPrefix();
    const store = await server.open({ prefix, now: () => new Date(BASE_MS + 4 * DAY_MS) });
    const days = [0, 1, 2, 3, 4];
    for (const day of days)
      await store.appendEvents(
        Array.from({ length: 100 }, (_, index) =>
          sampleEvent(`d${day}-${index}`, {}, day * DAY_MS + index * 1000),
        ),
      );
    const indices = async () =>
      Object.keys(await server.client.indices.get({ index: `${prefix}-logs-*` }))
        .map((name) => name.slice(-2))
        .toSorted();
    // Letters of the store have the time of the refusal, those of a shipper that of the event.
    const letters = `${prefix}-dead-letters`;
    for (const [id, field, day] of [
      ['old', 'refused_at', 0],
      ['young', 'refused_at', 3],
      ['shipped-old', '@timestamp', 0],
      ['shipped-young', '@timestamp', 3],
    ] as const)
      await server.client.index({
        index: letters,
        id,
        document: { [field]: new Date(BASE_MS + day * DAY_MS).toISOString() },
      });
    const first = await store.retain(BASE_MS + DAY_MS + 50_000, Number.MAX_SAFE_INTEGER);
    expect(first.deletedEvents).toBe(150);
    await server.client.indices.refresh({ index: letters });
    const left = async (...values: string[]) =>
      (await server.client.count({ index: letters, query: { ids: { values } } })).count;
    expect(await left('old', 'shipped-old')).toBe(0);
    expect(await left('young', 'shipped-young')).toBe(2);
    expect(await indices()).toEqual(['22', '23', '24', '25']);
    expect(await store.countEvents()).toBe(350);
    const second = await store.retain(0, first.sizeBytes - 1);
    expect(second.deletedEvents).toBe(50);
    expect(second.sizeBytes).toBeLessThan(first.sizeBytes);
    expect((await store.retain(0, 0)).deletedEvents).toBe(200);
    expect(await indices()).toEqual(['25']);
    await store.close();
  });
});
