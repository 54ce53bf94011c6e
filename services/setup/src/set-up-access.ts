/** Roles and users of Elasticsearch, one a service, as the table of the installation says. Idempotent. */
import {
  createAskElasticsearch,
  readSecret,
  type AdminOptions,
  type AskElasticsearch,
} from './ask-elasticsearch.ts';
import type { ElasticsearchUser, Member } from './installation.ts';
import { setUpSensors } from './sensors.ts';

export interface AccessOptions extends AdminOptions {
  readonly members: readonly Member[];
}

/**
 * Returns the names of the users. Throws UsageError: credentials refused (not retryable), or Elasticsearch
 * does not answer yet (retryable).
 */
export async function setUpAccess(options: AccessOptions): Promise<readonly string[]> {
  const ask = await createAskElasticsearch(options);
  await ask('GET', '/_security/_authenticate');
  const users = options.members.flatMap(({ user }) => (user === undefined ? [] : [user]));
  for (const user of users) {
    const own = await readSecret(options.directory, `password_${user.name}`);
    if (user.role === undefined && user.builtInRoles === undefined)
      await ask('PUT', `/_security/user/${user.name}/_password`, { password: own });
    else await putUser(ask, user, own);
  }
  await setUpSensors(ask);
  return users.map((user) => user.name);
}

async function putUser(
  ask: AskElasticsearch,
  user: ElasticsearchUser,
  password: string,
): Promise<void> {
  if (user.role !== undefined) await ask('PUT', `/_security/role/${user.name}`, user.role);
  await ask('PUT', `/_security/user/${user.name}`, {
    password,
    roles: [...(user.role === undefined ? [] : [user.name]), ...(user.builtInRoles ?? [])],
    full_name: 'mini-SOC',
  });
}
