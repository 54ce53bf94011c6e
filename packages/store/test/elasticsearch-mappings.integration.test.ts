/** Indices of another version, on the real server that ELASTICSEARCH_URL names; skipped without one. */
import { withWaiting } from '@mini-soc/model';
import { afterAll, describe, expect, it } from 'vitest';
import { MAPPING_VERSION } from '../src/elasticsearch/extend-mappings.ts';
import { dayOfTime, indexMappings, nameIndices } from '../src/elasticsearch/indices.ts';
import { sampleAlert, sampleEvent } from './conformance.ts';
import { testServer } from './elasticsearch-server.ts';

const url = process.env['ELASTICSEARCH_URL'] ?? '';
const TODAY = `-logs-${dayOfTime(Date.parse(sampleEvent('base')['@timestamp']))}`;

describe.skipIf(url === '')('Elasticsearch indices of another version', () => {
  const server = testServer(url);
  afterAll(() => server.cleanUp());

  /** A day of events as a version of before made it, with these properties changed. */
  async function makeDay(prefix: string, change: Readonly<Record<string, unknown>>, day = TODAY) {
    const [[, mapping] = []] = indexMappings(nameIndices(prefix));
    const properties = Object.fromEntries(
      Object.entries({ ...mapping?.properties, ...change }).filter(
        ([, property]) => property !== undefined,
      ),
    );
    await server.client.transport.request({
      method: 'PUT',
      path: `/${prefix}${day}`,
      body: { settings: { number_of_replicas: 0 }, mappings: { dynamic: false, properties } },
    });
  }

  it('finds a field that is new today in the index of today at once', async () => {
    const prefix = server.newPrefix();
    // What lies below is an alias of it, so that goes too.
    await makeDay(prefix, { username: undefined, user: undefined });
    await makeDay(prefix, { source_ip: { type: 'ip' } }, '-logs-2026.11.01');
    const store = await server.open({ prefix });
    expect(store.fieldGaps).toEqual([]);
    await store.appendEvents([sampleEvent('a', { username: 'mallory' })]);
    expect(
      await store.countEvents({ kind: 'equals', field: 'username', value: 'mallory', cased: true }),
    ).toBe(1);
    const alias = await server.client.count({
      index: `${prefix}${TODAY}`,
      query: { term: { 'user.name': 'mallory' } },
    });
    expect(alias.count).toBe(1);
    const old = await server.client.indices.getMapping({ index: `${prefix}-logs-2026.11.01` });
    expect(old[`${prefix}-logs-2026.11.01`]?.mappings.properties?.['source_ip']).toMatchObject({
      fields: { keyword: { type: 'keyword' } },
    });
    await store.close();
  });

  it('starts and names the field whose type changed, and the index', async () => {
    const prefix = server.newPrefix();
    await makeDay(prefix, { http_status: { type: 'keyword' }, pid: undefined, process: undefined });
    const store = await server.open({ prefix });
    expect(store.fieldGaps).toEqual([
      {
        index: `${prefix}${TODAY}`,
        field: 'http_status',
        reason: 'it is keyword there, and integer now',
      },
    ]);
    await store.appendEvents([sampleEvent('a', { pid: 7 })]);
    expect(
      await store.countEvents({ kind: 'compare', field: 'pid', operator: 'gte', value: 7 }),
    ).toBe(1);
    await store.close();
  });

  it('starts when an index refuses new fields', async () => {
    const prefix = server.newPrefix();
    await makeDay(prefix, { tty: undefined }, '-logs-2026.11.02');
    await server.client.indices.addBlock({
      index: `${prefix}-logs-2026.11.02`,
      block: 'read_only',
    });
    const store = await server.open({ prefix });
    expect(store.fieldGaps).toMatchObject([{ index: `${prefix}-logs-2026.11.02`, field: 'tty' }]);
    expect(store.fieldGaps?.[0]?.reason).toMatch(/^the server refuses to add it: /);
    await store.close();
    await server.client.indices.putSettings({
      index: `${prefix}-logs-2026.11.02`,
      settings: { 'index.blocks.read_only': false },
    });
  });

  it('finds what waits among alerts of before there were lanes, and new ones by their lanes', async () => {
    const prefix = server.newPrefix();
    const mapping = indexMappings(nameIndices(prefix)).find(([name]) => name.endsWith('-alerts'));
    const { waits_for: _lanes, about_product: _own, ...properties } = mapping?.[1].properties ?? {};
    const index = `${prefix}-alerts`;
    await server.client.transport.request({
      method: 'PUT',
      path: `/${index}`,
      body: { settings: { number_of_replicas: 0 }, mappings: { dynamic: false, properties } },
    });
    const { details } = sampleAlert('merged');
    const old = [
      sampleAlert('pending', { enriched: true }),
      sampleAlert('plain', { response: { state: 'done' } }),
      sampleAlert('answered', { enriched: true, response: { state: 'refused' } }),
      sampleAlert('merged', { details: { ...details, merged_into: 'pending' } }),
    ];
    for (const alert of old)
      await server.client.index({ index, id: alert.alert_id, document: alert, refresh: true });

    const store = await server.open({ prefix });
    expect(store.fieldGaps).toEqual([]);
    await store.createAlerts([withWaiting(sampleAlert('new'), ['mail', 'response'])]);
    const waiting = async (lane: string) =>
      (await store.waitingAlerts({ lane, size: 10 })).map(({ alertId, waitsFor }) =>
        [alertId, ...waitsFor].join(' '),
      );
    expect(await waiting('response')).toEqual(['new response mail', 'pending response']);
    expect(await waiting('enrichment')).toEqual(['plain enrichment']);
    expect(await waiting('mail')).toEqual(['new response mail']);
    const spans = await store.searchAlertSpans({ size: 10 });
    expect(spans.map(({ alertId }) => alertId)).toEqual(['answered', 'new', 'pending', 'plain']);
    await store.close();
  });

  it('leaves the templates of a newer version as they are', async () => {
    const prefix = server.newPrefix();
    await (await server.open({ prefix })).close();
    const name = `${prefix}-logs`;
    const read = async () =>
      (await server.client.cluster.getComponentTemplate({ name })).component_templates[0]
        ?.component_template;
    const present = await read();
    expect(present).toMatchObject({ _meta: { version: MAPPING_VERSION } });
    await server.client.cluster.putComponentTemplate({
      name,
      template: present?.template ?? {},
      _meta: { version: 99 },
    });
    const store = await server.open({ prefix });
    expect(store.leftAlone).toMatch(
      /^the index templates have form 99, .*this version writes form \d+: /,
    );
    expect(await read()).toMatchObject({ _meta: { version: 99 } });
    await store.close();
  });
});
