/** Changes to rules from the setting RULE_OVERRIDES. */
import { ConfigError, formatDuration, parseDuration, responseActionSchema } from '@mini-soc/model';
import type { Measure } from '@mini-soc/query';
import { MAX_AT_LEAST, MAX_WINDOW_MS, MIN_WINDOW_MS } from './compile-correlation.ts';
import { freezeDeep, type Rule } from './rule.ts';

export interface RuleOverride {
  /** Name of a rule (its title) or id; a name stands for every rule that has it. */
  readonly rule: string;
  readonly key: 'at_least' | 'window' | 'suppress' | 'enabled' | 'response';
  readonly value: string;
}

/**
 * Rules with the changes applied in order. `at_least` of a sequence is that of its first step; a
 * window longer than the suppression takes the suppression with it. Throws ConfigError with a line
 * for each fault.
 */
export function applyOverrides(
  rules: readonly Rule[],
  overrides: readonly RuleOverride[],
): readonly Rule[] {
  const faults: string[] = [];
  let changed = rules;
  for (const override of overrides) {
    const concerns = (rule: Rule): boolean =>
      rule.id === override.rule || rule.name === override.rule;
    const fault = (wish: string): void => {
      faults.push(
        `RULE_OVERRIDES  ${override.rule}.${override.key}: ${wish}: current value is "${override.value}"`,
      );
    };
    if (!changed.some(concerns)) {
      faults.push(
        `RULE_OVERRIDES  No rule is called so (there are ${rules.map((rule) => rule.name).join(', ')}): current value is "${override.rule}"`,
      );
      continue;
    }
    changed = changed.map((rule) => (concerns(rule) ? applyOverride(rule, override, fault) : rule));
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return changed;
}

function applyOverride(rule: Rule, override: RuleOverride, fault: (wish: string) => void): Rule {
  const { value } = override;
  switch (override.key) {
    case 'at_least': {
      const atLeast = /^\d{1,9}$/.test(value) ? Number(value) : 0;
      if (atLeast < 1 || atLeast > MAX_AT_LEAST) {
        fault(`Expected a whole number from 1 to ${MAX_AT_LEAST}`);
        return rule;
      }
      const measure = withAtLeast(rule.query.measure, atLeast);
      return freezeDeep({ ...rule, query: { ...rule.query, measure } });
    }
    case 'window': {
      const windowMs = parseDuration(value);
      if (windowMs === undefined || windowMs < MIN_WINDOW_MS || windowMs > MAX_WINDOW_MS) {
        fault(
          `Expected a duration from ${formatDuration(MIN_WINDOW_MS)} to ${formatDuration(MAX_WINDOW_MS)}`,
        );
        return rule;
      }
      const suppressMs = Math.max(rule.suppressMs, windowMs);
      return freezeDeep({ ...rule, suppressMs, query: { ...rule.query, windowMs } });
    }
    case 'suppress': {
      const suppressMs = parseDuration(value);
      if (
        suppressMs === undefined ||
        suppressMs < rule.query.windowMs ||
        suppressMs > MAX_WINDOW_MS
      ) {
        fault(
          `Expected a duration from ${formatDuration(rule.query.windowMs)} (the window) to ${formatDuration(MAX_WINDOW_MS)}`,
        );
        return rule;
      }
      return freezeDeep({ ...rule, suppressMs });
    }
    case 'enabled':
      if (value !== 'true' && value !== 'false') fault('Expected true or false');
      return freezeDeep({ ...rule, enabled: value === 'true' });
    case 'response': {
      const response = responseActionSchema.safeParse(value);
      if (!response.success) {
        fault('Expected ignore, ticket or block');
        return rule;
      }
      return freezeDeep({ ...rule, response: response.data });
    }
    default:
      return override.key satisfies never;
  }
}

function withAtLeast(measure: Measure, atLeast: number): Measure {
  switch (measure.kind) {
    case 'count':
    case 'distinct':
      return { ...measure, atLeast };
    case 'sequence':
      return {
        ...measure,
        steps: measure.steps.map((step, index) => (index === 0 ? { ...step, atLeast } : step)),
      };
    default:
      return measure satisfies never;
  }
}
