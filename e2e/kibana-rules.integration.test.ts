/**
 * Kibana's alerting rules over what detection makes of generated logs: each sees the attacks of its kind
 * and none sees normal life. The search is the one Kibana derives from the rule; it runs on the real
 * Elasticsearch that ELASTICSEARCH_URL names (skipped without one). NOT proven here: that the real Kibana
 * accepts and schedules the rules.
 */
import { randomBytes } from 'node:crypto';
import { buildDetection } from '@mini-soc/detection';
import { buildObjects, type KibanaObjects } from '@mini-soc/kibana-setup';
import { createGenerator, type GeneratedEvent } from '@mini-soc/log-generator';
import { parseLine } from '@mini-soc/parsers';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules } from '@mini-soc/sigma';
import { openElasticsearchStore } from '@mini-soc/store/elasticsearch';
import type { SocEvent } from '@mini-soc/model';
import { afterAll, describe, expect, it } from 'vitest';

const url = process.env['ELASTICSEARCH_URL'] ?? '';
const run = `kibana-rules-${randomBytes(5).toString('hex')}`;
const START = new Date('2026-11-21T10:00:00.000Z');
const SPAN_MS = 10 * 60_000;
const END = new Date(START.getTime() + SPAN_MS);

type Rule = KibanaObjects['rules'][number];

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${url}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

interface Day {
  readonly events: readonly GeneratedEvent[];
  readonly attackers: (scenario: string) => ReadonlySet<string>;
}

/** Ten minutes of generated life, with every kind of attack. */
async function generate(): Promise<Day> {
  const generator = await createGenerator({
    seed: 7,
    rate: 2,
    mix: 'brute_force:1,anomalous_login:1,command_exec:1',
    hosts: 3,
    start: START,
    showAllFirst: true,
  });
  const events: GeneratedEvent[] = [];
  const started = new Map<string, Set<string>>();
  for (;;) {
    const event = generator.next();
    for (const { scenario, attackerIp } of generator.takeStarted())
      started.set(scenario, (started.get(scenario) ?? new Set()).add(attackerIp));
    if (event.atMs >= END.getTime()) break;
    events.push(event);
  }
  return { events, attackers: (scenario) => started.get(scenario) ?? new Set() };
}

const asEvents = (generated: readonly GeneratedEvent[]): readonly SocEvent[] =>
  generated.flatMap(({ line, atMs }, index) => {
    const parsed = parseLine(line, { arrivalMs: atMs, zoneOffsetMinutes: () => 0 });
    return parsed === undefined ? [] : [{ ...parsed, event_id: `e${index}` }];
  });

/**
 * Addresses that logged in after three failures within five minutes, counted naively. Among them are
 * people who cannot type: that is what the rule asks for, whoever it is.
 */
function failedThenSucceeded(events: readonly SocEvent[]): ReadonlySet<string> {
  const logins = events.filter(({ action }) => action === 'ssh_login');
  const timeOf = (event: SocEvent) => Date.parse(event['@timestamp']);
  const found = logins.filter(({ status, source_ip }, at) => {
    if (status !== 'success') return false;
    const success = logins[at];
    const before = logins
      .slice(0, at)
      .filter(
        (event) =>
          event.source_ip === source_ip &&
          event.status === 'failure' &&
          success !== undefined &&
          timeOf(event) >= timeOf(success) - 5 * 60_000,
      );
    return before.length >= 3;
  });
  return new Set(found.flatMap(({ source_ip }) => (source_ip === undefined ? [] : [source_ip])));
}

/** Attackers who came in before the day ended; the last ones may still be guessing. */
const brokeIn = (day: Day, events: readonly SocEvent[]): ReadonlySet<string> =>
  new Set(
    events.flatMap(({ action, status, source_ip: from }) =>
      action === 'ssh_login' &&
      status === 'success' &&
      from !== undefined &&
      day.attackers('anomalous_login').has(from)
        ? [from]
        : [],
    ),
  );

