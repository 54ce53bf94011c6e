/**
 * Sensors' users on a real Elasticsearch with security: what one may do is add events of its own, and everything with
 * which it could forge, stop or flood what others sent is refused, each request by its status. Who sent an event the
 * server says. The table of requests is printed. ES_TOOL starts the server; skipped without it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTrustingFetch, type Fetch } from '@mini-soc/service-kit';
import {
  addSensor,
  createAskElasticsearch,
  listSensors,
  MEMBERS,
  revokeSensor,
  runSensorCommand,
  setUpAccess,
  writeSecrets,
  type AskElasticsearch,
} from '@mini-soc/setup';
import { openElasticsearchStore, type ElasticsearchStore } from '@mini-soc/store/elasticsearch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ES_TOOL, startServer, type TestServer } from './filebeat-process.ts';

const PORT = Number(process.env['SENSORS_TEST_PORT'] ?? 9391);
const LONG_MS = 300_000;
const DAY_MS = 86_400_000;
const NOW_MS = Date.now();
const dayAt = (atMs: number) =>
  `soc-logs-${new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '.')}`;
const TODAY = dayAt(NOW_MS);
const VICTIM = 'of-web02';

/** What a shipper sends of a failed login. */
const failedLogin = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  '@timestamp': new Date(NOW_MS).toISOString(),
  event_id: id,
  message: 'Failed password for root from 203.0.113.9 port 22 ssh2',
  log_type: 'auth',
  action: 'ssh_login',
  status: 'failure',
  source_ip: '203.0.113.9',
  hostname: 'web01',
  program: 'sshd',
  ...more,
});

const bulkSchema = z.object({
  items: z.array(z.record(z.string(), z.object({ status: z.number() }))).optional(),
});

type Ask = readonly [what: string, method: string, route: string, body?: unknown];

/** Each must be refused, as 403 and nothing else: it is no right of the sensor's, whatever is there. */
const REFUSED: readonly Ask[] = [
  // Forge: others' events, alerts, decisions, states, and what the server says of who sent.
  ['overwrite an event', 'PUT', `/${TODAY}/_doc/${VICTIM}`, failedLogin(VICTIM)],
  [
    'overwrite by a script or part',
    'POST',
    `/${TODAY}/_update/${VICTIM}`,
    { doc: { status: 'success' } },
  ],
  ['delete an event', 'DELETE', `/${TODAY}/_doc/${VICTIM}`],
  ['write an alert', 'PUT', '/soc-alerts/_create/forged', {}],
  ['write the audit trail', 'PUT', '/soc-blocked-ips/_create/forged', {}],
  ['write a state of detection', 'PUT', '/soc-state/_create/forged', {}],
  ['change the pipeline', 'PUT', '/_ingest/pipeline/soc-sensor', { processors: [] }],
  ['delete the pipeline', 'DELETE', '/_ingest/pipeline/soc-sensor'],
  [
    'leave out the pipeline for a day',
    'PUT',
    `/${TODAY}/_settings`,
    { index: { final_pipeline: '_none' } },
  ],
  [
    'make a user',
    'PUT',
    '/_security/user/soc_sensor_web03',
    { password: 'x'.repeat(20), roles: ['superuser'] },
  ],
  ['change the role', 'PUT', '/_security/role/soc_sensor', { cluster: ['all'] }],
  ['make a key with more rights', 'POST', '/_security/api_key', { name: 'more' }],
  // Stop: what others need to write or read.
  ['delete a day', 'DELETE', `/${TODAY}`],
  ['close a day', 'POST', `/${TODAY}/_close`],
  ['make a day read-only', 'PUT', `/${TODAY}/_block/write`],
  ['change a mapping', 'PUT', `/${TODAY}/_mapping`, { properties: { more: { type: 'keyword' } } }],
  ['change the template', 'PUT', '/_component_template/soc-logs', { template: {} }],
  [
    'make a template that goes before it',
    'PUT',
    '/_index_template/mine',
    { index_patterns: ['soc-logs-*'], priority: 999 },
  ],
  ['delete a template', 'DELETE', '/_index_template/soc-logs'],
  [
    'change a setting of the cluster',
    'PUT',
    '/_cluster/settings',
    { persistent: { 'cluster.blocks.read_only': true } },
  ],
  [
    'point an alias at a day',
    'POST',
    '/_aliases',
    { actions: [{ add: { index: TODAY, alias: 'mine' } }] },
  ],
  // Flood: indices without bound, searches, merges.
  ['make an index of any name', 'PUT', '/mine'],
  ['make a day', 'PUT', '/soc-logs-1999.01.01'],
  ['make a day by writing', 'PUT', '/soc-logs-1999.01.01/_create/one', failedLogin('one')],
  ['make an index by writing', 'PUT', '/soc-logs-mine/_create/one', failedLogin('one')],
  ['copy a day', 'PUT', `/${TODAY}/_clone/mine`],
  ['merge a day', 'POST', `/${TODAY}/_forcemerge`],
  ['refresh without end', 'POST', `/${TODAY}/_refresh`],
  // Look: what others sent, what there is.
  ['read an event', 'GET', `/${TODAY}/_doc/${VICTIM}`],
  ['search events', 'POST', `/${TODAY}/_search`, {}],
  ['search alerts', 'POST', '/soc-alerts/_search', {}],
  ['read the trail', 'GET', '/soc-blocked-ips/_count'],
  ['read dead letters', 'GET', '/soc-dead-letters/_count'],
  ['list users', 'GET', '/_security/user'],
  ['list indices', 'GET', '/_cat/indices'],
  ['list tasks', 'GET', '/_tasks'],
  ['look at the state of the cluster', 'GET', '/_cluster/state'],
];

