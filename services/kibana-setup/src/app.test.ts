import { UsageError } from '@mini-soc/model';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeKibana, type FakeKibana } from '../test/fake-kibana.ts';
import { buildObjects, describeReport, INDICES, setUpKibana, type SetUpReport } from './app.ts';

const URL = 'http://kibana.example:5601';
const INSTALLATION = {
  indices: INDICES,
  consoleUrl: 'http://localhost:8080/',
  graphUrl: 'http://localhost:8003/viz',
};
const OBJECTS = buildObjects({ ...INSTALLATION, space: 'default' });
const RULE_ID = OBJECTS.rules[0]?.id ?? '';

let kibana: FakeKibana;
beforeEach(() => {
  kibana = createFakeKibana();
});

interface Changes {
  readonly space?: string;
  readonly username?: string;
  readonly password?: string;
  readonly apiKey?: string;
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** A clock that moves a second each time it is read, so that waiting takes no time. */
function setUp(changes: Changes = {}): Promise<SetUpReport> {
  let nowMs = 0;
  const { space = 'default', username = '', password = '', apiKey = '' } = changes;
  return setUpKibana({
    address: { url: URL, space, username, password, apiKey },
    installation: INSTALLATION,
    waitMs: changes.waitMs ?? 60_000,
    logger: pino({ level: 'silent' }),
    now: () => new Date((nowMs += 1000)),
    everyMs: 0,
    retryWaitsMs: [0, 0],
    fetch: kibana.fetch,
    ...(changes.signal === undefined ? {} : { signal: changes.signal }),
  });
}

async function failure(changes: Changes = {}): Promise<string> {
  const error = await setUp(changes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UsageError);
  const { message } = error as UsageError;
  expect(message).not.toContain('\n');
  return message;
}

const writes = () =>
  kibana.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);

