/**
 * Every chart's fields against the live mapping and every chart's search on the real Elasticsearch that
 * ELASTICSEARCH_URL names (skipped without one), over documents that our own store adapter has written.
 * NOT proven here: that Kibana itself accepts the objects and draws them; it cannot run in this test.
 */
import { randomBytes } from 'node:crypto';
import { SETTINGS, type Alert, type Block, type SocEvent } from '@mini-soc/model';
import { sampleAlert, sampleEvent } from '@mini-soc/store/conformance';
import { openElasticsearchStore } from '@mini-soc/store/elasticsearch';
import type { Store } from '@mini-soc/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildObjects } from '../src/app.ts';
import type { LensObject } from '../src/kibana/lens.ts';
import type { SavedSearch } from '../src/kibana/saved-search.ts';
import { compileKql } from './compile-kql.ts';
import { fieldsOf, layerOf, rowsOf, searchOf, type Row } from './lens-search.ts';

const url = process.env['ELASTICSEARCH_URL'] ?? '';
const prefix = `kibana-${randomBytes(5).toString('hex')}`;
const objects = buildObjects({
  space: 'default',
  indices: {
    events: `${prefix}-logs-*`,
    alerts: `${prefix}-alerts`,
    blocks: `${prefix}-blocked-ips`,
    deadLetters: `${prefix}-dead-letters`,
  },
  consoleUrl: SETTINGS.CONSOLE_PUBLIC_URL.fallback,
  graphUrl: SETTINGS.GRAPH_PUBLIC_URL.fallback,
});
const charts = objects.library.filter((object): object is LensObject => object.type === 'lens');
const latest = objects.library.find((object): object is SavedSearch => object.type === 'search');

/** Index and time of the data view an object looks through. */
function viewOf(object: LensObject | SavedSearch): { index: string; timeField: string } {
  const id = object.references[0]?.id;
  const found = objects.dataViews.find(({ data_view }) => data_view.id === id)?.data_view;
  if (found === undefined) throw new Error(`${object.id} has no data view`);
  return { index: found.title, timeField: found.timeFieldName };
}

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${url}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const BEGAN = '2026-11-21T03:00:00.000Z';
const RANGE = { from: BEGAN, to: '2026-11-22T03:00:00.000Z' };
const at = (minute: number): string => new Date(Date.parse(BEGAN) + minute * 60_000).toISOString();

function alert(id: string, minute: number, change: Partial<Alert>, techniques?: string[]): Alert {
  const made = sampleAlert(id, { '@timestamp': at(minute), updated_at: at(minute), ...change });
  return {
    ...made,
    details: {
      ...made.details,
      ...(techniques === undefined ? {} : { mitre_techniques: techniques }),
      ...change.details,
    },
  };
}

const merged = { details: { ...sampleAlert('x').details, merged_into: 'a1' } };
const ALERTS: readonly Alert[] = [
  alert('a1', 1, { severity: 'critical', event_count: 40 }, ['T1110', 'T1078']),
  alert('a2', 2, { severity: 'high', source_ip: '203.0.113.9', event_count: 12 }, ['T1110']),
  alert('a3', 70, { severity: 'medium', rule_name: 'PortScanRule', event_count: 15 }, ['T1046']),
  alert('a4', 71, { severity: 'low', rule_name: 'PortScanRule', source_ip: '2001:db8::1' }),
  alert('a5', 72, { severity: 'critical', status: 'closed', source_ip: '203.0.113.9' }),
  // None of these is shown: the product's own trial, one that another took in, one of another day.
  alert('t1', 3, { severity: 'critical', self_test: true, source_ip: '192.0.2.1' }),
  alert('m1', 4, { severity: 'critical', status: 'closed', ...merged }),
  alert('o1', 60 * 30, { severity: 'critical' }),
];

const block = (id: string, minute: number, kind: Block['kind'], source: string): Block => ({
  '@timestamp': at(minute),
  block_id: id,
  kind,
  source_ip: source,
  rule_name: 'BruteForceRule',
  severity: 'high',
  action_taken: '[SIMULATED] would block',
  block_duration_seconds: 3600,
  expires_at: at(minute + 60),
  details: {},
});
const BLOCKS: readonly Block[] = [
  block('b1', 1, 'blocked', '203.0.113.7'),
  block('b2', 30, 'extended', '203.0.113.7'),
  block('b3', 5, 'blocked', '2001:db8::1'),
  block('b4', 61, 'expired', '2001:db8::1'),
  block('b5', 2, 'refused', '192.0.2.1'),
];

