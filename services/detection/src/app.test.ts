import { alertSchema, ruleSummarySchema, type Alert } from '@mini-soc/model';
import type { Store } from '@mini-soc/store';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { COUNT_5, makeEvent, makeRule, START_MS } from '../../../packages/detect/test/make-rule.ts';
import { silentLogger } from '../test/silent-logger.ts';
import { buildDetection, type Detection } from './app.ts';
import type { DetectionSettings } from './detection-settings.ts';

const open: Detection[] = [];
afterEach(async () => {
  for (const detection of open.splice(0)) await detection.stop();
});

async function setUp(
  store: Store = createMemoryStore(),
  token = '',
  more: Partial<DetectionSettings> = {},
  rules: Partial<
    Pick<Parameters<typeof buildDetection>[0], 'rules' | 'ruleFaults' | 'ruleExceptions'>
  > = {},
) {
  const sent: Alert[] = [];
  const detection = await buildDetection({
    store,
    rules: [makeRule(COUNT_5, { description: 'Five failures' })],
    ...rules,
    settings: { token, intervalMs: 3_600_000, latenessMs: 120_000, ...more },
    responder: {
      respond: async (alert) => {
        sent.push(alert);
        return { action: 'block', outcome: 'blocked', reason: 'Blocked for 1h' };
      },
    },
    enricher: {
      enrich: async () => ({
        mitre_techniques: ['T1110.001'],
        mitre_tactics: [],
        mitre_urls: [],
        threat_confidence: 1,
        threat_summary: 'Guessing',
      }),
    },
    now: () => new Date(START_MS + 60_000),
    logger: silentLogger,
    version: 'test',
  });
  open.push(detection);
  const get = (url: string) => detection.app.inject({ method: 'GET', url });
  return { detection, store, sent, get };
}

