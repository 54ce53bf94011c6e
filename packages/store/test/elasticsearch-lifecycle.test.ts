/**
 * How the store deals with index lifecycle management (ILM). The server is a fake that answers as
 * Elasticsearch 8.19 does: no server with ILM can run in our tests. That a real one without it is survived
 * is tested in elasticsearch.integration.test.ts.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { openElasticsearchStore } from '../src/elasticsearch/index.ts';
import { closeFakes, fakeElasticsearch, type Answer, type Question } from './fake-elasticsearch.ts';

const DAY_MS = 86_400_000;
const POLICY = '/_ilm/policy/soc-logs';
const retry = { attempts: 2, firstMs: 1, longestMs: 1 };
const ACKNOWLEDGED: Answer = { body: { acknowledged: true } };
/** Word for word what 8.19.21 answers on a path it does not know. */
const UNKNOWN: Answer = {
  status: 400,
  body: { error: `no handler found for uri [${POLICY}] and method [PUT]` },
};
const FORBIDDEN: Answer = {
  status: 403,
  body: {
    error: {
      root_cause: [{ type: 'security_exception', reason: 'repeated' }],
      type: 'security_exception',
      reason:
        'action [cluster:admin/ilm/put] is unauthorized for user [soc_detection] with effective roles [soc_detection], this action is granted by the cluster privileges [manage_ilm,manage,all]',
    },
    status: 403,
  },
};

afterEach(closeFakes);

/** A server whose days of events have these policies (none when empty). */
async function serve(policy: Answer, days: Readonly<Record<string, string>> = {}) {
  const asked: Question[] = [];
  const url = await fakeElasticsearch((question) => {
    asked.push(question);
    if (question.path.startsWith('/_ilm')) return policy;
    if (question.method !== 'GET' || !question.path.includes('/_settings')) return undefined;
    const settings = (name: string) => ({
      'index.uuid': 'u',
      ...(name === '' ? {} : { 'index.lifecycle.name': name }),
    });
    return {
      body: Object.fromEntries(
        Object.entries(days).map(([day, name]) => [
          `soc-logs-${day}`,
          { settings: settings(name) },
        ]),
      ),
    };
  });
  const sent = (start: string) =>
    asked
      .filter(({ method, path }) => method === 'PUT' && path.startsWith(start))
      .map(({ path, body }) => ({ path, body: JSON.parse(body || '{}') as unknown }));
  return {
    url,
    asked,
    policies: () => sent('/_ilm'),
    template: () => JSON.stringify(sent('/_component_template/soc-logs')[0]?.body),
    changes: () => sent('/soc-logs-').filter(({ path }) => path.includes('/_settings')),
  };
}

