/** Rules of Kibana's alerting, of the type "Elasticsearch query", which the basic licence has. */
import { z } from 'zod';
import { jsonText } from './saved-object.ts';

/** Most groups that Kibana looks at in one run. */
const MAX_GROUPS = 1000;

const paramsSchema = z.strictObject({
  searchType: z.literal('esQuery'),
  index: z.array(z.string().min(1)).min(1),
  timeField: z.string().min(1),
  /** Query of the search, as text; Kibana adds the window itself. */
  esQuery: jsonText(z.strictObject({ query: z.record(z.string(), z.unknown()) })),
  /** Documents handed to actions. */
  size: z.int().min(0).max(10_000),
  timeWindowSize: z.int().min(1),
  timeWindowUnit: z.enum(['s', 'm', 'h', 'd']),
  threshold: z.tuple([z.number()]),
  thresholdComparator: z.enum(['>', '>=', '<', '<=']),
  aggType: z.literal('count'),
  groupBy: z.literal('top'),
  termField: z.string().min(1),
  termSize: z.int().min(1).max(MAX_GROUPS),
  /** Has no effect on groups; named because Kibana fills it in and would differ from us. */
  excludeHitsFromPreviousRun: z.literal(false),
  sourceFields: z.array(z.strictObject({ label: z.string(), searchPath: z.string() })).max(5),
});

const editable = {
  name: z.string().min(1),
  tags: z.array(z.string()),
  schedule: z.strictObject({ interval: z.string().regex(/^[1-9]\d*[smhd]$/) }),
  params: paramsSchema,
};

/** An action as an update takes it; what a user has set up is sent back as it was. */
export const ruleActionSchema = z.object({
  id: z.string(),
  group: z.string().optional(),
  params: z.record(z.string(), z.unknown()),
  frequency: z.record(z.string(), z.unknown()).optional(),
  uuid: z.string().optional(),
  alerts_filter: z.record(z.string(), z.unknown()).optional(),
  use_alert_data_for_template: z.boolean().optional(),
});

/** Body of `POST /api/alerting/rule/ID`. */
export const createRuleSchema = z.strictObject({
  ...editable,
  rule_type_id: z.literal('.es-query'),
  /** Who may see it: those with the privilege on stack rules. */
  consumer: z.literal('stackAlerts'),
  enabled: z.boolean(),
  actions: z.array(ruleActionSchema),
});
export type CreateRule = z.infer<typeof createRuleSchema>;

/** Body of `PUT /api/alerting/rule/ID`, which refuses type, consumer and `enabled`. */
export const updateRuleSchema = z.strictObject({ ...editable, actions: z.array(ruleActionSchema) });
export type UpdateRule = z.infer<typeof updateRuleSchema>;
