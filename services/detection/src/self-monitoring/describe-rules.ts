/** Which rules are in force, which files are not and why: for the log, /ready, /health and /metrics. */
import type { RuleState } from '@mini-soc/detect';
import type { Logger } from '@mini-soc/service-kit';
import type { Rule, RuleException, RuleFault } from '@mini-soc/sigma';
import { isExpired } from '../routes/exceptions.ts';

export interface RulesPart {
  readonly state: string;
  /** False when a file is not in force: everything else goes on. */
  readonly isWell: boolean;
}

/** Names of one sentence. */
const MAX_NAMED = 5;

export function describeRules(
  rules: readonly Rule[],
  faults: readonly RuleFault[],
  exceptions: readonly RuleException[],
  stateOf: (ruleId: string) => RuleState,
  now: Date,
): RulesPart {
  const expired = exceptions.filter((one) => isExpired(one, now.getTime()));
  const counts = countRules(rules, faults);
  const broken = rules.filter((rule) => stateOf(rule.id).lastError !== undefined);
  const never = rules.filter(canNeverFire);
  const parts = [
    broken.length === 0
      ? `${counts.enabled + counts.cannot_fire} of ${rules.length} enabled`
      : `${broken.length} failed in the last cycle: ${named(broken.map((rule) => rule.name))}`,
    ...(never.length === 0
      ? []
      : [`${never.length} cannot fire: ${named(never.map((rule) => rule.name))}`]),
    ...(faults.length === 0
      ? []
      : [
          `${faults.length} not in force: ${named(faults.map(({ file, reason }) => `${file} (${reason})`))}`,
        ]),
    ...(expired.length === 0
      ? []
      : [`${expired.length} exceptions are over: ${named(expired.map(({ rule }) => rule))}`]),
  ];
  return { state: parts.join('; '), isWell: faults.length === 0 };
}

/** Fixed names of states: every series is there from the start. */
export function countRules(
  rules: readonly Rule[],
  faults: readonly RuleFault[],
): {
  readonly enabled: number;
  readonly disabled: number;
  readonly cannot_fire: number;
  readonly skipped: number;
} {
  const enabled = rules.filter((rule) => rule.enabled);
  const never = enabled.filter(canNeverFire);
  return {
    enabled: enabled.length - never.length,
    disabled: rules.length - enabled.length,
    cannot_fire: never.length,
    skipped: faults.length,
  };
}

/** What `soc status` prints beside detection. */
export function healthOfRules(
  rules: readonly Rule[],
  faults: readonly RuleFault[],
): Readonly<Record<string, unknown>> {
  const { skipped, cannot_fire } = countRules(rules, faults);
  return {
    rules: rules.length,
    ...(skipped === 0 ? {} : { rules_skipped: skipped }),
    ...(cannot_fire === 0 ? {} : { rules_that_cannot_fire: cannot_fire }),
  };
}

/** Once, at the start. */
export function logRules(
  rules: readonly Rule[],
  faults: readonly RuleFault[],
  logger: Logger,
): void {
  for (const { file, reason } of faults)
    logger.error({ file, reason }, 'A rule file is not in force');
  for (const rule of rules.filter(canNeverFire))
    logger.warn({ ruleId: rule.id, reason: rule.cannotFire }, 'A rule cannot fire');
}

/** Once, at the start. */
export function logExpired(exceptions: readonly RuleException[], now: Date, logger: Logger): void {
  for (const exception of exceptions.filter((one) => isExpired(one, now.getTime())))
    logger.warn(
      { rule: exception.rule, reason: exception.reason },
      'An exception is over: its events count again',
    );
}

function canNeverFire(rule: Rule): boolean {
  return rule.enabled && rule.cannotFire !== undefined;
}

function named(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return `${names.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
