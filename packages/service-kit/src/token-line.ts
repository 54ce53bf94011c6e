/**
 * Wrong tokens wait in line, each address in its own. A place is taken before anything is awaited, so that
 * a thousand sent at once are as slow as a thousand one after the other.
 */
import { isIP } from 'node:net';
import { LIMITS, type LimitListener } from '@mini-soc/model';

export interface TokenLine {
  /** Takes a place: how long to wait until the token may be looked at; undefined: too many wait, refuse. */
  readonly take: (address: string) => number | undefined;
  /** It was right: the place counts as none. */
  readonly giveBack: (address: string) => void;
  /** How many addresses are remembered. */
  readonly size: () => number;
}

interface Line {
  /** Since when tokens are counted, and how many. */
  sinceMs: number;
  count: number;
  /** Until when the line is taken. */
  takenMs: number;
}

const WINDOW_MS = 60_000;
const FREE = LIMITS.wrong_tokens_free.value;
const STEP_MS = 1000;
const WAITING_MS = LIMITS.wrong_tokens_waiting.value * STEP_MS;
const ADDRESSES = LIMITS.token_addresses.value;

export function createTokenLine(monotonicMs: () => number, onLimit: LimitListener): TokenLine {
  const lines = new Map<string, Line>();
  const lineOf = (address: string, nowMs: number): Line => {
    const key = networkOf(address);
    const present = lines.get(key);
    lines.delete(key);
    const isOver =
      present === undefined || (nowMs - present.sinceMs >= WINDOW_MS && present.takenMs <= nowMs);
    const line = isOver ? { sinceMs: nowMs, count: 0, takenMs: nowMs } : present;
    lines.set(key, line);
    if (lines.size > ADDRESSES) {
      onLimit('token_addresses');
      lines.delete(lines.keys().next().value as string);
    }
    return line;
  };
  return {
    take(address) {
      const nowMs = monotonicMs();
      const line = lineOf(address, nowMs);
      if (line.count < FREE) {
        line.count += 1;
        return 0;
      }
      const takenMs = Math.max(line.takenMs, nowMs) + STEP_MS;
      if (takenMs - nowMs > WAITING_MS) {
        onLimit('wrong_tokens_waiting');
        return undefined;
      }
      line.count += 1;
      line.takenMs = takenMs;
      return takenMs - nowMs;
    },
    giveBack(address) {
      const line = lines.get(networkOf(address));
      if (line !== undefined && line.count > 0) line.count -= 1;
    },
    size: () => lines.size,
  };
}

/** An address of IPv6 stands for its /64: whoever has one has them all. */
function networkOf(address: string): string {
  if (isIP(address) !== 6 || /^::ffff:\d/i.test(address)) return address;
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::') ? Math.max(0, 8 - left.length - right.length) : 0;
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, 4).join(':');
}