describe('a server with lifecycles', () => {
  it.each([
    [30 * DAY_MS, 32],
    [30 * DAY_MS + 1, 33],
    [3_600_000, 3],
    [1e15, 100_000],
  ])('keeps days two days longer than events of %d ms, in whole days: %d', async (ms, days) => {
    const server = await serve(ACKNOWLEDGED);
    const store = await openElasticsearchStore({ url: server.url, retentionMs: ms });
    expect(store.lifecycle).toEqual({ kind: 'policy', name: 'soc-logs', deleteAfterDays: days });
    expect(server.policies()).toMatchObject([
      {
        path: POLICY,
        body: {
          policy: {
            phases: {
              hot: { min_age: '0ms', actions: {} },
              delete: { min_age: `${days}d`, actions: { delete: {} } },
            },
          },
        },
      },
    ]);
    await store.close();
  });

  it('is given the policy first, then the template that names it, for events alone', async () => {
    const server = await serve(ACKNOWLEDGED);
    await (await openElasticsearchStore({ url: server.url, retentionMs: DAY_MS })).close();
    expect(server.template()).toContain(
      '"lifecycle":{"name":"soc-logs","parse_origination_date":true}',
    );
    const paths = server.asked.map(({ path }) => path);
    expect(paths.indexOf(POLICY)).toBeLessThan(paths.indexOf('/_component_template/soc-logs'));
    const naming = server.asked.filter(({ body }) => body.includes('"lifecycle"'));
    expect(naming.map(({ path }) => path)).toEqual(['/_component_template/soc-logs']);
  });

  it('puts days that have no policy under it, forty at a time, and leaves others alone', async () => {
    const bare = Array.from({ length: 60 }, (_, n) => `20${n + 10}.01.01`);
    const server = await serve(ACKNOWLEDGED, {
      '2026.11.20': 'soc-logs',
      '2026.11.21': 'of-somebody',
      'no-day': '',
      ...Object.fromEntries(bare.map((day) => [day, ''])),
    });
    await (await openElasticsearchStore({ url: server.url, retentionMs: DAY_MS })).close();
    const changes = server.changes();
    const managed = { index: { lifecycle: { name: 'soc-logs', parse_origination_date: true } } };
    expect(changes.map(({ body }) => body)).toEqual([managed, managed]);
    expect(changes[0]?.path).toMatch(/^\/(soc-logs-\d{4}\.01\.01,){39}soc-logs-2049\.01\.01\//);
    const named = changes.flatMap(({ path }) => path.match(/soc-logs-[^,/]+/g) ?? []);
    expect(named).toEqual(bare.map((day) => `soc-logs-${day}`));
  });

  it('is left alone by a store that is told nothing of retention, or prepares nothing', async () => {
    const server = await serve(ACKNOWLEDGED);
    const told = { url: server.url, retentionMs: DAY_MS };
    for (const options of [{ url: server.url }, { ...told, indices: 'expect' as const }]) {
      const store = await openElasticsearchStore(options);
      expect(store.lifecycle).toBeUndefined();
      await store.close();
    }
    expect(server.policies()).toEqual([]);
    expect(server.template()).not.toContain('lifecycle');
  });
});

describe('a server without lifecycles', () => {
  it.each([
    ['a path it does not know', UNKNOWN, 'no handler found for uri'],
    ['a privilege that is missing', FORBIDDEN, 'granted by the cluster privileges [manage_ilm'],
    ['nothing there', { status: 404, body: {} }, 'HTTP 404'],
    [
      'a method that is not allowed',
      { status: 405, body: { error: 'Incorrect HTTP method for uri', status: 405 } },
      'Incorrect HTTP method',
    ],
  ] as const)('is survived: %s', async (_, answer, reason) => {
    const server = await serve(answer, { '2026.11.20': '', '2026.11.21': 'of-somebody' });
    const store = await openElasticsearchStore({ url: server.url, retentionMs: DAY_MS });
    expect(store.lifecycle?.kind).toBe('none');
    expect(store.lifecycle).toMatchObject({ reason: expect.stringContaining(reason) as string });
    expect(server.template()).not.toContain('lifecycle');
    expect(server.changes()).toEqual([]);
    await store.close();
  });

  it('releases the days that still follow our policy, so that none goes too early', async () => {
    const server = await serve(FORBIDDEN, { '2026.11.20': 'soc-logs', '2026.11.21': '' });
    await (await openElasticsearchStore({ url: server.url, retentionMs: DAY_MS })).close();
    expect(server.changes()).toEqual([
      {
        path: '/soc-logs-2026.11.20/_settings?ignore_unavailable=true',
        body: { index: { lifecycle: { name: null, parse_origination_date: null } } },
      },
    ]);
  });
});

describe('a server in trouble', () => {
  it.each([
    [{ status: 503, body: { error: { type: 'master_not_discovered_exception' } } }, true],
    [{ status: 429, body: { error: { type: 'es_rejected_execution_exception' } } }, true],
    [{ status: 401, body: { error: { type: 'security_exception' } } }, false],
    [{ drop: true }, true],
    [{ body: { acknowledged: false } }, true],
  ] as const)(
    'is not taken for one without lifecycles: %j, worth waiting: %s',
    async (answer, retryable) => {
      const server = await serve(answer);
      await expect(
        openElasticsearchStore({ url: server.url, retentionMs: DAY_MS, retry }),
      ).rejects.toMatchObject({ retryable });
      expect(server.template()).toBeUndefined();
    },
  );
});
