/** Remote points that the settings name, and what follows the ledger for them. */
import type { LimitListener } from '@mini-soc/model';
import { pause, type Logger } from '@mini-soc/service-kit';
import type { BlockFeed } from '../ledger/block-feed.ts';
import type { Ledger } from '../ledger/ledger.ts';
import {
  followLedger,
  type Follower,
  type FollowerOptions,
  type FollowerState,
} from './follow-ledger.ts';
import type { Point, RemoteBlocker, RemoteHost } from './point.ts';
import { openToldAddresses } from './told-addresses.ts';
import { isWanted, wantedBlocks } from './wanted-blocks.ts';

export interface OpenedPoint {
  readonly name: string;
  readonly point: RemoteBlocker;
}

/** Throws UsageError for one whose settings are wrong; whether it answers is found out later. */
export async function openRemotePoints(
  points: readonly Point[],
  host: RemoteHost,
): Promise<readonly OpenedPoint[]> {
  const opened: OpenedPoint[] = [];
  for (const entry of points) {
    const point = entry.kind === 'remote' ? await entry.open(host) : undefined;
    if (point !== undefined) opened.push({ name: entry.name, point });
  }
  return opened;
}

export interface FollowersOptions {
  readonly points: readonly OpenedPoint[];
  readonly directory: string;
  /** Name of the ledger's file. */
  readonly fileName: string;
  readonly ledger: Pick<Ledger, 'blocks'>;
  readonly feed: BlockFeed;
  readonly assertHeld: () => Promise<void>;
  readonly onLimit: LimitListener;
  readonly logger: Logger;
  /** Another way to wait; for tests. */
  readonly pause?: FollowerOptions['pause'];
}

/** All of them together. */
export interface Followers {
  readonly start: () => void;
  readonly compare: () => void;
  readonly stop: () => Promise<void>;
  readonly states: () => readonly FollowerState[];
}

/** Throws UsageError when their notes cannot be opened. */
export async function openFollowers(options: FollowersOptions): Promise<Followers> {
  const { blocks } = options.ledger;
  const followers: Follower[] = [];
  for (const { name, point } of options.points) {
    const told = await openToldAddresses({
      directory: options.directory,
      point: name,
      ledger: options.fileName,
      onLimit: options.onLimit,
    });
    const follower = followLedger({
      name,
      point,
      told,
      wanted: () => wantedBlocks(blocks),
      find(address) {
        const block = blocks.find(address);
        return block !== undefined && isWanted(block) ? block : undefined;
      },
      assertHeld: options.assertHeld,
      pause: options.pause ?? ((ms, signal) => pause(ms, signal, { ref: false })),
      logger: options.logger,
    });
    options.feed.follow(follower.note);
    followers.push(follower);
  }
  return {
    start: () => followers.forEach((follower) => follower.start()),
    compare: () => followers.forEach((follower) => follower.compare()),
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()));
    },
    states: () => followers.map((follower) => follower.state()),
  };
}