describe.skipIf(!existsSync(ES_TOOL))(
  'sensors on a real Elasticsearch (skipped without ES_TOOL)',
  () => {
    let server: TestServer;
    let store: ElasticsearchStore;
    let fetchTrusting: Fetch;
    let asAdmin: AskElasticsearch;
    const folder = mkdtempSync(path.join(tmpdir(), 'soc-sensors-'));
    const passwords = new Map<string, string>();

    const ask = async (
      sensor: string,
      method: string,
      route: string,
      body?: unknown,
    ): Promise<{ readonly status: number; readonly answer: unknown }> => {
      const who = `soc_sensor_${sensor}:${passwords.get(sensor) ?? ''}`;
      const answer = await fetchTrusting(`${server.url}${route}`, {
        method,
        headers: {
          authorization: `Basic ${Buffer.from(who).toString('base64')}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: answer.status, answer: await answer.json() };
    };
    /** Statuses of the items of a bulk request: kind of item, index, id, document. */
    const bulk = async (
      sensor: string,
      items: readonly (readonly [kind: string, index: string, id: string, document: object])[],
      query = '',
    ): Promise<readonly (number | undefined)[]> => {
      const { answer } = await ask(
        sensor,
        'POST',
        `/_bulk${query}`,
        items
          .map(([kind, _index, _id, document]) => [{ [kind]: { _index, _id } }, document])
          .flat()
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(''),
      );
      const found = bulkSchema.parse(answer).items ?? [];
      return found.map((item) => Object.values(item)[0]?.status);
    };
    const create = async (sensor: string, event: Readonly<Record<string, unknown>>) =>
      (await bulk(sensor, [['create', TODAY, String(event['event_id']), event]]))[0];
    const read = async () => {
      await server.client.indices.refresh({ index: 'soc-logs-*' });
      return store.searchEvents({ size: 100, order: 'oldest' });
    };
    const find = async (id: string) => (await read()).find((event) => event.event_id === id);

    beforeAll(async () => {
      server = startServer(`sensors-${process.pid}`, PORT);
      await writeSecrets({
        directory: folder,
        members: MEMBERS,
        consoleNames: [],
        now: new Date(),
        setOwners: false,
      });
      const elastic = path.join(folder, 'setup', 'elastic_password');
      rmSync(elastic);
      writeFileSync(elastic, server.password);
      const ca = readFileSync(server.caFile, 'utf8');
      fetchTrusting = createTrustingFetch(ca);
      const admin = { url: server.url, directory: folder, fetch: fetchTrusting };
      await setUpAccess({ ...admin, members: MEMBERS });
      asAdmin = await createAskElasticsearch(admin);
      const password = readFileSync(path.join(folder, 'setup', 'password_soc_detection'), 'utf8');
      store = await openElasticsearchStore({
        url: server.url,
        auth: { username: 'soc_detection', password },
        ca,
        retentionMs: 30 * DAY_MS,
      });
      for (const name of ['web01', 'web02'])
        passwords.set(name, (await addSensor(asAdmin, { name, hosts: [] })).password);
      await create('web02', failedLogin(VICTIM, { hostname: 'web02' }));
    }, LONG_MS);

    afterAll(async () => {
      await store?.close();
      server?.wipe();
      rmSync(folder, { recursive: true, force: true });
    }, LONG_MS);

    it('lets it greet, and add events and dead letters', async () => {
      expect((await ask('web01', 'GET', '/')).status).toBe(200);
      const letter = { '@timestamp': new Date(NOW_MS).toISOString(), message: 'x' };
      const statuses = await bulk('web01', [
        ['create', TODAY, 'own', failedLogin('own')],
        ['create', 'soc-dead-letters', 'letter', letter],
        ['create', TODAY, VICTIM, failedLogin(VICTIM)],
        ['index', TODAY, VICTIM, failedLogin(VICTIM)],
        ['update', TODAY, VICTIM, { doc: { status: 'success' } }],
        ['create', 'soc-alerts', 'forged', {}],
        ['create', 'soc-blocked-ips', 'forged', {}],
        ['create', 'soc-state', 'forged', {}],
        ['create', 'mine', 'one', {}],
        ['create', 'soc-logs-1999.01.01', 'old', failedLogin('old')],
        ['create', dayAt(NOW_MS - 29 * DAY_MS), 'late', failedLogin('late')],
        ['create', dayAt(NOW_MS + 7 * DAY_MS), 'early', failedLogin('early')],
        ['create', dayAt(NOW_MS + 8 * DAY_MS), 'too-early', failedLogin('too-early')],
      ]);
      expect(statuses).toEqual([201, 201, 409, 403, 403, 403, 403, 403, 403, 403, 201, 201, 403]);
      const gone = `${JSON.stringify({ delete: { _index: TODAY, _id: VICTIM } })}\n`;
      const { answer } = await ask('web01', 'POST', '/_bulk', gone);
      expect(bulkSchema.parse(answer).items?.[0]?.['delete']?.status).toBe(403);
    });

    it('refuses every request that could forge, stop or flood others', async () => {
      const answered: (readonly [string, number])[] = [];
      for (const [what, method, route, body] of REFUSED)
        answered.push([what, (await ask('web01', method, route, body)).status]);
      process.stderr.write(
        `${answered.map(([what, status]) => `${status}  ${what}`).join('\n')}\n`,
      );
      expect(answered).toEqual(REFUSED.map(([what]) => [what, 403]));
      expect((await find(VICTIM))?.status).toBe('failure');
    });

    it('says who sent an event, whatever the sensor claims', async () => {
      const forged = {
        ...failedLogin('forged', { hostname: 'web02', sensor: 'web02', flags: ['self_test'] }),
        shipped_by: { username: 'soc_sensor_web02', metadata: { hosts: ['web02'] } },
      };
      const routes = ['', '?pipeline=_none'];
      for (const [at, query] of routes.entries()) {
        const id = `forged-${at}`;
        const item = ['create', TODAY, id, { ...forged, event_id: id }] as const;
        expect(await bulk('web01', [item], query)).toEqual([201]);
      }
      for (const at of routes.keys())
        expect(await find(`forged-${at}`)).toMatchObject({
          sensor: 'web01',
          flags: ['other_host'],
        });
      expect(await find(VICTIM)).toMatchObject({ sensor: 'web02', hostname: 'web02' });
      expect((await find(VICTIM))?.flags).toBeUndefined();
      expect((await find('forged-0')) as object).not.toHaveProperty('shipped_by');
    });

    it('stops nobody who reads by what no event looks like', async () => {
      const odd = [
        { event_id: 'odd-1', flags: 5, extra: { a: 1 }, unheard_of: { of: 1 } },
        { event_id: 'odd-2', message: 5 },
        { event_id: 'odd-3', status: 'perhaps' },
      ];
      for (const more of odd)
        expect(await create('web01', { ...failedLogin(more.event_id), ...more })).toBe(201);
      expect(await find('odd-1')).toEqual({
        ...failedLogin('odd-1'),
        extra: { a: 1 },
        sensor: 'web01',
      });
      expect(await find('odd-2')).toBeUndefined();
      expect(await find('odd-3')).toBeUndefined();
    });

    it('lets a sensor speak for the hosts it was made for', async () => {
      const said = await runSensorCommand(asAdmin, ['add', 'relay', 'db01', 'db02.example.net']);
      passwords.set('relay', /^ELASTICSEARCH_PASSWORD=(\S+)$/m.exec(said)?.[1] ?? '');
      const hosts = ['db01', 'DB01.example.net', 'db02.example.net', 'db02', 'relay'];
      for (const [at, hostname] of hosts.entries())
        expect(await create('relay', failedLogin(`relay-${at}`, { hostname }))).toBe(201);
      const flags = [];
      for (const at of hosts.keys()) flags.push((await find(`relay-${at}`))?.flags);
      expect(flags).toEqual([undefined, undefined, undefined, ['other_host'], ['other_host']]);
      expect((await listSensors(asAdmin)).map(({ name }) => name)).toEqual([
        'relay',
        'web01',
        'web02',
      ]);
    });

    it('is refused once it is revoked, alone', async () => {
      await revokeSensor(asAdmin, 'web01');
      expect((await ask('web01', 'POST', '/_bulk', '{}\n')).status).toBe(401);
      expect((await ask('web01', 'GET', '/')).status).toBe(401);
      expect(await create('web02', failedLogin('still', { hostname: 'web02' }))).toBe(201);
      await expect(revokeSensor(asAdmin, 'web01')).rejects.toThrow('there is none of that name');
      await expect(addSensor(asAdmin, { name: '../x', hosts: [] })).rejects.toThrow('lower-case');
    });
  },
);
