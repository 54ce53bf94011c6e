/**
 * Where blocks are enforced. A local point is in the path of the answer: an alert is answered when it has
 * taken the block. A remote point follows the ledger in its own time and delays nobody.
 */
import type { FIREWALLS, IpAddress } from '@mini-soc/model';
import type { Fetch, Logger } from '@mini-soc/service-kit';
import type { ResponseSettings } from '../response-settings.ts';
import type { Blocker } from './blocker.ts';
import type { RunCommand } from './run-command.ts';

/** A firewall of this machine, which RESPONSE_FIREWALL names. */
export interface LocalPoint {
  readonly kind: 'local';
  readonly name: (typeof FIREWALLS)[number];
  /** Throws CommandError when it cannot be used here. */
  readonly open: (host: LocalHost) => Promise<Blocker>;
}

export interface LocalHost {
  /** Starts the firewall's program. */
  readonly run: RunCommand;
}

/** A firewall elsewhere, such as that of a cloud. */
export interface RemotePoint {
  readonly kind: 'remote';
  /** Lower case and dashes: a label of /metrics, and part of the name of a file. */
  readonly name: string;
  /** Connects to nothing. Undefined when the settings name none. Throws UsageError. */
  readonly open: (host: RemoteHost) => Promise<RemoteBlocker | undefined>;
}

export interface RemoteHost {
  readonly settings: ResponseSettings;
  readonly fetch: Fetch;
  readonly logger: Logger;
}

export type Point = LocalPoint | RemotePoint;

/** What a remote point is told of one address: how it is to be from now on, whatever it was before. */
export type BlockChange =
  | { readonly kind: 'add' | 'renew'; readonly address: IpAddress; readonly msLeft: number }
  | { readonly kind: 'lift'; readonly address: IpAddress };

/** What a remote point will not do, however often it is asked: it has no room, or knows no IPv6. */
export interface RefusedChange {
  readonly address: IpAddress;
  /** One sentence. */
  readonly reason: string;
}

/**
 * The port on a remote point. One call at a time. Calls end when the signal is aborted, and throw AppError
 * when nothing is certain: then the same changes come again, unless others came in their place.
 */
export interface RemoteBlocker {
  /**
   * Idempotent: changes come again after a call that failed, and all blocks after a start. An address
   * comes once a call. Resolves when all are in force, but for those that are refused for good.
   */
  readonly apply: (
    changes: readonly BlockChange[],
    signal: AbortSignal,
  ) => Promise<readonly RefusedChange[]>;
  /** All addresses there that are ours. Absent where nobody can tell; then nothing but our notes says it. */
  readonly list?: (signal: AbortSignal) => Promise<readonly IpAddress[]>;
}
