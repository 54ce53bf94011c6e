/** What is to be enforced of the ledger's blocks. */
import type { BlockTable, StandingBlock } from '../ledger/block-table.ts';
import type { WantedBlock } from './blocker.ts';

/** A block that was decided while blocking was simulated stays one: nobody agreed to more. */
export function isWanted({ decisions }: StandingBlock): boolean {
  return decisions.some((decision) => !decision.simulated);
}

export function wantedBlocks(blocks: Pick<BlockTable, 'inForce'>): readonly WantedBlock[] {
  return blocks
    .inForce()
    .filter(isWanted)
    .map(({ address, msLeft }) => ({ address, msLeft }));
}
