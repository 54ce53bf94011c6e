/** Kibana's HTTP API for one space: credentials, repeats of what may succeed later, refusals in words. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS, messageOf, UsageError } from '@mini-soc/model';
import { clip, type Fetch, type Logger, readBody } from '@mini-soc/service-kit';
import { z } from 'zod';

export interface KibanaAddress {
  /** http(s) address, with the base path where Kibana has one. */
  readonly url: string;
  readonly space: string;
  /** Encoded API key; goes before user and password. */
  readonly apiKey: string;
  readonly username: string;
  readonly password: string;
}

export interface KibanaClientOptions {
  readonly address: KibanaAddress;
  readonly logger: Logger;
  /** How to reach it; one that trusts the certificate authority where there is one. */
  readonly fetch: Fetch;
  /** Waits between repeats, milliseconds; one more try than there are waits. */
  readonly retryWaitsMs?: readonly number[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface KibanaCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the space, such as `/api/data_views`. */
  readonly path: string;
  readonly json?: unknown;
  /** A file to upload instead. */
  readonly upload?: { readonly name: string; readonly text: string };
  /** What is being made, for messages: `the data view "SOC alerts"`. */
  readonly what: string;
  /** What to look at first when Kibana fails again and again. */
  readonly hint?: string;
  /** Refusals the caller deals with; any other ends the set-up. */
  readonly expected?: readonly number[];
}

export interface KibanaAnswer {
  readonly status: number;
  /** Parsed JSON; undefined for an empty answer. */
  readonly body: unknown;
  /** What Kibana says of a refusal. */
  readonly message: string;
}

export interface KibanaClient {
  /** Throws UsageError, in one sentence with what to do, for a refusal that is not expected. */
  readonly call: (call: KibanaCall) => Promise<KibanaAnswer>;
  /** One try outside of any space, to find out whether Kibana is there. Rejects without an answer. */
  readonly probe: (path: string) => Promise<KibanaAnswer>;
  readonly url: string;
}

const RETRY_WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000];
const TIMEOUT_MS = 60_000;
const BOUNDARY = 'mini-soc-kibana-setup-b5f1c0d2';

const refusalSchema = z.object({ message: z.string() });

export function createKibanaClient(options: KibanaClientOptions): KibanaClient {
  const { address, logger, signal } = options;
  const waits = options.retryWaitsMs ?? RETRY_WAITS_MS;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const root = address.url.replace(/\/+$/, '');
  const base =
    address.space === 'default' ? root : `${root}/s/${encodeURIComponent(address.space)}`;

  const send = async (url: string, call: Pick<KibanaCall, 'method' | 'json' | 'upload'>) => {
    const { type, body } = bodyOf(call);
    const within = AbortSignal.timeout(timeoutMs);
    const response = await options.fetch(url, {
      method: call.method,
      headers: {
        'kbn-xsrf': 'mini-soc',
        accept: 'application/json',
        ...authorization(address),
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body }),
      // A redirection would carry the credentials away.
      redirect: 'manual',
      signal: signal === undefined ? within : AbortSignal.any([signal, within]),
    });
    return read(
      response.status,
      (await readBody(response, LIMITS.answer_bytes.value)).toString('utf8'),
    );
  };

  return {
    url: root,
    probe: (path) => send(`${root}${path}`, { method: 'GET' }),
    async call(call) {
      let failure = '';
      for (const waitMs of [...waits, undefined]) {
        let answer: KibanaAnswer | undefined;
        try {
          answer = await send(`${base}${call.path}`, call);
        } catch (error) {
          signal?.throwIfAborted();
          failure = `it does not answer (${reasonOf(error)})`;
        }
        if (answer !== undefined) {
          if (answer.status < 300 || call.expected?.includes(answer.status) === true) return answer;
          failure = `it answered ${answer.status}: "${clip(answer.message)}"`;
          if (!mayPass(answer.status))
            throw new UsageError(
              `Cannot make ${call.what} in Kibana at "${root}": ${failure} (${remedy(answer, address)})`,
            );
        }
        if (waitMs === undefined) break;
        logger.warn({ what: call.what, failure, waitMs }, 'Kibana cannot do it yet, trying again');
        await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
      }
      throw new UsageError(
        `Cannot make ${call.what} in Kibana at "${root}": ${failure}, ${waits.length + 1} times (${call.hint === undefined ? '' : `${call.hint}; `}read Kibana's log, then start the set-up again: it goes on where it stopped)`,
        { retryable: true },
      );
    },
  };
}

function authorization({ apiKey, username, password }: KibanaAddress): Record<string, string> {
  if (apiKey !== '') return { authorization: `ApiKey ${apiKey}` };
  if (username === '') return {};
  return {
    authorization: `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`,
  };
}

function bodyOf({ json, upload }: Pick<KibanaCall, 'json' | 'upload'>): {
  readonly type?: string;
  readonly body?: string;
} {
  if (upload !== undefined)
    return {
      type: `multipart/form-data; boundary=${BOUNDARY}`,
      body: [
        `--${BOUNDARY}`,
        `Content-Disposition: form-data; name="file"; filename="${upload.name}"`,
        'Content-Type: application/ndjson',
        '',
        upload.text,
        `--${BOUNDARY}--`,
        '',
      ].join('\r\n'),
    };
  return json === undefined ? {} : { type: 'application/json', body: JSON.stringify(json) };
}

function read(status: number, text: string): KibanaAnswer {
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    return { status, body: undefined, message: text };
  }
  const refusal = refusalSchema.safeParse(body);
  return { status, body, message: refusal.success ? refusal.data.message : text };
}

/** `fetch` hides why it failed in the cause. */
export function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

/** Kibana answers 5xx while it starts, and 429 when Elasticsearch is busy. */
function mayPass(status: number): boolean {
  return status >= 500 || status === 429;
}

function remedy({ status }: KibanaAnswer, { apiKey, username, space }: KibanaAddress): string {
  const own = space === 'default' ? '' : ` in the space "${space}"`;
  switch (status) {
    case 401:
      return apiKey !== ''
        ? 'correct KIBANA_API_KEY'
        : username === ''
          ? 'give KIBANA_USERNAME and KIBANA_PASSWORD, or KIBANA_API_KEY'
          : 'correct KIBANA_USERNAME and KIBANA_PASSWORD';
    case 403:
      return `give the user all privileges on Discover, Dashboard, Visualize Library, Data View Management, Saved Objects Management and Stack Rules${own}`;
    case 301:
    case 302:
    case 307:
    case 308:
    case 404:
      return `correct KIBANA_URL, which needs Kibana's base path where it has one${space === 'default' ? '' : `, and KIBANA_SPACE: the space "${space}" must exist`}`;
    default:
      return 'the set-up is made for Kibana 8.19 and 9: compare the version';
  }
}
