/** A rule of which fewer events count than its detections say. */
import type { Filter } from '@mini-soc/query';
import { freezeDeep, type Rule } from './rule.ts';

/** Only events that match the filter count, in every step. */
export function narrowRule(rule: Rule, only: Filter): Rule {
  const narrow = (filter: Filter): Filter => ({ kind: 'all', of: [filter, only] });
  const { query } = rule;
  const measure =
    query.measure.kind === 'sequence'
      ? {
          ...query.measure,
          steps: query.measure.steps.map((step) => ({ ...step, filter: narrow(step.filter) })),
        }
      : query.measure;
  return freezeDeep({
    ...rule,
    query: { ...query, filter: narrow(query.filter), measure },
    members: rule.members.map((member) => ({ ...member, filter: narrow(member.filter) })),
  });
}
