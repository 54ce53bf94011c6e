/**
 * The coverage ledger: up to which moment each rule has looked at everything that had arrived, and
 * where it was blind for longer than the schedule allows, why, and when that was made up for. A cycle
 * reads on from the checkpoint in order of arrival, so the first good cycle after a gap fills it.
 */
import { LIMITS, type LimitListener } from '@mini-soc/model';
import { z } from 'zod';

const gapSchema = z.strictObject({
  from: z.string(),
  /** End of the blindness; absent while it lasts. */
  to: z.string().optional(),
  reason: z.string(),
  /** When everything that arrived in it had been evaluated. */
  filled_at: z.string().optional(),
});
export type Gap = Readonly<z.infer<typeof gapSchema>>;

const ruleCoverageSchema = z.strictObject({
  /** Since when the rule has been evaluated at all. */
  since: z.string(),
  evaluated_through: z.string(),
  gaps: z.array(gapSchema),
});
export type RuleCoverage = Readonly<z.infer<typeof ruleCoverageSchema>>;

const coverageSchema = z.record(z.string(), ruleCoverageSchema);

export interface Coverage {
  /** The process starts: what was not evaluated since the last time is a gap. */
  readonly begin: (ruleIds: readonly string[], nowMs: number) => void;
  /** Everything that had arrived at `atMs` was evaluated. */
  readonly evaluated: (ruleId: string, atMs: number) => void;
  /** The rule could not be evaluated. */
  readonly failed: (ruleId: string, atMs: number, reason: string) => void;
  readonly of: (ruleId: string) => RuleCoverage | undefined;
  /** Whether something has changed that must not be lost, or enough time has passed. */
  readonly isDue: (nowMs: number) => boolean;
  /** What to write to the store; counts as written. */
  readonly save: (nowMs: number) => unknown;
}

export interface CoverageOptions {
  /** State as it was saved; anything else begins afresh. */
  readonly saved: unknown;
  /** Time without an evaluation that is no gap, milliseconds. */
  readonly toleranceMs: number;
  readonly onLimit: LimitListener;
}

/** Gaps kept of each rule, the newest. */
const MAX_GAPS = LIMITS.coverage_gaps.value;
/** A state is written at the latest after this, so that a downtime begins where it did. */
const SAVE_MS = 10_000;
const MAX_REASON = 300;

interface Track {
  readonly sinceMs: number;
  throughMs: number;
  gaps: Gap[];
}

export function createCoverage(options: CoverageOptions): Coverage {
  const tracks = new Map<string, Track>();
  const saved = coverageSchema.safeParse(options.saved);
  for (const [ruleId, rule] of Object.entries(saved.success ? saved.data : {}))
    tracks.set(ruleId, {
      sinceMs: Date.parse(rule.since),
      throughMs: Date.parse(rule.evaluated_through),
      gaps: rule.gaps,
    });
  let savedMs = Number.NEGATIVE_INFINITY;
  let hasChanged = false;

  const open = (track: Track, reason: string): void => {
    if (track.gaps.at(-1)?.to === undefined && track.gaps.length > 0) return;
    track.gaps.push({ from: timeOf(track.throughMs), reason: reason.slice(0, MAX_REASON) });
    if (track.gaps.length > MAX_GAPS) options.onLimit('coverage_gaps');
    track.gaps = track.gaps.slice(-MAX_GAPS);
    hasChanged = true;
  };

  return {
    begin: (ruleIds, nowMs) => {
      for (const ruleId of ruleIds) {
        const track = tracks.get(ruleId);
        if (track !== undefined && nowMs - track.throughMs > options.toleranceMs)
          open(track, 'Detection was not running');
      }
    },
    evaluated: (ruleId, atMs) => {
      const track = tracks.get(ruleId);
      if (track === undefined) {
        tracks.set(ruleId, { sinceMs: atMs, throughMs: atMs, gaps: [] });
        hasChanged = true;
        return;
      }
      if (atMs - track.throughMs > options.toleranceMs) open(track, 'No cycle ran');
      const last = track.gaps.at(-1);
      if (last !== undefined && last.to === undefined) {
        track.gaps[track.gaps.length - 1] = { ...last, to: timeOf(atMs), filled_at: timeOf(atMs) };
        hasChanged = true;
      }
      track.throughMs = Math.max(track.throughMs, atMs);
    },
    failed: (ruleId, atMs, reason) => {
      const track = tracks.get(ruleId);
      if (track === undefined)
        tracks.set(ruleId, {
          sinceMs: atMs,
          throughMs: atMs,
          gaps: [{ from: timeOf(atMs), reason: reason.slice(0, MAX_REASON) }],
        });
      else if (atMs - track.throughMs > options.toleranceMs) open(track, reason);
      hasChanged = true;
    },
    of: (ruleId) => {
      const track = tracks.get(ruleId);
      return track === undefined ? undefined : describe(track);
    },
    isDue: (nowMs) => hasChanged || nowMs - savedMs >= SAVE_MS || nowMs < savedMs,
    save: (nowMs) => {
      savedMs = nowMs;
      hasChanged = false;
      return Object.fromEntries([...tracks].map(([ruleId, track]) => [ruleId, describe(track)]));
    },
  };
}

function describe(track: Track): RuleCoverage {
  return {
    since: timeOf(track.sinceMs),
    evaluated_through: timeOf(track.throughMs),
    gaps: track.gaps.slice(),
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
