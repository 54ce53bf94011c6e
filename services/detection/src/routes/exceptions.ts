/**
 * GET /exceptions: what the user has said to be harmless, until when, and which open alerts that covers. POST and
 * DELETE /rules/:name/exceptions: one more, which is in force at once, and its end; GET /exceptions/changes: who.
 */
import { ALERT_STATUSES, AppError, LIMITS, type Alert, type SocEvent } from '@mini-soc/model';
import { compileFilter } from '@mini-soc/query';
import { errorBody, type HttpApp } from '@mini-soc/service-kit';
import { concerns, type Rule, type RuleException } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';
import {
  exceptionChangeSchema,
  type KeptException,
  type KeptExceptions,
} from '../kept-exceptions.ts';

export interface ExceptionRoutesOptions {
  readonly exceptions: readonly RuleException[];
  readonly kept: KeptExceptions;
  readonly rules: readonly Pick<Rule, 'id' | 'name'>[];
  readonly store: Pick<Store, 'searchAlerts'>;
  readonly now: () => Date;
}

const OPEN = ALERT_STATUSES[0];

const exceptionSchema = z.object({
  /** Of one that was made through the API: with these it is ended. */
  id: z.string().optional(),
  by: z.string().optional(),
  at: z.string().optional(),
  rule: z.string(),
  reason: z.string(),
  when: z.unknown(),
  until: z.string().optional(),
  /** Its end is over: its events count again. */
  expired: z.boolean(),
  /** Open alerts of its rule that it would have spared, by what the alerts say; newest first. */
  covers: z.array(z.object({ alert_id: z.string(), rule_name: z.string(), summary: z.string() })),
});

const who = () => z.string().trim().min(1).max(100).describe('who wants it: a name, for the trail');
const ruleParams = z.strictObject({ name: z.string().min(1).max(256) });
const endParams = z.strictObject({ name: z.string().min(1).max(256), id: z.uuid() });
const wishSchema = z.strictObject({
  /** A selection, as in a detection: `{ source_ip: 192.0.2.0/24 }`. */
  when: z.record(z.string().min(1).max(256), z.unknown()),
  reason: z.string().trim().min(1).max(500),
  /** Events of this time and later count again. */
  until: z.union([z.iso.date(), z.iso.datetime({ offset: true })]),
  by: who(),
});
export function exceptionRoutes(app: HttpApp, options: ExceptionRoutesOptions): void {
  const { kept, store } = options;
  const openAlerts = async (): Promise<readonly Alert[]> =>
    (await store.searchAlerts({ size: LIMITS.exception_alerts.value, status: OPEN })).map(
      ({ alert }) => alert,
    );
  const describe = (exception: RuleException | KeptException, alerts: readonly Alert[]) => ({
    ...('id' in exception ? { id: exception.id, by: exception.by, at: exception.at } : {}),
    rule: exception.rule,
    reason: exception.reason,
    when: exception.when,
    ...(exception.untilMs === undefined
      ? {}
      : { until: new Date(exception.untilMs).toISOString() }),
    expired: isExpired(exception, options.now().getTime()),
    covers: coveredBy(exception, alerts),
  });

  app.get('/exceptions', { schema: { response: { 200: z.array(exceptionSchema) } } }, async () => {
    const exceptions = [...options.exceptions, ...kept.list()];
    const alerts = exceptions.length === 0 ? [] : await openAlerts();
    return exceptions.map((exception) => describe(exception, alerts));
  });

  app.get(
    '/exceptions/changes',
    { schema: { response: { 200: z.array(exceptionChangeSchema) } } },
    async () => [...kept.changes()],
  );

  app.post(
    '/rules/:name/exceptions',
    { schema: { params: ruleParams, body: wishSchema } },
    async (request, reply) => {
      const { name } = request.params;
      if (!options.rules.some((rule) => rule.id === name || rule.name === name))
        return reply.code(404).send(errorBody('RULE_NOT_FOUND', 'There is no rule of that name'));
      const made = await kept.add({ rule: name, ...request.body }).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'RULE_INVALID') return error;
        throw error;
      });
      if (made instanceof AppError)
        return reply.code(400).send(errorBody('EXCEPTION_INVALID', made.message));
      if (made === undefined)
        return reply
          .code(409)
          .send(errorBody('TOO_MANY_EXCEPTIONS', 'There are as many exceptions as may be'));
      return reply.code(201).send(describe(made, await openAlerts()));
    },
  );

  app.delete(
    '/rules/:name/exceptions/:id',
    { schema: { params: endParams, querystring: z.strictObject({ by: who() }) } },
    async (request, reply) => {
      const { name, id } = request.params;
      const ended = await kept.remove(name, id, request.query.by);
      return ended === undefined
        ? reply
            .code(404)
            .send(errorBody('EXCEPTION_NOT_FOUND', 'The rule has no exception of that id'))
        : describe(ended, []);
    },
  );
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
