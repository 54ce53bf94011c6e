/** GET /rules: what is looked for, and how that went last. */
import { ruleSummarySchema, type RuleSummary } from '@mini-soc/model';
import type { HttpApp } from '@mini-soc/service-kit';
import type { Rule, RuleFault } from '@mini-soc/sigma';
import { z } from 'zod';
import { thresholdOf, type RuleCoverage, type RuleState } from '@mini-soc/detect';
export interface RuleRoutesOptions {
  readonly rules: readonly Rule[];
  /** Rule files that are not in force. */
  readonly faults: readonly RuleFault[];
  readonly stateOf: (ruleId: string) => RuleState;
  readonly coverageOf: (ruleId: string) => RuleCoverage | undefined;
}

export function ruleRoutes(app: HttpApp, options: RuleRoutesOptions): void {
  app.get('/rules', { schema: { response: { 200: z.array(ruleSummarySchema) } } }, async () => [
    ...options.rules.map((rule) => summaryOf(rule, options)),
    ...options.faults.map(skippedFile),
  ]);
}

function summaryOf(rule: Rule, options: RuleRoutesOptions): RuleSummary {
  const { lastEvaluatedAt, lastError } = options.stateOf(rule.id);
  const coverage = options.coverageOf(rule.id);
  return {
    id: rule.id,
    name: rule.name,
    description: rule.description,
    file: rule.file,
    level: rule.level,
    tags: [...rule.tags],
    window_seconds: rule.query.windowMs / 1000,
    threshold: thresholdOf(rule.query.measure),
    group_by: [...rule.query.groupBy],
    suppress_seconds: rule.suppressMs / 1000,
    response: rule.response,
    enabled: rule.enabled,
    ...(rule.cannotFire === undefined ? {} : { cannot_fire: rule.cannotFire }),
    ...(lastEvaluatedAt === undefined ? {} : { last_evaluated_at: lastEvaluatedAt }),
    ...(lastError === undefined ? {} : { last_error: lastError }),
    ...(coverage === undefined ? {} : { coverage: { ...coverage, gaps: [...coverage.gaps] } }),
  };
}

/** A file of which nothing is in force, as a rule that is switched off. */
function skippedFile({ file, reason }: RuleFault): RuleSummary {
  return {
    id: file.replace(/\.ya?ml$/, ''),
    name: file,
    description: '',
    file,
    level: 'low',
    tags: [],
    window_seconds: 0,
    threshold: 0,
    group_by: [],
    suppress_seconds: 0,
    response: 'ignore',
    enabled: false,
    skipped: reason,
  };
}
