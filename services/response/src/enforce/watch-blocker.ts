/** A blocker that remembers whether the firewall obeys, and counts when it does not. */
import { messageOf } from '@mini-soc/model';
import type { Blocker } from './blocker.ts';
import type { ResponseMetrics } from '../metrics.ts';

export interface WatchedBlocker extends Blocker {
  /** Why the last call failed, in one sentence; undefined when it did not. */
  readonly failure: () => string | undefined;
}

export function watchBlocker(
  blocker: Blocker,
  metrics: Pick<ResponseMetrics, 'observeFirewallFailure' | 'observeRepairs'>,
): WatchedBlocker {
  let failure: string | undefined;
  const watched = async <Result>(
    call: 'block' | 'unblock' | 'reconcile' | 'clear',
    work: Promise<Result>,
  ): Promise<Result> => {
    try {
      const result = await work;
      failure = undefined;
      return result;
    } catch (error) {
      failure = messageOf(error);
      metrics.observeFirewallFailure(call);
      throw error;
    }
  };
  return {
    name: blocker.name,
    isSimulated: blocker.isSimulated,
    block: (address, durationMs) => watched('block', blocker.block(address, durationMs)),
    blockAll: (blocks) => watched('block', blocker.blockAll(blocks)),
    unblock: (addresses) => watched('unblock', blocker.unblock(addresses)),
    async reconcile(wanted) {
      const done = await watched('reconcile', blocker.reconcile(wanted));
      metrics.observeRepairs(done);
      return done;
    },
    clear: () => watched('clear', blocker.clear()),
    failure: () => failure,
  };
}
