/** Retention against what the rules need. */
import { formatDuration, UsageError } from '@mini-soc/model';
import type { Rule } from '@mini-soc/sigma';

/** Throws UsageError: a rule that looks back further than events are kept would miss without saying so. */
export function refuseShortRetention(rules: readonly Rule[], retentionMs: number): void {
  for (const rule of rules) {
    const reachMs = rule.query.windowMs + rule.suppressMs;
    if (rule.enabled && retentionMs < reachMs)
      throw new UsageError(
        `RETENTION_AGE must be at least ${formatDuration(reachMs)} for ${rule.name}, which looks back that far: current value is ${formatDuration(retentionMs)}`,
      );
  }
}
