/**
 * As much of Kibana's API as set-up uses, in memory, with the answers its public sources give; for cases
 * that are hard to bring about with a server: failures between two requests, races, a user's changes.
 */
import type { Fetch } from '@mini-soc/service-kit';

type Json = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export interface FakeRequest {
  readonly method: string;
  /** Below the address, with the space. */
  readonly path: string;
  readonly body: string;
  readonly headers: Headers;
}

export interface FakeKibana {
  readonly fetch: Fetch;
  /** `type/id` → attributes, or the data view, or the rule. */
  readonly stored: Map<string, Json>;
  readonly requests: FakeRequest[];
  /** Asked first; what it returns is the answer, a thrown error a broken connection. */
  intercept: (request: FakeRequest) => Answer | undefined;
}

const ok = (body?: unknown): Answer => ({ status: 200, ...(body === undefined ? {} : { body }) });
const refuse = (status: number, message: string): Answer => ({
  status,
  body: { statusCode: status, message },
});

export function createFakeKibana(): FakeKibana {
  const stored = new Map<string, Json>();
  const requests: FakeRequest[] = [];
  let defaultView = '';

  const answer = ({ method, path, body }: FakeRequest): Answer => {
    const json = (): Json => JSON.parse(body) as Json;
    if (path === '/api/status')
      return ok({ version: { number: '8.19.21' }, status: { overall: { level: 'available' } } });
    const view = /^\/api\/data_views\/data_view(?:\/([^/]+))?$/.exec(path);
    if (view !== null) {
      const wanted = method === 'GET' ? {} : (json()['data_view'] as Json);
      if (view[1] === undefined) return createView(wanted);
      const found = stored.get(`view/${view[1]}`);
      if (found === undefined) return refuse(404, 'not found');
      if (method !== 'GET') stored.set(`view/${view[1]}`, { ...found, ...wanted });
      return ok({ data_view: stored.get(`view/${view[1]}`) });
    }
    if (path === '/api/data_views/default') {
      if (method === 'POST') defaultView = String(json()['data_view_id']);
      return ok(method === 'POST' ? { acknowledged: true } : { data_view_id: defaultView });
    }
    if (path === '/api/saved_objects/_import?overwrite=true') return importLines(body);
    const rule = /^\/api\/alerting\/rule\/([^/]+)$/.exec(path);
    if (rule !== null) return onRule(method, rule[1] ?? '', json);
    return refuse(404, 'Not Found');
  };

  const createView = (wanted: Json): Answer => {
    const views = [...stored].filter(([key]) => key.startsWith('view/'));
    if (views.some(([, found]) => found['name'] === wanted['name']))
      return refuse(400, `Duplicate data view: ${String(wanted['name'])}`);
    stored.set(`view/${String(wanted['id'])}`, wanted);
    return ok({ data_view: wanted });
  };

  const importLines = (body: string): Answer => {
    const lines = body.split('\r\n').flatMap((part) => part.split('\n'));
    const objects = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { type: string; id: string; attributes: Json });
    const successResults = objects.map(({ type, id, attributes }) => {
      const overwrite = stored.has(`${type}/${id}`);
      stored.set(`${type}/${id}`, attributes);
      return { type, id, ...(overwrite ? { overwrite } : {}) };
    });
    return ok({ success: true, successCount: objects.length, successResults, warnings: [] });
  };

  const onRule = (method: string, id: string, json: () => Json): Answer => {
    const found = stored.get(`rule/${id}`);
    if (method === 'POST') {
      if (found !== undefined) return refuse(409, 'conflict');
      stored.set(`rule/${id}`, { id, ...json() });
    } else if (found === undefined) return refuse(404, 'not found');
    else if (method === 'PUT') stored.set(`rule/${id}`, { ...found, ...json() });
    return ok(stored.get(`rule/${id}`));
  };

  const fake: FakeKibana = {
    stored,
    requests,
    intercept: () => undefined,
    fetch: async (input, init) => {
      const url = new URL(input);
      const request = {
        method: init?.method ?? 'GET',
        path: url.pathname + url.search,
        body: typeof init?.body === 'string' ? init.body : '',
        headers: new Headers(init?.headers),
      };
      requests.push(request);
      const { status, body } = fake.intercept(request) ?? answer(request);
      return new Response(
        body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
        { status },
      );
    },
  };
  return fake;
}