describe('setUpKibana()', () => {
  it('makes everything, and says so in one line', async () => {
    const report = await setUp();
    expect(describeReport(report)).toBe(
      'Kibana 8.19.21 is set up: data views 4 created, 0 updated, 0 unchanged; dashboard and charts 12 created, 0 written anew; alerting rules 3 created, 0 updated, 0 unchanged',
    );
    expect(kibana.stored.size).toBe(4 + 12 + 3);
    expect(kibana.requests.every(({ headers }) => headers.get('kbn-xsrf') !== null)).toBe(true);
  });

  it('changes nothing when it is run again', async () => {
    await setUp();
    const before = structuredClone([...kibana.stored]);
    kibana.requests.length = 0;
    const report = await setUp();
    expect([...kibana.stored]).toEqual(before);
    expect(report).toMatchObject({
      dataViews: { created: 0, updated: 0, unchanged: 4 },
      defaultDataView: 'unchanged',
      library: { created: 0, overwritten: 12 },
      rules: { created: 0, updated: 0, unchanged: 3 },
    });
    expect(writes()).toEqual(['POST /api/saved_objects/_import?overwrite=true']);
  });

  it.each(Array.from({ length: 19 }, (_, index) => [index + 1]))(
    'finishes what a run left that broke off at request %i',
    async (broken) => {
      await setUp();
      const whole = structuredClone([...kibana.stored]);
      kibana = createFakeKibana();
      let count = 0;
      kibana.intercept = ({ path }) => {
        if (path === '/api/status') return undefined;
        count += 1;
        return count === broken ? { status: 403, body: { message: 'no' } } : undefined;
      };
      await setUp().catch(() => undefined);
      kibana.intercept = () => undefined;
      await setUp();
      expect(new Map(kibana.stored)).toEqual(new Map(whole));
    },
  );

  it('corrects what was changed in our objects and keeps what a user added to them', async () => {
    await setUp();
    const action = { id: 'c1', group: 'query matched', params: { message: 'x' }, uuid: 'u1' };
    const rule = kibana.stored.get(`rule/${RULE_ID}`);
    kibana.stored.set(`rule/${RULE_ID}`, {
      ...rule,
      enabled: false,
      schedule: { interval: '9m' },
      // Kibana names the kind of connector, and refuses to be told.
      actions: [{ ...action, connector_type_id: '.server-log' }],
    });
    const view = kibana.stored.get('view/soc-alerts');
    kibana.stored.set('view/soc-alerts', {
      ...view,
      title: 'other',
      name: 'Mine',
      fieldFormats: 1,
    });
    expect(await setUp()).toMatchObject({ dataViews: { updated: 1 }, rules: { updated: 1 } });
    expect(kibana.stored.get(`rule/${RULE_ID}`)).toMatchObject({
      enabled: false,
      schedule: { interval: '1m' },
      actions: [action],
    });
    expect(kibana.requests.find(({ method }) => method === 'PUT')?.body).not.toContain(
      'connector_type_id',
    );
    expect(kibana.stored.get('view/soc-alerts')).toMatchObject({
      title: 'soc-alerts',
      name: 'Mine',
      fieldFormats: 1,
    });
  });

  it("leaves a user's objects and default data view as they are", async () => {
    const own = { id: 'mine', title: 'x-*', name: 'SOC alerts' };
    kibana.stored.set('view/mine', own);
    kibana.stored.set('dashboard/mine', { title: 'SOC Overview' });
    kibana.intercept = ({ method, path }) =>
      path === '/api/data_views/default' && method === 'GET'
        ? { status: 200, body: { data_view_id: 'mine' } }
        : undefined;
    const report = await setUp();
    expect(report.defaultDataView).toBe('unchanged');
    expect(kibana.stored.get('view/mine')).toEqual(own);
    expect(kibana.stored.get('dashboard/mine')).toEqual({ title: 'SOC Overview' });
    // Kibana allows a name once: ours gets another one.
    expect(kibana.stored.get('view/soc-alerts')).toMatchObject({ name: 'SOC alerts (mini-SOC)' });
    expect(writes()).not.toContain('POST /api/data_views/default');
    expect(await setUp()).toMatchObject({ dataViews: { created: 0, unchanged: 4 } });
  });

  it('never asks Kibana to override a data view, which would delete another', async () => {
    await setUp();
    const asked = kibana.requests.filter(({ path }) => path.startsWith('/api/data_views'));
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.filter(({ body }) => body.includes('override'))).toEqual([]);
  });

  it('takes what another run made meanwhile', async () => {
    let hidden = true;
    kibana.intercept = ({ method, path }) => {
      if (!hidden || method !== 'GET' || !path.includes('/api/alerting/rule/')) return undefined;
      // The rule is there by the time ours is sent.
      hidden = false;
      kibana.stored.set(`rule/${RULE_ID}`, { id: RULE_ID, ...OBJECTS.rules[0]?.body });
      return { status: 404, body: { message: 'not found' } };
    };
    expect(await setUp()).toMatchObject({ rules: { created: 2, updated: 0, unchanged: 1 } });
  });

  it('waits until Kibana is ready, through refusals, other pages and a level below available', async () => {
    const states = [
      () => {
        throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      },
      () => ({ status: 503, body: 'Kibana server is not ready yet' }),
      () => ({ status: 503, body: { status: { overall: { level: 'critical', summary: 'x' } } } }),
      () => ({ status: 200, body: { status: { overall: { level: 'degraded' } } } }),
    ];
    kibana.intercept = ({ path }) => (path === '/api/status' ? states.shift()?.() : undefined);
    expect(await setUp()).toMatchObject({ dataViews: { created: 4 } });
    expect(kibana.requests.filter(({ path }) => path === '/api/status')).toHaveLength(5);
  });

  it('ends when Kibana is not ready in time, with what it saw last', async () => {
    kibana.intercept = () => ({
      status: 503,
      body: { status: { overall: { level: 'critical', summary: 'Elasticsearch is down' } } },
    });
    expect(await failure({ waitMs: 5000 })).toBe(
      `Cannot set up Kibana: "${URL}" was not ready within 5s: it is critical ("Elasticsearch is down") (look at Kibana's log, correct KIBANA_URL or KIBANA_CA_FILE, or raise KIBANA_WAIT)`,
    );
  });

  it('repeats what Kibana could not do at that moment', async () => {
    const seen = new Map<string, number>();
    kibana.intercept = ({ method, path }) => {
      const key = `${method} ${path}`;
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      if (path === '/api/status' || times > 1) return undefined;
      if (path.includes('rule')) throw new TypeError('fetch failed');
      return { status: [500, 503, 429][seen.size % 3] ?? 500, body: { message: 'busy' } };
    };
    await setUp();
    expect(kibana.stored.size).toBe(19);
  });

  it('ends when Kibana fails again and again', async () => {
    kibana.intercept = ({ path }) =>
      path.includes('/rule/') ? { status: 500, body: { message: 'no encryption key' } } : undefined;
    expect(await failure()).toBe(
      `Cannot make the alerting rule "SOC: SSH brute force" in Kibana at "${URL}": it answered 500: "no encryption key", 3 times (alerting rules need xpack.encryptedSavedObjects.encryptionKey in kibana.yml; read Kibana's log, then start the set-up again: it goes on where it stopped)`,
    );
  });

  it.each([
    [{}, 401, 'give KIBANA_USERNAME and KIBANA_PASSWORD, or KIBANA_API_KEY'],
    [{ username: 'u', password: 'hunter2' }, 401, 'correct KIBANA_USERNAME and KIBANA_PASSWORD'],
    [{ apiKey: 'hunter2' }, 401, 'correct KIBANA_API_KEY'],
    [{}, 403, 'Stack Rules'],
    [{ space: 'team' }, 403, 'in the space "team"'],
    [{ space: 'team' }, 302, 'the space "team" must exist'],
    [{}, 418, 'Kibana 8.19 and 9'],
  ])('with %j says what to do about %i', async (changes, status, hint) => {
    kibana.intercept = ({ path }) =>
      path === '/api/status' ? undefined : { status, body: { message: 'Refused' } };
    const message = await failure(changes);
    expect(message).toContain(`it answered ${status}: "Refused"`);
    expect(message).toContain(hint);
    expect(message).not.toContain('hunter2');
  });

  it('sends credentials, the key before the password', async () => {
    await setUp({ username: 'u', password: 'p:ä' });
    const basic = `Basic ${Buffer.from('u:p:ä').toString('base64')}`;
    expect(new Set(kibana.requests.map(({ headers }) => headers.get('authorization')))).toEqual(
      new Set([basic]),
    );
    kibana.requests.length = 0;
    await setUp({ username: 'u', password: 'p', apiKey: 'k' });
    expect(kibana.requests[0]?.headers.get('authorization')).toBe('ApiKey k');
  });

  it('asks below the space', async () => {
    kibana.intercept = ({ path }) => {
      if (path !== '/api/status') expect(path).toMatch(/^\/s\/team-a\/api\//);
      return path === '/api/status' ? undefined : { status: 403, body: { message: 'stop' } };
    };
    expect(await failure({ space: 'team-a' })).toContain('stop');
    expect(kibana.requests).toHaveLength(2);
  });

  it('names what the import did not take', async () => {
    kibana.intercept = ({ path }) =>
      path.includes('_import')
        ? {
            status: 200,
            body: {
              success: false,
              successCount: 10,
              errors: [
                {
                  type: 'lens',
                  id: 'soc-rules',
                  error: {
                    type: 'missing_references',
                    references: [{ type: 'index-pattern', id: 'soc-alerts' }],
                  },
                },
                { type: 'search', id: 's', error: { type: 'unknown', message: 'broken' } },
              ],
            },
          }
        : undefined;
    const message = await failure();
    expect(message).toContain('10 of 12 were taken');
    expect(message).toContain('lens "soc-rules": missing_references (index-pattern "soc-alerts")');
    expect(message).toContain('search "s": unknown (broken)');
  });

  it('does not take a web page for Kibana', async () => {
    kibana.intercept = ({ path }) =>
      path === '/api/status' ? undefined : { status: 200, body: '<html>' };
    expect(await failure()).toContain('check that KIBANA_URL leads to Kibana');
  });

  it('stops at once when it is told to', async () => {
    const stopping = new AbortController();
    kibana.intercept = () => {
      stopping.abort();
      return { status: 503, body: 'Kibana server is not ready yet' };
    };
    await expect(setUp({ signal: stopping.signal })).rejects.toThrow('aborted');
    expect(kibana.requests).toHaveLength(1);
  });
});
