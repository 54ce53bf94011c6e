/**
 * How often an address was blocked before, so that a further block lasts longer. It follows from the
 * decisions alone, so that reading the journal again gives the same numbers, and whether a block is still
 * in force is told by whoever measures that, not by a clock that somebody may have set.
 */
import { LIMITS, type IpAddress, type LimitListener } from '@mini-soc/model';

export interface EarlierBlocks {
  /**
   * A decision: the beginning of a block, or more time for the one that is in force (`extended`; when
   * nobody knows, their times say it).
   */
  readonly note: (
    address: IpAddress,
    sinceMs: number,
    untilMs: number,
    extended: boolean | undefined,
  ) => void;
  /** Blocks before the one that is in force, or begins now. */
  readonly count: (address: IpAddress, nowMs: number, isBlocked: boolean) => number;
  /** A person lifted the block: it was wrong, so it counts for nothing. */
  readonly forget: (address: IpAddress) => void;
  readonly entries: () => readonly EarlierEntry[];
  readonly restore: (entry: EarlierEntry) => void;
}

export interface EarlierEntry {
  readonly address: IpAddress;
  readonly blocks: number;
  /** When the last of them ends or ended. */
  readonly untilMs: number;
}

const REMEMBERED = LIMITS.addresses_remembered.value;

/** A block counts for `memoryMs` after its end. */
export function createEarlierBlocks(memoryMs: number, onLimit: LimitListener): EarlierBlocks {
  /** Those blocked longest ago first. */
  const known = new Map<IpAddress, EarlierEntry>();
  const keep = (entry: EarlierEntry): void => {
    known.delete(entry.address);
    known.set(entry.address, entry);
    if (known.size <= REMEMBERED) return;
    onLimit('addresses_remembered');
    known.delete(known.keys().next().value as IpAddress);
  };
  return {
    note(address, sinceMs, untilMs, extended) {
      const last = known.get(address);
      const isExtended = extended ?? (last !== undefined && sinceMs < last.untilMs);
      const isForgotten = last === undefined || (!isExtended && sinceMs - last.untilMs >= memoryMs);
      if (isForgotten) keep({ address, blocks: 1, untilMs });
      else
        keep({
          address,
          blocks: isExtended ? last.blocks : last.blocks + 1,
          untilMs: Math.max(untilMs, last.untilMs),
        });
    },
    count(address, nowMs, isBlocked) {
      const last = known.get(address);
      if (last === undefined) return 0;
      if (isBlocked) return last.blocks - 1;
      return nowMs - last.untilMs >= memoryMs ? 0 : last.blocks;
    },
    forget: (address) => void known.delete(address),
    entries: () => [...known.values()],
    restore: keep,
  };
}