const EVENTS: readonly SocEvent[] = [
  ...Array.from({ length: 6 }, (_, index) => sampleEvent(`e${index}`, { '@timestamp': at(index) })),
  ...Array.from({ length: 4 }, (_, index) =>
    sampleEvent(`w${index}`, {
      '@timestamp': at(60 + index),
      log_type: 'web',
      action: 'http_request',
    }),
  ),
  sampleEvent('self', { '@timestamp': at(1), flags: ['self_test'] }),
  sampleEvent('refused', { '@timestamp': at(1), source_ip: 'no address' }),
];

const hour = (number: number): number => Date.parse(BEGAN) + number * 3_600_000;
const ms = (minute: number): number => Date.parse(at(minute));

const EXPECTED: Readonly<Record<string, readonly Row[]>> = {
  'soc-open-alerts': [{ alerts: 4 }],
  'soc-blocked-count': [{ addresses: 2 }],
  'soc-dead-letter-count': [{ letters: 1 }],
  'soc-alerts-over-time': [
    { severity: 'critical', time: hour(0), alerts: 1 },
    { severity: 'critical', time: hour(1), alerts: 1 },
    { severity: 'high', time: hour(0), alerts: 1 },
    { severity: 'low', time: hour(1), alerts: 1 },
    { severity: 'medium', time: hour(1), alerts: 1 },
  ],
  'soc-severity': [
    { severity: 'critical', alerts: 2 },
    { severity: 'high', alerts: 1 },
    { severity: 'low', alerts: 1 },
    { severity: 'medium', alerts: 1 },
  ],
  'soc-event-rate': [
    { kind: 'auth', time: hour(0), events: 6 },
    { kind: 'web', time: hour(1), events: 4 },
  ],
  'soc-rules': [
    { rule: 'BruteForceRule', severity: 'critical', alerts: 2 },
    { rule: 'BruteForceRule', severity: 'high', alerts: 1 },
    { rule: 'PortScanRule', severity: 'low', alerts: 1 },
    { rule: 'PortScanRule', severity: 'medium', alerts: 1 },
  ],
  'soc-top-source-addresses': [
    { address: '203.0.113.7', events: 55 },
    { address: '203.0.113.9', events: 17 },
    { address: '2001:db8::1', events: 5 },
  ],
  'soc-techniques': [
    { technique: 'T1110', alerts: 2 },
    { technique: 'T1046', alerts: 1 },
    { technique: 'T1078', alerts: 1 },
  ],
  'soc-blocked-addresses': [
    { address: '203.0.113.7', blocked: ms(30), until: ms(90), blocks: 2 },
    { address: '2001:db8::1', blocked: ms(5), until: ms(65), blocks: 1 },
  ],
};

