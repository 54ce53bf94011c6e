/** Requests to Elasticsearch as its user `elastic`, whose password the folder of secrets has. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UsageError } from '@mini-soc/model';
import { requestJson, ServiceCallError, type Fetch } from '@mini-soc/service-kit';
import { z } from 'zod';

export interface AdminOptions {
  /** Of Elasticsearch. */
  readonly url: string;
  /** The folder that writeSecrets() made. */
  readonly directory: string;
  readonly fetch?: Fetch;
}

export type AskElasticsearch = (
  method: 'GET' | 'PUT' | 'DELETE',
  route: string,
  body?: unknown,
) => Promise<unknown>;

const TIMEOUT_MS = 20_000;

/** The answer is undefined where there is nothing (404). It throws UsageError: credentials refused (not retryable), or no answer yet (retryable). */
export async function createAskElasticsearch(options: AdminOptions): Promise<AskElasticsearch> {
  const password = await readSecret(options.directory, 'elastic_password');
  const basic = Buffer.from(`elastic:${password}`).toString('base64');
  return async (method, route, body) => {
    try {
      return await requestJson(`${options.url}${route}`, {
        method,
        ...(body === undefined ? {} : { body }),
        token: '',
        authorization: `Basic ${basic}`,
        timeoutMs: TIMEOUT_MS,
        fetch: options.fetch,
        answer: z.unknown(),
      });
    } catch (cause) {
      if (!(cause instanceof ServiceCallError)) throw cause;
      const { statusCode } = cause;
      if (statusCode === 404) return undefined;
      if (statusCode === 401)
        throw new UsageError(
          'Cannot set up access: Elasticsearch refuses the password of elastic in the folder of secrets (its data are older than the secrets: restore those that belong to them)',
          { cause },
        );
      const isLater = statusCode === undefined || statusCode === 429 || statusCode >= 500;
      throw new UsageError(`Cannot set up access: ${messageOf(cause)}`, {
        cause,
        retryable: isLater,
      });
    }
  };
}

export async function readSecret(directory: string, name: string): Promise<string> {
  const file = path.join(directory, 'setup', name);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError(`Cannot set up access: ${messageOf(cause)} (run "setup secrets" first)`, {
      cause,
    });
  }
}
