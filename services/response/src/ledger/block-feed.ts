/**
 * What changes in the set of blocks in force, by number: each change of an address is the next one. Numbers
 * count from the opening of the ledger, because whoever follows begins with the whole set anyway.
 */
import type { IpAddress } from '@mini-soc/model';

/** Must return at once and never throw: an answer waits for it. */
export type BlockListener = (address: IpAddress, number: number) => void;

export interface BlockFeed {
  /** The block of this address has begun, ended, or ends at another time. */
  readonly tell: (address: IpAddress) => void;
  readonly follow: (listener: BlockListener) => void;
}

export function createBlockFeed(): BlockFeed {
  const listeners: BlockListener[] = [];
  let number = 0;
  return {
    tell(address) {
      number += 1;
      for (const listener of listeners) listener(address, number);
    },
    follow: (listener) => void listeners.push(listener),
  };
}
