/** GET /exceptions: what the user has said to be harmless, until when, and which open alerts that covers. */
import { ALERT_STATUSES, type Alert, type SocEvent } from '@mini-soc/model';
import { compileFilter } from '@mini-soc/query';
import type { HttpApp } from '@mini-soc/service-kit';
import { concerns, type RuleException } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';

export interface ExceptionRoutesOptions {
  readonly exceptions: readonly RuleException[];
  readonly store: Pick<Store, 'searchAlerts'>;
  readonly now: () => Date;
}

/** Open alerts that are looked at, the newest. */
const MAX_ALERTS = 1000;
const OPEN = ALERT_STATUSES[0];

const exceptionSchema = z.object({
  rule: z.string(),
  reason: z.string(),
  when: z.unknown(),
  until: z.string().optional(),
  /** Its end is over: its events count again. */
  expired: z.boolean(),
  /** Open alerts of its rule that it would have spared, by what the alerts say; newest first. */
  covers: z.array(z.object({ alert_id: z.string(), rule_name: z.string(), summary: z.string() })),
});

export function exceptionRoutes(app: HttpApp, options: ExceptionRoutesOptions): void {
  app.get('/exceptions', { schema: { response: { 200: z.array(exceptionSchema) } } }, async () => {
    const { exceptions, store } = options;
    const alerts =
      exceptions.length === 0
        ? []
        : (await store.searchAlerts({ size: MAX_ALERTS, status: OPEN })).map(({ alert }) => alert);
    const nowMs = options.now().getTime();
    return exceptions.map((exception) => ({
      rule: exception.rule,
      reason: exception.reason,
      when: exception.when,
      ...(exception.untilMs === undefined
        ? {}
        : { until: new Date(exception.untilMs).toISOString() }),
      expired: isExpired(exception, nowMs),
      covers: coveredBy(exception, alerts),
    }));
  });
}

export function isExpired({ untilMs }: RuleException, nowMs: number): boolean {
  return untilMs !== undefined && untilMs <= nowMs;
}

function coveredBy(exception: RuleException, alerts: readonly Alert[]) {
  const covers = compileFilter(exception.filter);
  return alerts
    .filter(
      (alert) =>
        concerns(exception, { id: alert.rule_id, name: alert.rule_name }) &&
        (exception.untilMs === undefined || Date.parse(alert.first_seen) < exception.untilMs) &&
        covers(asEvent(alert)),
    )
    .map(({ alert_id, rule_name, details }) => ({ alert_id, rule_name, summary: details.summary }));
}

/** What an alert knows of its events: the entity, and the names they all have. */
function asEvent(alert: Alert): Partial<SocEvent> {
  const { source_ip, username, hostname, entity } = alert;
  const own = Object.entries(entity).filter(([name]) => !name.startsWith('extra.'));
  const extra = Object.entries(entity).filter(([name]) => name.startsWith('extra.'));
  return {
    ...(source_ip === undefined ? {} : { source_ip }),
    ...(username === undefined ? {} : { username }),
    ...(hostname === undefined ? {} : { hostname }),
    ...Object.fromEntries(own),
    extra: Object.fromEntries(extra.map(([name, value]) => [name.slice(6), value])),
  };
}
