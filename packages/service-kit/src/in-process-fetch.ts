/**
 * Requests to services that live in this very process, without the network: a host's firewall may
 * drop connections to its own ports, and an alert must not wait for that. Everything else of HTTP stays
 * (token, schemas, status codes), and addresses of other services go out as usual.
 */
import type { Fetch } from './fetch.ts';
import type { HttpApp } from './http-app.ts';

/** `apps` maps an origin such as `http://127.0.0.1:8001` to its app; it may grow later. */
export function createInProcessFetch(apps: ReadonlyMap<string, HttpApp>): Fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const app = apps.get(url.origin);
    if (app === undefined) return fetch(input, init);
    const signal = init.signal ?? undefined;
    const answer = app.inject({
      method: (init.method ?? 'GET') as 'GET',
      url: url.pathname + url.search,
      headers: { host: url.host, ...Object.fromEntries(new Headers(init.headers)) },
      ...(typeof init.body === 'string' ? { payload: init.body } : {}),
    });
    const { statusCode, rawPayload, headers } = await (signal === undefined
      ? answer
      : Promise.race([answer, aborted(signal)]));
    const type = headers['content-type'];
    const hasBody = statusCode !== 204 && statusCode !== 304;
    return new Response(hasBody ? new Uint8Array(rawPayload) : null, {
      status: statusCode,
      headers: typeof type === 'string' ? { 'content-type': type } : {},
    });
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('The request was aborted'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
