/**
 * Blocks in force, in memory. An address stays blocked until its longest decision ends, also when
 * another one is withdrawn. Time left is measured on a clock that only goes forward: setting the
 * machine's clock ends no block and makes none endless.
 */
import { LIMITS, type Decision, type IpAddress, type LimitListener } from '@mini-soc/model';

export interface StandingBlock {
  readonly address: IpAddress;
  /** The decision that ends last. */
  readonly decision: Decision;
  /** When the address was blocked first, ISO 8601 UTC. */
  readonly since: string;
  /** 0 when it is over. */
  readonly msLeft: number;
  /** All decisions on the address, the longest first. */
  readonly decisions: readonly Decision[];
  /** Of each of them, in their order. */
  readonly msLeftOfEach: readonly number[];
}

export interface BlockTable {
  /** A decision with the same id is replaced. */
  readonly put: (address: IpAddress, decision: Decision, msLeft: number) => void;
  readonly withdraw: (address: IpAddress, decisionId: string) => void;
  readonly remove: (address: IpAddress) => void;
  readonly find: (address: IpAddress) => StandingBlock | undefined;
  /** Also when its time is over. */
  readonly findHeld: (address: IpAddress) => StandingBlock | undefined;
  /** Newest first. */
  readonly inForce: () => readonly StandingBlock[];
  /** Blocks that are over and were not removed yet. */
  readonly due: () => readonly StandingBlock[];
  /** Blocks in force. */
  readonly count: () => number;
}

/** Decisions kept for one address; of more, those that end first are forgotten. */
const MAX_DECISIONS = LIMITS.decisions_per_address.value;

interface Held {
  readonly decision: Decision;
  readonly endsAtMs: number;
}

/** `monotonicMs` never goes back. */
export function createBlockTable(monotonicMs: () => number, onLimit: LimitListener): BlockTable {
  /** The longest decision first; never empty. */
  const blocks = new Map<IpAddress, readonly Held[]>();

  const standing = (address: IpAddress, held: readonly Held[]): StandingBlock => {
    const longest = held[0] as Held;
    const at = monotonicMs();
    return {
      address,
      decision: longest.decision,
      since: held.map((one) => one.decision.since).reduce((a, b) => (a < b ? a : b)),
      msLeft: Math.max(0, longest.endsAtMs - at),
      decisions: held.map((one) => one.decision),
      msLeftOfEach: held.map((one) => Math.max(0, one.endsAtMs - at)),
    };
  };
  const findHeld = (address: IpAddress): StandingBlock | undefined => {
    const held = blocks.get(address);
    return held === undefined ? undefined : standing(address, held);
  };
  /** Asked each second of a hundred thousand: only what is answered is put together. */
  const select = (isWanted: (msLeft: number) => boolean): StandingBlock[] => {
    const at = monotonicMs();
    const found: StandingBlock[] = [];
    for (const [address, held] of blocks)
      if (isWanted((held[0] as Held).endsAtMs - at)) found.push(standing(address, held));
    return found;
  };
  const without = (address: IpAddress, decisionId: string): readonly Held[] =>
    (blocks.get(address) ?? []).filter((one) => one.decision.decision_id !== decisionId);

  return {
    put(address, decision, msLeft) {
      const held = [
        ...without(address, decision.decision_id),
        { decision, endsAtMs: monotonicMs() + msLeft },
      ].toSorted((a, b) => b.endsAtMs - a.endsAtMs);
      if (held.length > MAX_DECISIONS) onLimit('decisions_per_address');
      blocks.set(address, held.slice(0, MAX_DECISIONS));
    },
    withdraw(address, decisionId) {
      const left = without(address, decisionId);
      if (left.length === 0) blocks.delete(address);
      else blocks.set(address, left);
    },
    remove: (address) => void blocks.delete(address),
    findHeld,
    find(address) {
      const block = findHeld(address);
      return block !== undefined && block.msLeft > 0 ? block : undefined;
    },
    inForce: () =>
      select((msLeft) => msLeft > 0).toSorted((a, b) =>
        a.since < b.since ? 1 : a.since > b.since ? -1 : 0,
      ),
    due: () => select((msLeft) => msLeft <= 0),
    count() {
      const at = monotonicMs();
      let inForce = 0;
      for (const held of blocks.values()) if ((held[0] as Held).endsAtMs > at) inForce += 1;
      return inForce;
    },
  };
}