/** Stores the events, lets detection look at them, and asks each of Kibana's rules. */
async function groupsFound(
  name: string,
  events: readonly SocEvent[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const prefix = `${run}-${name}`;
  const store = await openElasticsearchStore({ url, prefix, now: () => END });
  try {
    await store.appendEvents(events);
    const detection = await buildDetection({
      store,
      rules: await loadRules({ directory: 'rules', overrides: [] }),
      settings: { token: '', intervalMs: 15_000, latenessMs: 120_000 },
      responder: { respond: () => Promise.reject(new Error('nobody there')) },
      enricher: { enrich: () => Promise.reject(new Error('nobody there')) },
      now: () => END,
      logger: createLogger({ name: 'test', level: 'silent' }),
      version: '0',
    });
    await detection.trigger();
    await detection.stop();
    await ask('POST', `${prefix}-*/_refresh`);
    const { rules } = buildObjects({
      space: 'default',
      indices: {
        events: `${prefix}-logs-*`,
        alerts: `${prefix}-alerts`,
        blocks: `${prefix}-blocked-ips`,
        deadLetters: `${prefix}-dead-letters`,
      },
      consoleUrl: 'http://localhost:8080/',
      graphUrl: 'http://localhost:8003/viz',
    });
    const found = new Map<string, ReadonlySet<string>>();
    for (const rule of rules) found.set(rule.body.name, await groupsOf(rule, END));
    return found;
  } finally {
    await store.close();
  }
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Groups for which the rule would raise an alert at this moment, as Kibana asks for them. */
async function groupsOf({ body }: Rule, at: Date): Promise<ReadonlySet<string>> {
  const { params } = body;
  const from = at.getTime() - params.timeWindowSize * UNIT_MS[params.timeWindowUnit];
  const { query } = JSON.parse(params.esQuery) as { query: unknown };
  const range = { gte: new Date(from).toISOString(), lte: at.toISOString() };
  const answer = (await ask('POST', `${params.index.join(',')}/_search`, {
    size: 0,
    query: { bool: { filter: [query, { range: { [params.timeField]: range } }] } },
    aggs: { groupAgg: { terms: { field: params.termField, size: params.termSize } } },
  })) as { aggregations: { groupAgg: { buckets: { key: string; doc_count: number }[] } } };
  expect(params.thresholdComparator).toBe('>');
  return new Set(
    answer.aggregations.groupAgg.buckets
      .filter(({ doc_count }) => doc_count > params.threshold[0])
      .map(({ key }) => key),
  );
}

describe.skipIf(url === '')(
  "Kibana's rules (skipped unless ELASTICSEARCH_URL is set)",
  async () => {
    const day = await generate();
    afterAll(async () => {
      const indices = Object.keys((await ask('GET', `${run}-*`)) as object);
      if (indices.length > 0) await ask('DELETE', indices.join(','));
      await fetch(`${url}/_index_template/${run}-*`, { method: 'DELETE' });
      await fetch(`${url}/_component_template/${run}-*`, { method: 'DELETE' });
    });

    it('see every attack of their kind, and nobody else', async () => {
      const events = asEvents(day.events);
      const found = await groupsFound('attacks', events);
      const attackers = new Set(
        ['brute_force', 'anomalous_login', 'command_exec'].flatMap((kind) => [
          ...day.attackers(kind),
        ]),
      );
      const bruteForce = found.get('SOC: SSH brute force') ?? new Set();
      expect([...day.attackers('brute_force')].filter((from) => !bruteForce.has(from))).toEqual([]);
      expect([...bruteForce].filter((from) => !attackers.has(from))).toEqual([]);
      const logins = found.get('SOC: anomalous logins');
      expect(logins).toEqual(failedThenSucceeded(events));
      const intruders = brokeIn(day, events);
      for (const attacker of intruders) expect(logins).toContain(attacker);
      const hosts = new Set(
        day.events
          .filter(({ scenario }) => scenario === 'command_exec')
          .map(({ fields }) => fields['hostname']),
      );
      expect(hosts.size).toBeGreaterThan(0);
      expect(found.get('SOC: suspicious commands')).toEqual(hosts);
      expect(day.attackers('brute_force').size).toBeGreaterThan(1);
      expect(intruders.size).toBeGreaterThan(1);
    });

    it('see nothing in normal life but those who cannot type', async () => {
      const life = day.events.filter(({ attackId }) => attackId === undefined);
      const events = asEvents(life);
      expect(events.length).toBeGreaterThan(500);
      const cannotType = failedThenSucceeded(events);
      const calm = events.filter(
        ({ source_ip }) => source_ip === undefined || !cannotType.has(source_ip),
      );
      expect(await groupsFound('life', calm)).toEqual(
        new Map([
          ['SOC: SSH brute force', new Set()],
          ['SOC: suspicious commands', new Set()],
          ['SOC: anomalous logins', new Set()],
        ]),
      );
      const all = await groupsFound('typing', events);
      expect(all.get('SOC: SSH brute force')).toEqual(new Set());
      expect(all.get('SOC: suspicious commands')).toEqual(new Set());
      expect(all.get('SOC: anomalous logins')).toEqual(cannotType);
    });

    it('watch rules that the product has', async () => {
      const rules = await loadRules({ directory: 'rules', overrides: [] });
      const names = rules.map(({ name }) => name);
      const objects = buildObjects({
        space: 'default',
        indices: { events: 'e-*', alerts: 'a', blocks: 'b', deadLetters: 'd' },
        consoleUrl: 'http://localhost:8080/',
        graphUrl: 'http://localhost:8003/viz',
      });
      for (const { body } of objects.rules)
        expect(names).toContain(/"rule_name":"(\w+)"/.exec(body.params.esQuery)?.[1]);
    });
  },
);
