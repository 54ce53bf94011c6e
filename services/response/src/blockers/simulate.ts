/** Blocks nothing; says what would have been run. */
import type { Blocker } from '../blocker.ts';

const family = (address: string) => (address.includes(':') ? '6' : '4');

export function createSimulateBlocker(): Blocker {
  return {
    name: 'simulate',
    isSimulated: true,
    block: async (address, durationMs) =>
      `[SIMULATED] nft add element inet mini_soc blocked${family(address)} { ${address} timeout ${Math.ceil(durationMs / 1000)}s }`,
    unblock: async (address) =>
      `[SIMULATED] nft delete element inet mini_soc blocked${family(address)} { ${address} }`,
  };
}
