/** Alerts: newest first, one, a change of status, and the stream of changes. */
import { ALERT_STATUSES, alertSchema, LIMITS, type Act, type Alert } from '@mini-soc/model';
import { askerOf, errorBody, type HttpApp } from '@mini-soc/service-kit';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';
import { changeAlert } from '@mini-soc/detect';
import type { AlertFeed } from '../alert-feed.ts';

export interface AlertRoutesOptions {
  readonly store: Store;
  readonly feed: AlertFeed;
  readonly now: () => Date;
  readonly onAlert: (alert: Alert) => void;
  /** Told what a person did; must return at once and never throw. */
  readonly onAct: (act: Act) => void;
}

const MAX_SIZE = LIMITS.alerts_page.value;
const SIZE_WISH = `Expected a whole number from 1 to ${MAX_SIZE}`;

const sizeSchema = z
  .string(SIZE_WISH)
  .regex(/^[1-9]\d{0,3}$/, SIZE_WISH)
  .transform(Number)
  .refine((size) => size <= MAX_SIZE, SIZE_WISH);
const querySchema = z.strictObject({
  size: sizeSchema.optional(),
  /** `true` lists the alerts of self-tests, which are left out otherwise. */
  self_test: z.enum(['true', 'false']).optional(),
});
const paramsSchema = z.strictObject({ id: z.string().min(1).max(128) });
const bodySchema = z.strictObject({ status: z.enum(ALERT_STATUSES) });

export function alertRoutes(app: HttpApp, options: AlertRoutesOptions): void {
  const { store, feed } = options;
  const notFound = errorBody('ALERT_NOT_FOUND', 'There is no alert of that id');

  app.get(
    '/alerts',
    { schema: { querystring: querySchema, response: { 200: z.array(alertSchema) } } },
    async (request) => {
      const found = await store.searchAlerts({
        size: request.query.size ?? 20,
        selfTest: request.query.self_test === 'true',
      });
      // What another alert took in is told there.
      return found
        .map(({ alert }) => alert)
        .filter((alert) => alert.details.merged_into === undefined);
    },
  );

  app.get('/alerts/stream', (_request, reply) => {
    const { raw } = reply;
    if (!feed.add(raw))
      return reply
        .code(503)
        .send(errorBody('TOO_MANY_STREAMS', 'Too many streams are open: try again'));
    reply.hijack();
    return reply;
  });

  app.get('/alerts/:id', { schema: { params: paramsSchema } }, async (request, reply) => {
    const [found] = await store.readAlerts([request.params.id]);
    return found === undefined ? reply.code(404).send(notFound) : found.alert;
  });

  app.patch(
    '/alerts/:id',
    { schema: { params: paramsSchema, body: bodySchema } },
    async (request, reply) => {
      const { status } = request.body;
      const [present] = await store.readAlerts([request.params.id]);
      if (present === undefined) return reply.code(404).send(notFound);
      const changed = await changeAlert(store, present, (alert) =>
        alert.status === status
          ? undefined
          : { ...alert, status, updated_at: options.now().toISOString() },
      );
      if (changed !== undefined) {
        options.onAlert(changed);
        const { name: by, address, via } = askerOf(request);
        options.onAct({
          kind: 'alert_changed',
          by,
          address,
          ...(via === undefined ? {} : { via }),
          at: options.now().toISOString(),
          alert_id: changed.alert_id,
          status,
        });
      }
      return changed ?? present.alert;
    },
  );
}
