/** Calls between services: JSON over HTTP with a time limit, the answer parsed by a schema. */
import { AppError, LIMITS } from '@mini-soc/model';
import { z } from 'zod';
import { FOR_ADDRESS, FOR_TOKEN } from './on-behalf.ts';
import type { Fetch } from './fetch.ts';
import { BodyTooLong, readBody } from './read-body.ts';

/** The other side did not answer, or not as agreed; `retryable` says whether waiting helps. */
export class ServiceCallError extends AppError {
  readonly statusCode: number | undefined;
  /** What the other side refused, in its own words: fit to be handed on, without where it is. */
  readonly refusal: Refusal | undefined;
  constructor(
    message: string,
    options: { cause?: unknown; retryable: boolean; statusCode?: number; refusal?: Refusal },
  ) {
    super('SERVICE_CALL_FAILED', message, options);
    this.statusCode = options.statusCode;
    this.refusal = options.refusal;
  }
}

export interface Refusal {
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
}

const refusalSchema = z.object({
  error: z.object({ code: z.string().max(64), message: z.string().max(500) }),
});

/** A person for whom a service asks. */
export interface Person {
  /** Absent where no token is set. */
  readonly token?: string;
  readonly address: string;
}

function headersOf({ token, address }: Person): Readonly<Record<string, string>> {
  return { [FOR_ADDRESS]: address, ...(token === undefined ? {} : { [FOR_TOKEN]: token }) };
}

/** An answer beyond this is not read to its end. */
const ANSWER_LIMIT_BYTES = LIMITS.answer_bytes.value;

export interface RequestJsonOptions<Schema extends z.ZodType> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly token: string;
  /** Whole value of the header, for others than our services; goes before the token. */
  readonly authorization?: string;
  /** In whose name a service asks. */
  readonly person?: Person | undefined;
  readonly timeoutMs: number;
  /** Ends the call before. */
  readonly signal?: AbortSignal | undefined;
  readonly answer: Schema;
  /** Another transport than the network, such as createInProcessFetch. */
  readonly fetch?: Fetch | undefined;
}

/** Sends a request and returns the checked answer. Throws ServiceCallError. */
export async function requestJson<Schema extends z.ZodType>(
  url: string,
  options: RequestJsonOptions<Schema>,
): Promise<z.infer<Schema>> {
  const method = options.method ?? 'GET';
  const authorization =
    options.authorization ?? (options.token === '' ? '' : `Bearer ${options.token}`);
  let response: Response;
  let text: string;
  try {
    response = await (options.fetch ?? fetch)(url, {
      method,
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(authorization === '' ? {} : { authorization }),
        ...(options.person === undefined ? {} : headersOf(options.person)),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: endOf(options),
      redirect: 'error',
    });
    text = (await readBody(response, ANSWER_LIMIT_BYTES)).toString('utf8');
  } catch (cause) {
    if (cause instanceof BodyTooLong)
      throw new ServiceCallError(
        `${method} ${url} answered with more than ${ANSWER_LIMIT_BYTES} bytes`,
        { retryable: false },
      );
    throw new ServiceCallError(`Cannot reach ${method} ${url}`, { cause, retryable: true });
  }
  if (!response.ok) {
    throw new ServiceCallError(
      `${method} ${url} answered ${response.status}: ${text.slice(0, 200)}`,
      {
        retryable: response.status >= 500 || response.status === 429,
        statusCode: response.status,
        ...refusalOf(response.status, text),
      },
    );
  }
  try {
    return options.answer.parse(text === '' ? undefined : JSON.parse(text));
  } catch (cause) {
    throw new ServiceCallError(`${method} ${url} answered in an unexpected shape`, {
      cause,
      retryable: false,
      statusCode: response.status,
    });
  }
}

/** Of 400, 403, 404, 409 and the like; 401 is between the services. */
function refusalOf(statusCode: number, text: string): { readonly refusal?: Refusal } {
  if (statusCode < 400 || statusCode >= 500 || statusCode === 401 || statusCode === 429) return {};
  try {
    const { error } = refusalSchema.parse(JSON.parse(text));
    return { refusal: { statusCode, ...error } };
  } catch {
    return {};
  }
}

function endOf({ timeoutMs, signal }: Pick<RequestJsonOptions<z.ZodType>, 'timeoutMs' | 'signal'>) {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}
