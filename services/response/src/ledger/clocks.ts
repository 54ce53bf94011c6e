/**
 * How much time has passed, although anybody may set the clock. Within one run of the system the
 * monotonic clock says it (CLOCK_MONOTONIC, the same for all processes), over a restart of the system
 * the wall clock, the best there is. CLOCK_MONOTONIC stands still while a machine is suspended, as the
 * time-outs of the kernel's firewall do: ledger and firewall agree, and nobody attacks what sleeps.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What the clocks said at one moment. */
export interface Moment {
  /** Which run of the system it was; undefined where that cannot be known. */
  readonly boot: string | undefined;
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** How old something was at a moment. */
export interface Age extends Moment {
  readonly ageMs: number;
}

/** As it stands in the ledger. */
export const ageSchema = z.object({
  boot: z.string().optional(),
  ms: z.number(),
  /** Absent: the time of the decision. */
  wall_ms: z.number().optional(),
  /** Absent: it was made then. */
  age_ms: z.number().min(0).optional(),
});

/** A wall clock that goes wrong by less in comparison with the monotonic one is being corrected, not set. */
const DRIFT_MS = 2000;

/** Never less than 0. */
export function passedMs(from: Moment, to: Moment): number {
  // Less than before in the same run of the system cannot be: another machine's memory, or name space.
  const isSameRun = isSameBoot(from, to) && to.monotonicMs >= from.monotonicMs;
  return Math.max(0, isSameRun ? to.monotonicMs - from.monotonicMs : to.wallMs - from.wallMs);
}

/** The age at a later moment, with what was written down of the clocks on the way there. */
export function ageAt(age: Age, way: readonly Moment[], at: Moment): number {
  let ageMs = age.ageMs;
  let from: Moment = age;
  for (const next of [...way, at]) {
    ageMs += passedMs(from, next);
    from = next;
  }
  return ageMs;
}

/** True when time from one to the other could not be told later from what the clocks said then. */
export function isDisturbed(from: Moment, to: Moment): boolean {
  if (to.boot === undefined) return false;
  const driftMs = to.wallMs - from.wallMs - (to.monotonicMs - from.monotonicMs);
  return !isSameBoot(from, to) || Math.abs(driftMs) > DRIFT_MS;
}

function isSameBoot(a: Moment, b: Moment): boolean {
  return a.boot !== undefined && a.boot === b.boot;
}

/** Which run of the system this is, by the kernel of Linux. Undefined where the system does not say. */
export function readBootId(file = '/proc/sys/kernel/random/boot_id'): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^[0-9a-f-]{36}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
