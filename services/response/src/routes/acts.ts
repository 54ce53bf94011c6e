/** POST /acts: what a person did at detection or the console, for the trail. */
import { actSchema, type Act } from '@mini-soc/model';
import type { HttpApp } from '@mini-soc/service-kit';

export async function actRoutes(
  app: HttpApp,
  options: { readonly note: (act: Act) => Promise<void> },
): Promise<void> {
  app.post('/acts', { config: { needs: 'note' }, schema: { body: actSchema } }, async (request) => {
    await options.note(request.body);
    return { noted: true };
  });
}
