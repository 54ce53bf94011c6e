/** Where rules were blind, in one plain sentence. */
import type { Rule } from '@mini-soc/sigma';
import type { Gap, RuleCoverage } from '@mini-soc/detect';

/** Gaps that were filled longer ago are no news. */
const TOLD_MS = 24 * 3_600_000;

export interface CoverageState {
  readonly state: string;
  /** False while a rule is blind. */
  readonly isWell: boolean;
}

/** The newest gap of any rule within a day, how many rules it concerned, and whether it was made up for. */
export function describeCoverage(
  rules: readonly Rule[],
  coverageOf: (ruleId: string) => RuleCoverage | undefined,
  nowMs: number,
): CoverageState {
  const gaps = rules
    .flatMap((rule) => coverageOf(rule.id)?.gaps ?? [])
    .filter((gap) => gap.to === undefined || nowMs - Date.parse(gap.to) < TOLD_MS)
    .toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from));
  const newest = gaps.findLast((gap) => gap.to === undefined) ?? gaps.at(-1);
  if (newest === undefined) return { state: 'no gaps in the last 24 h', isWell: true };
  const alike = gaps.filter((gap) => isAlike(gap, newest)).length;
  const who = alike === 1 ? '1 rule' : `${alike} rules`;
  const from = timeText(newest.from);
  return newest.to === undefined
    ? {
        state: `${who} ${alike === 1 ? 'is' : 'are'} blind since ${from}: ${newest.reason}`,
        isWell: false,
      }
    : {
        state: `${who} ${alike === 1 ? 'was' : 'were'} blind from ${from} to ${timeText(newest.to)} (${newest.reason}); what arrived meanwhile was evaluated afterwards`,
        isWell: true,
      };
}

/** Rules that were blind for the same reason at about the same time. */
function isAlike(a: Gap, b: Gap): boolean {
  return (
    a.reason === b.reason &&
    (a.to === undefined) === (b.to === undefined) &&
    Math.abs(Date.parse(a.from) - Date.parse(b.from)) < 60_000
  );
}

/** `2026-03-01 10:00:05 UTC`. */
function timeText(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')} UTC`;
}