/** Types of Elasticsearch each operation of Lens takes. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  date_histogram: ['date'],
  terms: ['keyword', 'ip'],
  unique_count: ['keyword', 'ip'],
  sum: ['long', 'integer', 'float'],
  max: ['date'],
};
const capsSchema = z.object({
  fields: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ type: z.string(), aggregatable: z.boolean() })),
  ),
});

async function capsOf(index: string, fields: readonly string[]) {
  const answer = await ask('GET', `${index}/_field_caps?fields=${fields.join(',')}`);
  return capsSchema.parse(answer).fields;
}

describe.skipIf(url === '')('panels (skipped unless ELASTICSEARCH_URL is set)', () => {
  let store: Store;
  beforeAll(async () => {
    // The clock of the store is that of the documents: a dead letter carries the time of its refusal.
    store = await openElasticsearchStore({ url, prefix, now: () => new Date(at(10)) });
    await store.appendEvents(EVENTS);
    await store.createAlerts(ALERTS);
    for (const entry of BLOCKS) await store.appendBlocks([entry]);
    await ask('POST', `${prefix}-*/_refresh`);
  });
  afterAll(async () => {
    await store.close();
    const indices = Object.keys((await ask('GET', `${prefix}-*`)) as object);
    await ask('DELETE', indices.join(','));
    await ask('DELETE', `_index_template/${prefix}-*`);
    await ask('DELETE', `_component_template/${prefix}-*`);
  });

  it('has data views of indices that exist, each with its time', async () => {
    for (const { data_view } of objects.dataViews) {
      const caps = await capsOf(data_view.title, [data_view.timeFieldName]);
      expect([data_view.title, Object.keys(caps[data_view.timeFieldName] ?? {})]).toEqual([
        data_view.title,
        ['date'],
      ]);
    }
  });

  it('asks for fields that the live mapping has and can aggregate', async () => {
    for (const chart of charts) {
      const asked = fieldsOf(chart);
      if (asked.length === 0) continue;
      const caps = await capsOf(
        viewOf(chart).index,
        asked.map(({ field }) => field),
      );
      for (const { field, operation } of asked) {
        const types = Object.values(caps[field] ?? {});
        expect([chart.id, field, types.map(({ aggregatable }) => aggregatable)]).toEqual([
          chart.id,
          field,
          [true],
        ]);
        expect(TYPES[operation]).toContain(types[0]?.type);
      }
    }
  });

  it('gives Lens the type it must be told', async () => {
    for (const chart of charts)
      for (const column of Object.values(layerOf(chart).columns)) {
        if (column.operationType !== 'terms') continue;
        const caps = await capsOf(viewOf(chart).index, [column.sourceField]);
        const wanted = column.dataType === 'ip' ? 'ip' : 'keyword';
        expect([chart.id, Object.keys(caps[column.sourceField] ?? {})]).toEqual([
          chart.id,
          [wanted],
        ]);
      }
  });

  it('filters by fields that the live mapping has', async () => {
    let filtered = 0;
    for (const chart of charts) {
      const { fields } = compileKql(chart.attributes.state.query.query);
      if (fields.length === 0) continue;
      const caps = await capsOf(viewOf(chart).index, fields);
      // A part of a flattened field has no entry of its own; its root has.
      const roots = await capsOf(
        viewOf(chart).index,
        fields.map((field) => field.split('.')[0] ?? ''),
      );
      for (const field of fields)
        expect([
          field,
          field in caps || 'flattened' in (roots[field.split('.')[0] ?? ''] ?? {}),
        ]).toEqual([field, true]);
      filtered += 1;
    }
    expect(filtered).toBe(charts.length - 1);
  });

  it.each(charts.map((chart) => [chart.attributes.title, chart] as const))(
    'counts right: %s',
    async (_title, chart) => {
      const { index, timeField } = viewOf(chart);
      const answer = await ask('POST', `${index}/_search`, searchOf(chart, timeField, RANGE));
      expect(rowsOf(chart, answer)).toEqual(EXPECTED[chart.id]);
    },
  );

  it('has an expectation for every chart', () => {
    expect(Object.keys(EXPECTED).toSorted()).toEqual(charts.map(({ id }) => id).toSorted());
  });

  it('lists the latest alerts, newest first, in columns that exist', async () => {
    if (latest === undefined) throw new Error('no list');
    const { index, timeField } = viewOf(latest);
    const caps = await capsOf(index, latest.attributes.columns);
    expect(Object.keys(caps).toSorted()).toEqual(latest.attributes.columns.toSorted());
    const source = z
      .object({ query: z.object({ query: z.string() }) })
      .parse(JSON.parse(latest.attributes.kibanaSavedObjectMeta.searchSourceJSON));
    const answer = await ask('POST', `${index}/_search`, {
      query: {
        bool: {
          filter: [
            compileKql(source.query.query).query,
            { range: { [timeField]: { gte: RANGE.from, lt: RANGE.to } } },
          ],
        },
      },
      sort: latest.attributes.sort.map(([field, order]) => ({ [field]: order })),
    });
    const found = z.object({ hits: z.object({ hits: z.array(z.object({ _id: z.string() })) }) });
    expect(found.parse(answer).hits.hits.map(({ _id }) => _id)).toEqual([
      'a5',
      'a4',
      'a3',
      'a2',
      'a1',
    ]);
  });
});
