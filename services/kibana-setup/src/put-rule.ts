/** Makes one alerting rule, or corrects ours; what a user has added to it stays. */
import { isDeepStrictEqual } from 'node:util';
import { UsageError } from '@mini-soc/model';
import { z } from 'zod';
import {
  createRuleSchema,
  ruleActionSchema,
  updateRuleSchema,
  type CreateRule,
} from './kibana/alerting-rule.ts';
import type { KibanaClient } from './kibana-client.ts';
import type { AlertingRule } from './objects/alerting-rules.ts';
import type { Outcome } from './put-data-view.ts';

const presentRuleSchema = z.object({
  name: z.string(),
  rule_type_id: z.string(),
  tags: z.array(z.string()),
  schedule: z.object({ interval: z.string() }),
  params: z.record(z.string(), z.unknown()),
  actions: z.array(ruleActionSchema),
});
type PresentRule = z.infer<typeof presentRuleSchema>;

/** Without it Kibana answers 500, and says why in its log alone. */
const HINT = 'alerting rules need xpack.encryptedSavedObjects.encryptionKey in kibana.yml';

/** Two runs at once can get in each other's way; each try reads anew. */
const TRIES = 3;

/** A rule the user switched off stays off, its actions stay. Throws UsageError when Kibana refuses. */
export async function putRule(client: KibanaClient, rule: AlertingRule): Promise<Outcome> {
  const what = `the alerting rule "${rule.body.name}"`;
  const about = { path: `/api/alerting/rule/${rule.id}`, what, hint: HINT };
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const present = await client.call({ ...about, method: 'GET', expected: [404] });
    if (present.status === 404) {
      const json = createRuleSchema.parse(rule.body);
      const made = await client.call({ ...about, method: 'POST', json, expected: [409] });
      if (made.status !== 409) return 'created';
      continue;
    }
    const found = presentRuleSchema.parse(present.body);
    if (found.rule_type_id !== rule.body.rule_type_id)
      throw new UsageError(
        `Cannot make ${what} in Kibana at "${client.url}": a rule of the type "${found.rule_type_id}" has its id ${rule.id} (delete that rule, then start the set-up again)`,
      );
    if (isCurrent(found, rule.body)) return 'unchanged';
    const { name, tags, schedule, params } = rule.body;
    const json = updateRuleSchema.parse({ name, tags, schedule, params, actions: found.actions });
    const changed = await client.call({ ...about, method: 'PUT', json, expected: [409] });
    if (changed.status !== 409) return 'updated';
  }
  throw new UsageError(
    `Cannot make ${what} in Kibana at "${client.url}": somebody else changed it ${TRIES} times meanwhile (start the set-up again)`,
    { retryable: true },
  );
}

/** Kibana may have filled in parameters that we leave to it. */
function isCurrent(found: PresentRule, wanted: CreateRule): boolean {
  return (
    found.name === wanted.name &&
    isDeepStrictEqual(found.tags, wanted.tags) &&
    found.schedule.interval === wanted.schedule.interval &&
    Object.entries(wanted.params).every(([name, value]) =>
      isDeepStrictEqual(found.params[name], value),
    )
  );
}
