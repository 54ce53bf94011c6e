export { loadRules } from './load-rules.ts';
export type { LoadRulesOptions } from './load-rules.ts';
export { applyOverrides } from './apply-overrides.ts';
export type { RuleOverride } from './apply-overrides.ts';
export { parseRuleFile } from './compile-rule.ts';
export { RuleError } from './rule-error.ts';
export type { RulePlace } from './rule-error.ts';
export type { Rule, RuleMember, RuleTest } from './rule.ts';