const attack = (count = 5) => Array.from({ length: count }, (_, index) => makeEvent(index * 1000));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('buildDetection()', () => {
  it('a rule file that is not in force is named everywhere and stops nothing', async () => {
    const { detection, store, get } = await setUp(
      undefined,
      '',
      {},
      {
        rules: [
          makeRule(COUNT_5),
          makeRule(COUNT_5, { id: 'aws', name: 'AwsRule', cannotFire: 'no log of product "aws"' }),
        ],
        ruleFaults: [{ file: 'mine.yml', reason: 'line 3: expected a map' }],
      },
    );
    const ready = await get('/ready');
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toMatchObject({
      ready: true,
      degraded: ['rules'],
      parts: {
        rules:
          '2 of 2 enabled; 1 cannot fire: AwsRule; 1 not in force: mine.yml (line 3: expected a map)',
      },
    });
    expect((await get('/rules')).json()).toMatchObject([
      { id: 'test-rule' },
      { id: 'aws', cannot_fire: 'no log of product "aws"' },
      { id: 'mine', file: 'mine.yml', enabled: false, skipped: 'line 3: expected a map' },
    ]);
    expect((await get('/health')).json()).toMatchObject({
      rules: 2,
      rules_skipped: 1,
      rules_that_cannot_fire: 1,
    });
    const { body } = await get('/metrics');
    for (const [state, count] of Object.entries({
      enabled: 1,
      disabled: 0,
      cannot_fire: 1,
      skipped: 1,
    }))
      expect(body).toContain(`soc_detection_rules{state="${state}"} ${count}`);
    await store.appendEvents(attack());
    await detection.trigger();
    expect((await store.searchAlerts({ size: 10 })).length).toBeGreaterThan(0);
  });

  it('an exception made through the API is in force at once, outlives the process and ends', async () => {
    const { detection, store, get } = await setUp();
    const ask = (method: 'POST' | 'DELETE', url: string, payload?: object) =>
      detection.app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    const wish = {
      when: { source_ip: '198.51.100.0/24' },
      reason: 'our scanner',
      until: new Date(START_MS + 86_400_000).toISOString(),
      by: 'alice',
    };
    await store.appendEvents(attack());
    await detection.trigger();
    const made = await ask('POST', '/rules/TestRule/exceptions', wish);
    expect(made.statusCode).toBe(201);
    const { id } = made.json<{ id: string }>();
    expect(made.json()).toMatchObject({ by: 'alice', covers: [{ rule_name: 'TestRule' }] });
    expect((await get('/exceptions')).json()).toMatchObject([
      { id, rule: 'TestRule', by: 'alice' },
    ]);

    await store.appendEvents(attack().map((one) => ({ ...one, source_ip: '198.51.100.8' })));
    expect(await detection.trigger()).toMatchObject({ created: 0 });
    const again = await setUp(store);
    await again.detection.start();
    expect((await again.get('/exceptions')).json()).toMatchObject([{ id, reason: 'our scanner' }]);
    await store.appendEvents(attack().map((one) => ({ ...one, source_ip: '198.51.100.9' })));
    expect(await again.detection.trigger()).toMatchObject({ created: 0 });

    expect((await ask('DELETE', `/rules/OtherRule/exceptions/${id}?by=bob`)).statusCode).toBe(404);
    expect((await ask('DELETE', `/rules/TestRule/exceptions/${id}`)).statusCode).toBe(400);
    expect((await ask('DELETE', `/rules/TestRule/exceptions/${id}?by=bob`)).statusCode).toBe(200);
    expect((await get('/exceptions')).json()).toEqual([]);
    await store.appendEvents(attack().map((one) => ({ ...one, source_ip: '198.51.100.10' })));
    expect(await detection.trigger()).toMatchObject({ created: 1 });
    expect((await get('/exceptions/changes')).json()).toMatchObject([
      { change: 'ended', by: 'bob', id },
      { change: 'made', by: 'alice', id, reason: 'our scanner' },
    ]);
  });

  it('an exception that is none is refused with the reason', async () => {
    const { detection, get } = await setUp();
    const post = (name: string, changes: object) =>
      detection.app.inject({
        method: 'POST',
        url: `/rules/${name}/exceptions`,
        payload: {
          when: { source_ip: '192.0.2.1' },
          reason: 'r',
          until: '2027-01-01',
          by: 'a',
          ...changes,
        },
      });
    expect((await post('NoRule', {})).statusCode).toBe(404);
    expect((await post('TestRule', { until: undefined })).statusCode).toBe(400);
    expect((await post('TestRule', { by: ' ' })).statusCode).toBe(400);
    const refused = await post('TestRule', { when: { 'source_ip|cidr': 'web01' } });
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toMatchObject({ error: { code: 'EXCEPTION_INVALID' } });
    expect(refused.body).toContain('needs a range such as 192.0.2.0/24');
    expect((await post('TestRule', { when: {} })).statusCode).toBe(400);
    expect((await post('TestRule', { when: { is_off_hours: true } })).statusCode).toBe(400);
    expect((await get('/exceptions')).json()).toEqual([]);
  });

  it('GET /exceptions shows which open alerts each would have spared, and which are over', async () => {
    const exception = (source: string, untilMs?: number) => ({
      rule: 'TestRule',
      reason: 'our scanner',
      untilMs,
      when: { source_ip: source },
      filter: { kind: 'equals', field: 'source_ip', value: source, cased: false } as const,
    });
    const { detection, store, get } = await setUp(
      undefined,
      '',
      {},
      {
        ruleExceptions: [
          exception('198.51.100.7'),
          exception('198.51.100.7', START_MS - 1),
          exception('203.0.113.9'),
          { ...exception('198.51.100.7'), rule: 'OtherRule' },
        ],
      },
    );
    await store.appendEvents(attack());
    await detection.trigger();
    const [alert] = await store.searchAlerts({ size: 1 });
    const covered = [{ alert_id: alert?.alert.alert_id, rule_name: 'TestRule' }];
    expect((await get('/exceptions')).json()).toMatchObject([
      { rule: 'TestRule', reason: 'our scanner', expired: false, covers: covered },
      { expired: true, until: new Date(START_MS - 1).toISOString(), covers: [] },
      { covers: [] },
      { rule: 'OtherRule', covers: [] },
    ]);
    expect((await get('/ready')).json()).toMatchObject({
      parts: { rules: '1 of 1 enabled; 1 exceptions are over: TestRule' },
    });
  });

  it('POST /trigger says what the cycle did', async () => {
    const { detection, store } = await setUp();
    await store.appendEvents(attack());
    const answer = await detection.app.inject({ method: 'POST', url: '/trigger' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      created: 1,
      updated: 0,
      rules: [{ id: 'test-rule', name: 'TestRule', candidates: 1, created: 1, updated: 0 }],
    });
  });

  it('GET /rules shows each rule and how it went', async () => {
    const { detection, get } = await setUp();
    await detection.trigger();
    const rules = (await get('/rules')).json<unknown[]>();
    expect(rules).toHaveLength(1);
    expect(ruleSummarySchema.parse(rules[0])).toMatchObject({
      id: 'test-rule',
      name: 'TestRule',
      description: 'Five failures',
      threshold: 5,
      window_seconds: 60,
      suppress_seconds: 300,
      enabled: true,
      last_evaluated_at: '2026-11-21T03:41:00.000Z',
    });
  });

  it('GET /alerts answers alerts as stored, and one by id', async () => {
    const { detection, store, get } = await setUp();
    await store.appendEvents(attack());
    await detection.trigger();
    const alerts = (await get('/alerts?size=10')).json<unknown[]>();
    expect(alerts).toHaveLength(1);
    const alert = alertSchema.parse(alerts[0]);
    expect(alert.details.evidence).toHaveLength(5);
    expect((await get(`/alerts/${alert.alert_id}`)).json()).toMatchObject({
      alert_id: alert.alert_id,
    });
    expect((await get('/alerts/none')).statusCode).toBe(404);
  });

  it('GET /alerts refuses a size that is none with a sentence', async () => {
    const { get } = await setUp();
    for (const size of [
      '0',
      '-1',
      '1001',
      '1e3',
      'abc',
      '',
      '1.5',
      '1&size=2',
      '99999999999999999999',
    ]) {
      const answer = await get(`/alerts?size=${size}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json<{ error: { message: string } }>().error.message).toContain(
        'Expected a whole number from 1 to 1000',
      );
    }
    expect((await get('/alerts?sise=1')).statusCode).toBe(400);
    expect((await get('/alerts')).statusCode).toBe(200);
  });

  it('PATCH /alerts/:id changes the status and nothing else', async () => {
    const { detection, store, get } = await setUp();
    await store.appendEvents(attack());
    await detection.trigger();
    const [alert] = (await get('/alerts')).json<Alert[]>();
    const patch = (id: string, payload: object) =>
      detection.app.inject({ method: 'PATCH', url: `/alerts/${id}`, payload });
    const id = alert?.alert_id ?? '';
    expect((await patch(id, { status: 'acknowledged' })).json()).toMatchObject({
      status: 'acknowledged',
      event_count: 5,
    });
    expect((await patch(id, { status: 'gone' })).statusCode).toBe(400);
    expect((await patch(id, { status: 'closed', severity: 'low' })).statusCode).toBe(400);
    expect((await patch('none', { status: 'closed' })).statusCode).toBe(404);
    expect((await get(`/alerts/${id}`)).json()).toMatchObject({ status: 'acknowledged' });
  });

  it('every route but /health and /ready wants the token', async () => {
    const { get } = await setUp(createMemoryStore(), 'a-token');
    for (const url of ['/alerts', '/rules', '/alerts/stream', '/metrics'])
      expect((await get(url)).statusCode).toBe(401);
    expect((await get('/health')).statusCode).toBe(200);
    expect((await get('/ready')).statusCode).toBe(200);
  });

  it('notifyArrival() leads to an alert, its response and its enrichment without a tick', async () => {
    const { detection, store, sent, get } = await setUp();
    await detection.start();
    await store.appendEvents(attack());
    detection.notifyArrival();
    detection.notifyArrival();
    await until(() => sent.length > 0);
    await until(async () => (await get('/alerts')).json<Alert[]>()[0]?.enriched === true);
    await until(async () => (await get('/alerts')).json<Alert[]>()[0]?.response.state === 'done');
    expect(sent).toHaveLength(1);
  });

  it('start() sends what was left in the outbox, and a restart doubles nothing', async () => {
    const first = await setUp();
    await first.store.appendEvents(attack());
    await first.detection.trigger();
    await until(() => first.sent.length === 1);
    await first.detection.stop();
    const [found] = await first.store.searchAlerts({ size: 1 });
    if (found === undefined) throw new TypeError('No alert');
    await first.store.updateAlerts([
      { ...found, alert: { ...found.alert, response: { state: 'pending' } } },
    ]);

    const second = await setUp(first.store);
    await second.detection.start();
    await second.detection.trigger();
    await until(() => second.sent.length === 1);
    expect((await second.get('/alerts')).json()).toHaveLength(1);
  });

  it('GET /metrics counts cycles and alerts by rule and never by attacker', async () => {
    const { detection, store, get } = await setUp();
    await store.appendEvents(attack());
    await detection.trigger();
    const text = (await get('/metrics')).body;
    expect(text).toContain('soc_detection_cycles_total{outcome="done"} 1');
    expect(text).toContain('soc_detection_alerts_total{rule="test-rule",change="created"} 1');
    expect(text).not.toContain('198.51.100.7');
  });

  it('GET /ready is red while the store cannot be reached', async () => {
    const store = createMemoryStore();
    const { get } = await setUp({
      ...store,
      ping: () => Promise.reject(new Error('store is gone')),
    });
    const answer = await get('/ready');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ ready: false, parts: { store: 'store is gone' } });
  });

  it('GET /ready says who deletes old events, where the store knows', async () => {
    const retention = { ageMs: 86_400_000, maxBytes: 1e9, everyMs: 3_600_000 };
    const lifecycle = { kind: 'policy', name: 'soc-logs', deleteAfterDays: 3 } as const;
    const known = await setUp({ ...createMemoryStore(), lifecycle }, '', { retention });
    expect((await known.get('/ready')).json()).toMatchObject({
      parts: { retention: expect.stringMatching(/after 3 days by .* soc-logs$/) as string },
    });
    const plain = await setUp(createMemoryStore(), '', { retention });
    expect((await plain.get('/ready')).json<{ parts: object }>().parts).not.toHaveProperty(
      'retention',
    );
  });

  it('GET /alerts/stream sends each change as one line of JSON', async () => {
    const { detection, store } = await setUp();
    const address = await detection.app.listen({ host: '127.0.0.1', port: 0 });
    const response = await fetch(`${address}/alerts/stream`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    await store.appendEvents(
      attack().map((event) => ({ ...event, username: '\n\nevent: alert\ndata: {}' })),
    );
    await detection.trigger();
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array);
      if (text.includes('event: alert') && text.endsWith('\n\n')) break;
    }
    const data = text.split('\n').filter((line) => line.startsWith('data: '));
    expect(alertSchema.parse(JSON.parse(data[0]?.slice(6) ?? ''))).toMatchObject({
      source_ip: '198.51.100.7',
    });
    expect(data.some((line) => line === 'data: {}')).toBe(false);
  });

  it('GET /alerts/stream refuses the hundred-and-first watcher and stop() ends them all', async () => {
    const { detection } = await setUp();
    const address = await detection.app.listen({ host: '127.0.0.1', port: 0 });
    const controller = new AbortController();
    const watchers = await Promise.all(
      Array.from({ length: 100 }, () =>
        fetch(`${address}/alerts/stream`, { signal: controller.signal }),
      ),
    );
    expect((await fetch(`${address}/alerts/stream`)).status).toBe(503);
    await detection.stop();
    const ended = await Promise.allSettled(watchers.map((watcher) => watcher.text()));
    expect(ended).toHaveLength(100);
    controller.abort();
  });
});
