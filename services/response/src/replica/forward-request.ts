/** Hands a request on to the process that holds the lease: same method, path, body and token. */
import { LIMITS } from '@mini-soc/model';
import { errorBody, type Fetch } from '@mini-soc/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface ForwardOptions {
  /** Where the holder is reached. */
  readonly url: string | undefined;
  readonly token: string;
  readonly fetch: Fetch;
}

const TIMEOUT_MS = LIMITS.forward_ms.value;
/** Marks a request that was handed on, so that two processes cannot pass it to and fro. */
const MARK = 'x-soc-handed-on';

/** Answers 503 when nobody can at present: the sender asks again. */
export async function forwardRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  options: ForwardOptions,
): Promise<FastifyReply> {
  const { url, token } = options;
  if (url === undefined || request.headers[MARK] !== undefined)
    return reply
      .code(503)
      .send(errorBody('LEASE_PENDING', 'Nobody holds the lease of response yet: ask again'));
  const hasBody = request.body !== undefined && request.body !== null;
  try {
    const answer = await options.fetch(targetOf(url, request.url), {
      method: request.method,
      headers: {
        [MARK]: '1',
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(hasBody ? { body: JSON.stringify(request.body) } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    });
    const text = await answer.text();
    return await reply
      .code(answer.status)
      .type(answer.headers.get('content-type') ?? 'application/json')
      .send(text);
  } catch (err) {
    request.log.info({ err, holder: url }, 'A request could not be handed on');
    return reply
      .code(503)
      .send(
        errorBody('LEASE_PENDING', `The holder of the lease at ${url} does not answer: ask again`),
      );
  }
}

/** Only path and query come from the request: nothing it names can lead the token elsewhere. */
function targetOf(holder: string, requested: string): URL {
  const target = new URL(holder);
  const mark = requested.indexOf('?');
  target.pathname = mark < 0 ? requested : requested.slice(0, mark);
  target.search = mark < 0 ? '' : requested.slice(mark);
  return target;
}
