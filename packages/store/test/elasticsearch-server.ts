/** Stores on the real server of the integration tests, each with indices of its own that go afterwards. */
import { randomBytes } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import type { ElasticsearchStoreOptions } from '../src/elasticsearch/index.ts';
import { openStore } from '../src/open-store.ts';
import type { Store } from '../src/store.ts';

export interface TestServer {
  /** Each call makes a new prefix, unless one is given. */
  readonly open: (options?: Partial<ElasticsearchStoreOptions>) => Promise<Store>;
  readonly newPrefix: () => string;
  readonly client: Client;
  /** Deletes every index and template the stores made. */
  readonly cleanUp: () => Promise<void>;
}

export function testServer(url: string): TestServer {
  const run = `test-${randomBytes(5).toString('hex')}`;
  let count = 0;
  const newPrefix = () => `${run}-${(count += 1)}`;
  const client = new Client({ node: url });
  return {
    client,
    newPrefix,
    open: (options = {}) =>
      openStore({ engine: 'elasticsearch', url, prefix: newPrefix(), ...options }),
    async cleanUp() {
      const names = Object.keys(await client.indices.get({ index: `${run}-*` }));
      for (let from = 0; from < names.length; from += 50)
        await client.indices.delete({ index: names.slice(from, from + 50) });
      await client.indices.deleteIndexTemplate({ name: `${run}-*` }, { ignore: [404] });
      await client.cluster.deleteComponentTemplate({ name: `${run}-*` }, { ignore: [404] });
      await client.close();
    },
  };
}
