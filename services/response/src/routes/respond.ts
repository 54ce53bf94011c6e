/** POST /respond: an alert in, the decision out; the same alert at the same severity gets the same answer. */
import { alertSchema } from '@mini-soc/model';
import type { HttpApp } from '@mini-soc/service-kit';
import type { Responder } from '../respond/respond.ts';

export async function respondRoutes(
  app: HttpApp,
  options: { readonly responder: () => Responder },
): Promise<void> {
  app.post(
    '/respond',
    { config: { needs: 'answer' }, schema: { body: alertSchema.strict() } },
    async (request) => options.responder().respond(request.body),
  );
}
