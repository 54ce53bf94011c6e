/**
 * What went wrong, in one sentence that names the server and says what to do. The client's own errors
 * are not passed on as causes: they carry the request, and with it the credentials.
 */
import { errors } from '@elastic/elasticsearch';
import { messageOf, StoreError, UsageError } from '@mini-soc/model';

const MAX_REASON = 300;

/** What Elasticsearch says of one failed request or document. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

export function describeFailure(url: string, action: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const refusal = refusalOf(cause);
  return refusal === undefined
    ? new StoreError('STORE_FAILED', `Cannot ${action} at "${url}": ${reachFault(cause)}`, {
        cause: withoutRequest(cause),
        retryable: true,
      })
    : describeRefusal(url, action, refusal);
}

export function describeRefusal(url: string, action: string, refusal: Refusal): StoreError {
  const { status, type, reason } = refusal;
  const said = `${type}: ${cut(reason)}`;
  if (/flood-stage|read-only-allow-delete/.test(reason))
    return new StoreError(
      'STORE_DISK_FULL',
      `Cannot ${action} at "${url}": the server's disk is nearly full (free space there, or keep events for a shorter time)`,
    );
  if (status === 401 || status === 403)
    return new StoreError(
      'STORE_DENIED',
      `Cannot ${action} at "${url}": ${status === 401 ? 'the credentials are refused' : 'the user lacks a privilege'}: ${said}`,
    );
  return new StoreError('STORE_FAILED', `Cannot ${action} at "${url}": ${said}`, {
    cause: new Error(`HTTP ${status}`),
    retryable: status === 408 || status === 429 || status >= 500,
  });
}

/** For the first contact, where a person can act on it. */
export function describeOpening(url: string, cause: unknown): UsageError {
  const refusal = refusalOf(cause);
  const options = { cause: withoutRequest(cause) };
  if (refusal?.status === 401)
    return new UsageError(
      `Cannot open Elasticsearch at "${url}": the credentials are refused (correct the user and password, or the API key)`,
      options,
    );
  if (refusal?.status === 403)
    return new UsageError(
      `Cannot open Elasticsearch at "${url}": the user lacks a privilege (it needs manage_index_templates and monitor on the cluster, and all on our indices): ${cut(refusal.reason)}`,
      options,
    );
  if (refusal !== undefined)
    return new UsageError(
      `Cannot open Elasticsearch at "${url}": HTTP ${refusal.status}: ${refusal.type}: ${cut(refusal.reason)}`,
      { ...options, retryable: refusal.status === 429 || refusal.status >= 500 },
    );
  return new UsageError(`Cannot open Elasticsearch at "${url}": ${reachFault(cause)}`, {
    ...options,
    retryable: !isTlsFault(cause),
  });
}

/** Undefined when the server did not answer at all. */
export function refusalOf(cause: unknown): Refusal | undefined {
  if (!(cause instanceof errors.ResponseError)) return undefined;
  const status = cause.statusCode ?? 0;
  const body = cause.body as
    | { readonly error?: string | { readonly type?: unknown; readonly reason?: unknown } }
    | undefined;
  // A path that the server does not know is told in plain text.
  const { type, reason } =
    typeof body?.error === 'string' ? { type: 'error', reason: body.error } : (body?.error ?? {});
  return {
    status,
    type: typeof type === 'string' ? type : 'error',
    reason: typeof reason === 'string' ? reason : `HTTP ${status}`,
  };
}

function isTlsFault(cause: unknown): boolean {
  return /certificate|self.signed|altname|SSL|TLS|EPROTO/i.test(messageOf(cause));
}

function reachFault(cause: unknown): string {
  const text = messageOf(cause);
  if (cause instanceof errors.ProductNotSupportedError)
    return 'it is not Elasticsearch (correct the URL)';
  if (/wrong version number|EPROTO|packet length/i.test(text))
    return 'it does not speak TLS (write the URL with http, or turn TLS on)';
  if (/altname/i.test(text))
    return 'its certificate is for another name (use the name in the certificate)';
  if (/expired/i.test(text)) return 'its certificate has expired (renew it)';
  if (isTlsFault(cause))
    return 'its certificate is not trusted (give the certificate authority that signed it)';
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return 'the host name is not known (correct the URL)';
  if (/ECONNREFUSED/.test(text))
    return 'nothing listens there (start Elasticsearch, or correct the URL)';
  if (cause instanceof errors.TimeoutError || /timed? ?out/i.test(text))
    return 'it does not answer in time (see whether the server is overloaded)';
  return `the connection failed (see whether the server runs, and whether it wants https): ${cut(text)}`;
}

function withoutRequest(cause: unknown): Error {
  const plain = new Error(cut(messageOf(cause)));
  if (cause instanceof Error) plain.name = cause.name;
  return plain;
}

/** One line, and not much of it: reasons quote documents. */
function cut(text: string): string {
  return (text.split('\n')[0] ?? text).slice(0, MAX_REASON);
}
