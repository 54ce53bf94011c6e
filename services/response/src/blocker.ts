/** The port on what enforces a block. Takes parsed addresses only. */
import type { IpAddress } from '@mini-soc/model';

export interface Blocker {
  readonly name: string;
  /** True when nothing is really blocked. */
  readonly isSimulated: boolean;
  /** Idempotent. Resolves to what was done, for the audit trail. Throws AppError. */
  readonly block: (address: IpAddress, durationMs: number) => Promise<string>;
  /** Idempotent. */
  readonly unblock: (address: IpAddress) => Promise<string>;
}
