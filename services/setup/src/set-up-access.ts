/** Roles and users of Elasticsearch, one a service, as the table of the installation says. Idempotent. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UsageError } from '@mini-soc/model';
import { requestJson, ServiceCallError, type Fetch } from '@mini-soc/service-kit';
import { z } from 'zod';
import type { ElasticsearchUser, Member } from './installation.ts';

export interface AccessOptions {
  /** Of Elasticsearch. */
  readonly url: string;
  /** The folder that writeSecrets() made. */
  readonly directory: string;
  readonly members: readonly Member[];
  readonly fetch?: Fetch;
}

const TIMEOUT_MS = 20_000;

/**
 * Returns the names of the users. Throws UsageError: credentials refused (not retryable), or Elasticsearch
 * does not answer yet (retryable).
 */
export async function setUpAccess(options: AccessOptions): Promise<readonly string[]> {
  const password = await readSecret(options.directory, 'elastic_password');
  const basic = Buffer.from(`elastic:${password}`).toString('base64');
  const send = async (method: 'GET' | 'PUT', route: string, body?: unknown): Promise<void> => {
    try {
      await requestJson(`${options.url}${route}`, {
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
  await send('GET', '/_security/_authenticate');
  const users = options.members.flatMap(({ user }) => (user === undefined ? [] : [user]));
  for (const user of users) {
    const own = await readSecret(options.directory, `password_${user.name}`);
    if (user.role === undefined && user.builtInRoles === undefined)
      await send('PUT', `/_security/user/${user.name}/_password`, { password: own });
    else await putUser(send, user, own);
  }
  return users.map((user) => user.name);
}

async function putUser(
  send: (method: 'PUT', route: string, body: unknown) => Promise<void>,
  user: ElasticsearchUser,
  password: string,
): Promise<void> {
  if (user.role !== undefined)
    await send('PUT', `/_security/role/${user.name}`, {
      cluster: user.role.cluster,
      indices: user.role.indices,
    });
  await send('PUT', `/_security/user/${user.name}`, {
    password,
    roles: [...(user.role === undefined ? [] : [user.name]), ...(user.builtInRoles ?? [])],
    full_name: 'mini-SOC',
  });
}

async function readSecret(directory: string, name: string): Promise<string> {
  const file = path.join(directory, 'setup', name);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError(`Cannot set up access: ${messageOf(cause)} (run "setup secrets" first)`, {
      cause,
    });
  }
}
