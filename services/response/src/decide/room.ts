/**
 * Room for new blocks: a measure that each new block fills by one and that empties evenly, so many a
 * minute. A window of a minute would let a burst of throw-away addresses shut everybody out until the
 * minute is over; here the next block fits as soon as one has run out. What is kept back for severe
 * alerts and bounded for each /64 makes using it up dear.
 */
import { LIMITS, parseIpRange, type IpAddress, type Severity } from '@mini-soc/model';

/** A new block of the last minute. */
export interface Beginning {
  readonly address: IpAddress;
  /** How long ago, milliseconds. */
  readonly ageMs: number;
}

export interface Room {
  /** Until a new block fits, milliseconds; 0 when it does. */
  readonly waitMs: (address: IpAddress, severity: Severity) => number;
  /** It is blocked now. */
  readonly take: (address: IpAddress) => void;
}

const MINUTE_MS = 60_000;
/** Percent of the room that alerts may use: the rest is kept for those that are severe. */
const SHARE_PERCENT: Readonly<Record<Severity, number>> = {
  low: 50,
  medium: 75,
  high: 100,
  critical: 100,
};

/** At one moment. `beginnings`: the oldest first. */
export function createRoom(perMinute: number, beginnings: readonly Beginning[]): Room {
  const partOf = (percent: number): number => Math.max(1, Math.floor((perMinute * percent) / 100));
  const of64 = partOf(LIMITS.room_of_64_percent.value);
  let all: number | undefined;
  const filledBy64 = new Map<string, number>();
  const filledIn = (network: string): number => {
    const known = filledBy64.get(network);
    if (known !== undefined) return known;
    const near = beginnings.filter(({ address }) => networkOf64(address) === network);
    const filled = fill(of64, near);
    filledBy64.set(network, filled);
    return filled;
  };
  const filledInAll = (): number => (all ??= fill(perMinute, beginnings));
  return {
    waitMs(address, severity) {
      const wait = untilFits(filledInAll(), partOf(SHARE_PERCENT[severity]), perMinute);
      const network = networkOf64(address);
      return network === undefined
        ? wait
        : Math.max(wait, untilFits(filledIn(network), of64, of64));
    },
    take(address) {
      const network = networkOf64(address);
      if (network !== undefined) filledBy64.set(network, filledIn(network) + 1);
      all = filledInAll() + 1;
    },
  };
}

/** How full the measure is now, in blocks. */
function fill(perMinute: number, beginnings: readonly Beginning[]): number {
  let filled = 0;
  let beforeMs = beginnings[0]?.ageMs ?? 0;
  for (const { ageMs } of beginnings) {
    filled = emptied(filled, beforeMs - ageMs, perMinute) + 1;
    beforeMs = ageMs;
  }
  return emptied(filled, beforeMs, perMinute);
}

function emptied(filled: number, ms: number, perMinute: number): number {
  return Math.max(0, filled - (ms * perMinute) / MINUTE_MS);
}

function untilFits(filled: number, most: number, perMinute: number): number {
  // Sums of fractions: a hair's breadth is none.
  return Math.max(0, Math.ceil(((filled + 1 - most) * MINUTE_MS) / perMinute - 1e-6));
}

/** The first four groups of an IPv6 address; undefined for IPv4. */
function networkOf64(address: IpAddress): string | undefined {
  if (!address.includes(':')) return undefined;
  return parseIpRange(address)?.parts.slice(0, 4).join(':');
}
