/** Blocks nothing; says what would have been run. */
import type { Blocker } from './blocker.ts';
import { describeElement } from './nftables-script.ts';

export function createSimulateBlocker(): Blocker {
  return {
    name: 'simulate',
    isSimulated: true,
    block: async (address, durationMs) =>
      `[SIMULATED] ${describeElement('add', address, durationMs)}`,
    blockAll: async (blocks) =>
      blocks.map(({ address, msLeft }) => `[SIMULATED] ${describeElement('add', address, msLeft)}`),
    unblock: async (addresses) =>
      addresses.map((address) => `[SIMULATED] ${describeElement('delete', address)}`),
    reconcile: async () => ({ applied: 0, removed: 0, rebuilt: false }),
    clear: async () => '[SIMULATED] nft delete table inet mini_soc',
  };
}
