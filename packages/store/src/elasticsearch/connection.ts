/** Requests to one Elasticsearch, repeated with growing pauses while waiting can help. */
import { Client } from '@elastic/elasticsearch';
import { backoffMs, StoreError, UsageError } from '@mini-soc/model';
import { describeFailure } from './describe-failure.ts';

export type ElasticsearchAuth =
  { readonly apiKey: string } | { readonly username: string; readonly password: string };

export interface RetryPolicy {
  /** Tries of one request, the first one included. */
  readonly attempts: number;
  /** Pause before the second try, milliseconds; doubles each time up to `longestMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 6, firstMs: 200, longestMs: 5000 };

export interface Request {
  /** What is done, to follow "Cannot": `store events`. */
  readonly action: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Lines of JSON, for `_bulk` and `_msearch`. */
  readonly lines?: string;
  /** Statuses that are answers, not failures. */
  readonly expected?: readonly number[];
}

export interface Connection {
  /** The server's address without credentials. */
  readonly url: string;
  /** Throws StoreError, after the tries the policy allows where another one could help. */
  readonly send: <Response>(request: Request) => Promise<Response>;
  /** One try; throws what the client throws. */
  readonly sendOnce: <Response>(request: Request) => Promise<Response>;
  /** Waits before try number `attempt` (from 1) of the policy; false when there are no more. */
  readonly pause: (attempt: number) => Promise<boolean>;
  /** Idempotent. */
  readonly close: () => Promise<void>;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly auth?: ElasticsearchAuth | undefined;
  readonly ca?: string | undefined;
  readonly retry: RetryPolicy;
  readonly requestTimeoutMs: number;
}

/** Opens nothing yet. Throws UsageError for an address that is none. */
export function createConnection(options: ConnectionOptions): Connection {
  const { url, auth } = splitCredentials(options.url, options.auth);
  const client = new Client({
    node: url,
    ...(auth === undefined ? {} : { auth: { ...auth } }),
    ...(options.ca === undefined ? {} : { tls: { ca: options.ca } }),
    maxRetries: 0,
    requestTimeout: options.requestTimeoutMs,
    // Documents come back as they were written, whatever their keys are called.
    disablePrototypePoisoningProtection: true,
  });
  let closed = false;

  const sendOnce = async <Response>(request: Request): Promise<Response> => {
    if (closed) throw new StoreError('STORE_CLOSED', 'Cannot use the store: it is closed');
    return client.transport.request<Response>(
      {
        method: request.method,
        path: request.path,
        ...(request.query === undefined ? {} : { querystring: { ...request.query } }),
        ...(request.body === undefined ? {} : { body: { ...request.body } }),
        ...(request.lines === undefined ? {} : { bulkBody: request.lines }),
      },
      { ignore: [...(request.expected ?? [])] },
    );
  };
  const pause = async (attempt: number): Promise<boolean> => {
    const { attempts, firstMs, longestMs } = options.retry;
    if (attempt >= attempts || closed) return false;
    const longest = backoffMs(attempt, { firstMs, longestMs });
    await new Promise((resolve) => {
      setTimeout(resolve, longest * (0.5 + Math.random() / 2));
    });
    return true;
  };
  return {
    url,
    sendOnce,
    pause,
    async send<Response>(request: Request) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await sendOnce<Response>(request);
        } catch (cause) {
          const failure = describeFailure(url, request.action, cause);
          if (!failure.retryable || !(await pause(attempt))) throw failure;
        }
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await client.close();
    },
  };
}

/** Credentials may stand in the address; they never leave this function in an address. */
function splitCredentials(
  text: string,
  auth: ElasticsearchAuth | undefined,
): { readonly url: string; readonly auth: ElasticsearchAuth | undefined } {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new UsageError(
      `Cannot open Elasticsearch: expected an http(s) URL such as http://localhost:9200: current value is "${text.replace(/\/\/[^/]*@/, '//')}"`,
    );
  const found =
    parsed.username === ''
      ? undefined
      : {
          username: decodeURIComponent(parsed.username),
          password: decodeURIComponent(parsed.password),
        };
  parsed.username = '';
  parsed.password = '';
  return { url: parsed.href.replace(/\/$/, ''), auth: auth ?? found };
}
