/** The port on what enforces a block. Takes parsed addresses only. */
import type { IpAddress } from '@mini-soc/model';

/** A block that ought to be in force. */
export interface WantedBlock {
  readonly address: IpAddress;
  /** More than 0. */
  readonly msLeft: number;
}

/** How far the enforcement point had been from what is wanted. */
export interface Reconciled {
  /** Blocks that were missing or ended at the wrong time. */
  readonly applied: number;
  /** What nobody wants: expired, or put there by somebody else. */
  readonly removed: number;
  /** True when our table, chain or set itself was missing or changed. */
  readonly rebuilt: boolean;
}

/** All calls are idempotent. They throw AppError, retryable, when the enforcement point refuses. */
export interface Blocker {
  readonly name: string;
  /** True when nothing is really blocked. */
  readonly isSimulated: boolean;
  /** Resolves, to what was done for the audit trail, when the block is in force. */
  readonly block: (address: IpAddress, durationMs: number) => Promise<string>;
  /** As `block`, in few calls; when it throws, some may be in force. One answer for each block. */
  readonly blockAll: (blocks: readonly WantedBlock[]) => Promise<readonly string[]>;
  /** Resolves to what was done, one answer for each address. */
  readonly unblock: (addresses: readonly IpAddress[]) => Promise<readonly string[]>;
  /** Makes what is ours equal to `wanted`; touches nothing else. */
  readonly reconcile: (wanted: readonly WantedBlock[]) => Promise<Reconciled>;
  /** Removes all that is ours. Resolves to what was done. */
  readonly clear: () => Promise<string>;
}
