/** Stores on the real server of the integration tests, whose indices go afterwards. */
import { randomBytes } from 'node:crypto';
import { openElasticsearchStore } from '@mini-soc/store/elasticsearch';
import type { Store } from '@mini-soc/store';

export interface OwnIndices {
  /** Each call makes indices of its own. */
  readonly open: () => Promise<Store>;
  /** Deletes every index and template that was made. */
  readonly cleanUp: () => Promise<void>;
}

/** Nothing is asked of the server before the first store is opened. */
export function openOnServer(url: string): OwnIndices {
  const run = `exact-${randomBytes(5).toString('hex')}`;
  let opened = 0;
  return {
    open: () => openElasticsearchStore({ url, prefix: `${run}-${(opened += 1)}` }),
    async cleanUp() {
      if (opened === 0) return;
      const answer = await fetch(`${url}/${run}-*`);
      for (const index of Object.keys((await answer.json()) as object))
        await fetch(`${url}/${index}`, { method: 'DELETE' });
      await fetch(`${url}/_index_template/${run}-*`, { method: 'DELETE' });
      await fetch(`${url}/_component_template/${run}-*`, { method: 'DELETE' });
    },
  };
}
