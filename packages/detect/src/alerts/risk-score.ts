/**
 * How urgent an alert is, 0 to 100. Severity gives 20, 40, 60 or 80; on top come at most 19 points, so
 * that more severe is always more:
 *
 * - count, 0 to 8: two for each doubling of the events above the threshold;
 * - breadth, 0 to 4: one and a half for each doubling of the different users, hosts, commands or
 *   measured values that were touched;
 * - what followed, 0 to 7: four when another rule fired for the same entity afterwards (a success after
 *   failures, say), two more for a second one, one more for a third.
 *
 * Every part only grows with what it counts, and so does the score.
 */
import { SEVERITIES, type Alert, type Severity } from '@mini-soc/model';
import type { Measure } from '@mini-soc/query';

export interface RiskFactors {
  readonly severity: Severity;
  readonly eventCount: number;
  /** Events that were needed to fire. */
  readonly threshold: number;
  /** Different users, hosts, commands or measured values; the largest of them. */
  readonly breadth: number;
  /** Other rules that fired for the same entity afterwards. */
  readonly followers: number;
}

const STEP = 20;
const MOST_COUNT = 8;
const MOST_BREADTH = 4;
const FOLLOWED = [0, 4, 6, 7] as const;

/** A whole number from 20 to 99. */
export function riskScoreOf(factors: RiskFactors): number {
  const { severity, eventCount, threshold, breadth, followers } = factors;
  const doublings = Math.log2(Math.max(1, eventCount / Math.max(1, threshold)));
  return (
    STEP * (SEVERITIES.indexOf(severity) + 1) +
    Math.min(MOST_COUNT, Math.round(2 * doublings)) +
    Math.min(MOST_BREADTH, Math.round(1.5 * Math.log2(Math.max(1, breadth)))) +
    followPoints(followers)
  );
}

/** The part of the score for what followed. */
export function followPoints(followers: number): number {
  return FOLLOWED[Math.min(followers, FOLLOWED.length - 1)] ?? 0;
}

/** The score of an alert by what it says of itself; never below what it was. */
export function riskOfAlert(
  alert: Pick<Alert, 'severity' | 'event_count' | 'details'> & { readonly risk_score?: number },
  measure: Measure,
): number {
  const { details } = alert;
  const score = riskScoreOf({
    severity: alert.severity,
    eventCount: alert.event_count,
    threshold: details.threshold,
    breadth: Math.max(
      details.usernames?.length ?? 0,
      details.hostnames?.length ?? 0,
      details.commands?.length ?? 0,
      measure.kind === 'distinct' ? details.peak_count : 0,
    ),
    followers: details.followed_by?.length ?? 0,
  });
  return Math.max(alert.risk_score ?? 0, score);
}
